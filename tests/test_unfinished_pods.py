"""Pods of custom resources in which nothing runs yet, and images that something else writes."""

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.settings import Settings

ROLLOUT = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec:\n"
KNATIVE = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web}\nspec:\n"
WORKFLOW = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: web}\nspec:\n"
    "  entrypoint: one\n  templates:\n  - name: one\n"
)
PROMETHEUS = (
    "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: web}\nspec:\n"
)
TASK_RUN = "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: web}\nspec:\n"
CONFIG = "apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nmetadata: {name: web}\nspec:\n"


def told(text: str) -> set[str]:
    return {each.rule.slug for _, each in analyze(text, Settings("all")).published()}


MISSING = "service-account-token-mounted"
"""What every pod is told of which nothing is known."""


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        (ROLLOUT + "  template: {spec: {}}\n", False),
        (ROLLOUT + "  template: {spec: {containers: []}}\n", False),
        (ROLLOUT + "  template: {spec: {containers: }}\n", False),
        (ROLLOUT + "  template: {spec: {containers: [{name: a, image: 'a:1'}]}}\n", True),
        # What goes before is a pod's as well, and somebody chose it.
        (ROLLOUT + "  template: {spec: {initContainers: [{name: a, image: 'a:1'}]}}\n", True),
        (KNATIVE + "  template: {spec: {containerConcurrency: 1}}\n", False),
        (KNATIVE + "  template: {spec: {containers: [{image: 'a:1'}]}}\n", True),
        (WORKFLOW + "    retryStrategy: {}\n", False),
        (WORKFLOW + "    inputs: {}\n  - name: two\n    metadata: {}\n", False),
        (WORKFLOW + "    suspend: {}\n", False),
        (WORKFLOW + "    container: {image: 'a:1'}\n", True),
        (WORKFLOW + "    script: {image: 'a:1', source: a}\n", True),
        (WORKFLOW + "    containerSet: {containers: [{name: main, image: 'a:1'}]}\n", True),
        # Argo has a pod for these, or the templates of another object have.
        (WORKFLOW + "    resource: {action: get}\n", True),
        (WORKFLOW + "    dag: {tasks: [{name: a, templateRef: {name: b, template: c}}]}\n", True),
        (WORKFLOW + "    steps: [[{name: a, templateRef: {name: b, template: c}}]]\n", True),
        # One that is not finished is not missed where another runs something.
        (WORKFLOW + "    retryStrategy: {}\n  - name: b\n    container: {image: 'a:1'}\n", True),
        # The operator has containers of its own.
        (PROMETHEUS + "  replicas: 1\n", True),
        # What runs in it is a task, which stands elsewhere.
        (TASK_RUN + "  taskRef: {name: a}\n  podTemplate: {nodeSelector: {a: b}}\n", True),
    ],
)
def test_a_pod_in_which_nothing_runs_lacks_nothing(text: str, is_told: bool) -> None:
    assert (MISSING in told(text)) == is_told


def test_what_is_written_in_such_a_pod_is_told() -> None:
    assert "host-network" in told(ROLLOUT + "  template: {spec: {hostNetwork: true}}\n")
    assert "host-network" in told(WORKFLOW + "    retryStrategy: {}\n  hostNetwork: true\n")


IMAGES = {"latest-image-tag", "unpinned-image", "stale-image-allowed", "retired-registry"}


def config(trigger: str, image: str = "k8s.gcr.io/web:latest") -> str:
    return (
        f"{CONFIG}  triggers: [{trigger}]\n  template:\n    spec:\n      containers:\n"
        f"      - {{name: web, image: {image}}}\n"
    )


@pytest.mark.parametrize(
    ("trigger", "is_filled_in"),
    [
        ("{type: ImageChange, imageChangeParams: {automatic: true, containerNames: [web]}}", True),
        (
            "{type: ConfigChange}, {type: ImageChange, imageChangeParams: "
            "{automatic: true, containerNames: [other, web]}}",
            True,
        ),
        (
            "{imageChangeParams: {automatic: false, containerNames: [web]}}, "
            "{imageChangeParams: {automatic: true, containerNames: [web]}}",
            True,
        ),
        # What is written runs until somebody asks for another rollout.
        (
            "{type: ImageChange, imageChangeParams: {automatic: false, containerNames: [web]}}",
            False,
        ),
        ("{type: ImageChange, imageChangeParams: {containerNames: [web]}}", False),
        ("{type: ImageChange, imageChangeParams: {automatic: true, containerNames: [db]}}", False),
        ("{type: ImageChange, imageChangeParams: {automatic: true}}", False),
        ("{type: ConfigChange}", False),
        ("", False),
    ],
)
def test_an_image_that_a_trigger_overwrites_is_not_judged(trigger: str, is_filled_in: bool) -> None:
    found = told(config(trigger))
    assert (not found & IMAGES) == is_filled_in
    # The container is there all the same.
    assert {"capabilities-not-dropped", "missing-memory-limit"} <= found


def test_the_triggers_of_other_kinds_write_no_image() -> None:
    trigger = "{imageChangeParams: {automatic: true, containerNames: [web]}}"
    text = config(trigger).replace("apps.openshift.io/v1", "apps.kruise.io/v1alpha1")
    assert told(text.replace("DeploymentConfig", "CloneSet")) & IMAGES


LAYERED = """\
apiVersion: {api_version}
kind: FlinkDeployment
metadata: {{name: a}}
spec:
  podTemplate:
    spec:
      containers:
      - {{name: a, image: "a:1", securityContext: {{runAsNonRoot: true}}}}
  jobManager:
    podTemplate: {{spec: {{containers: [{{name: a, image: "a:1"}}]}}}}
"""


@pytest.mark.parametrize(
    ("api_version", "is_told"), [("example.com/v1", True), ("flink.apache.org/v1beta1", False)]
)
def test_names_mean_what_they_do_in_one_kind_in_no_other(api_version: str, is_told: bool) -> None:
    """A kind that nobody knows may call its own fields as Flink does, and merge nothing."""
    found = told(LAYERED.format(api_version=api_version))
    assert ("root-user-allowed" in found) == is_told
    assert "capabilities-not-dropped" in found
