"""What pods of custom resources have from elsewhere in their objects, and from their controllers.

Each line of a text says behind `#:` what is told of it, of the rules that its test is about.
"""

from collections.abc import Iterator
from typing import Final

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import harden
from k8s_lsp.settings import Settings
from tests.fixes import check_fixes

SECURITY: Final = frozenset(
    "capabilities-not-dropped missing-seccomp-profile privilege-escalation-allowed"
    " root-user-allowed root-user privileged-container host-network".split()
)
AMOUNTS: Final = frozenset({"missing-cpu-limit", "missing-memory-limit"})
TOKEN: Final = frozenset({"service-account-token-mounted"})
ACCOUNT: Final = frozenset({"deprecated-service-account-field", "default-service-account"})


def marked(text: str) -> tuple[str, list[tuple[int, str]]]:
    """A text without its marks, and the lines and rules that these name."""
    lines = [line.partition(" #: ") for line in text.splitlines()]
    marks = [(number, slug) for number, line in enumerate(lines, 1) for slug in line[2].split()]
    return "".join(line[0] + "\n" for line in lines), sorted(marks)


RUN: Final = """\
apiVersion: tekton.dev/v1
kind: TaskRun
metadata:
  generateName: build-
spec:
  podTemplate:
    securityContext:
      runAsNonRoot: true
      seccompProfile:
        type: RuntimeDefault
  taskSpec:
    steps:
      - name: one #: capabilities-not-dropped privilege-escalation-allowed
        image: registry.example.com/one:1.4
"""

RUN_WITHOUT: Final = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  generateName: build-
spec:
  pipelineSpec:
    tasks:
      - name: build
        taskSpec:
          steps:
            - name: one
              image: registry.example.com/one:1.4
              securityContext: #: missing-seccomp-profile root-user-allowed
                allowPrivilegeEscalation: false
                capabilities:
                  drop:
                    - ALL
"""

RUN_WITH_OTHERS: Final = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  generateName: build-
spec:
  taskRunSpecs:
    - pipelineTaskName: build
      podTemplate:
        securityContext:
          runAsNonRoot: true
  pipelineSpec:
    tasks:
      - name: build
        taskSpec:
          steps:
            - name: one #: capabilities-not-dropped privilege-escalation-allowed
              image: registry.example.com/one:1.4
"""

STEP_TEMPLATE: Final = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: build
spec:
  stepTemplate:
    securityContext:
      runAsUser: 0 #: root-user
      seccompProfile:
        type: RuntimeDefault
      capabilities:
        drop:
          - ALL
  steps:
    - name: one #: privilege-escalation-allowed root-user-allowed
      image: registry.example.com/one:1.4
"""

WORKFLOW: Final = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  generateName: build-
spec:
  entrypoint: one
  templateDefaults:
    securityContext:
      seccompProfile:
        type: RuntimeDefault
    container:
      image: registry.example.com/one:1.4
      securityContext:
        runAsNonRoot: true
        capabilities:
          drop:
            - ALL
        privileged: true #: privileged-container
  templates:
    - name: one
      container:
        command: #: privilege-escalation-allowed
          - one
    - name: two
      securityContext:
        runAsGroup: 1000
      container:
        image: registry.example.com/two:1.4
        securityContext:
          allowPrivilegeEscalation: false
          privileged: false
    - name: three
      script:
        image: registry.example.com/three:1.4 #: capabilities-not-dropped \
privilege-escalation-allowed root-user-allowed
        source: three
    - name: four
      steps:
        - - name: one
            template: one
"""

WORKFLOW_CONTEXTS: Final = """\
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata:
  name: build
spec:
  entrypoint: one
  securityContext:
    runAsNonRoot: true
  templates:
    - name: one
      container:
        image: registry.example.com/one:1.4
        securityContext: #: missing-seccomp-profile
          allowPrivilegeEscalation: false
          capabilities:
            drop:
              - ALL
    - name: two
      securityContext:
        runAsGroup: 1000
      container:
        image: registry.example.com/two:1.4
        securityContext: #: missing-seccomp-profile root-user-allowed
          allowPrivilegeEscalation: false
          capabilities:
            drop:
              - ALL
"""

FLINK: Final = """\
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata:
  name: stream
spec:
  serviceAccount: stream
  podTemplate:
    spec:
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: flink-main-container
          securityContext:
            allowPrivilegeEscalation: false
        - name: logs #: capabilities-not-dropped privilege-escalation-allowed
          image: registry.example.com/logs:1.4
  jobManager:
    podTemplate:
      spec:
        containers:
          - name: flink-main-container #: capabilities-not-dropped
            env:
              - name: ROLE
                value: jobs
  taskManager:
    podTemplate:
      spec:
        hostNetwork: true #: host-network
        containers:
          - name: flink-main-container
            securityContext:
              privileged: true #: privileged-container
              capabilities:
                drop:
                  - ALL
"""

FLINK_WITH_ONE: Final = """\
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata:
  name: stream
spec:
  podTemplate:
    spec:
      containers:
        - name: flink-main-container #: capabilities-not-dropped missing-seccomp-profile \
privilege-escalation-allowed root-user-allowed
          ports:
            - containerPort: 9999
  jobManager:
    podTemplate:
      spec:
        securityContext:
          runAsNonRoot: true
          seccompProfile:
            type: RuntimeDefault
        containers:
          - name: flink-main-container
            securityContext:
              allowPrivilegeEscalation: false
              capabilities:
                drop:
                  - ALL
"""

GRAFANA: Final = """\
apiVersion: grafana.integreatly.org/v1beta1
kind: Grafana
metadata:
  name: grafana
spec:
  deployment:
    spec:
      template:
        spec:
          containers:
            - name: grafana
              image: registry.example.com/grafana:11.2
            - name: proxy #: capabilities-not-dropped privilege-escalation-allowed \
root-user-allowed
              image: registry.example.com/proxy:1.4
"""

CROSSPLANE: Final = """\
apiVersion: pkg.crossplane.io/v1beta1
kind: DeploymentRuntimeConfig
metadata:
  name: provider
spec:
  deploymentTemplate:
    spec:
      selector: {}
      template:
        spec:
          containers:
            - name: package-runtime
              args:
                - --debug
            - name: proxy #: capabilities-not-dropped missing-seccomp-profile \
privilege-escalation-allowed
              image: registry.example.com/proxy:1.4
"""

KNATIVE: Final = """\
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: web
spec:
  template:
    spec:
      initContainers:
        - image: registry.example.com/data:1.4 #: capabilities-not-dropped \
missing-seccomp-profile privilege-escalation-allowed root-user-allowed
      containers:
        - image: registry.example.com/web:1.4
          securityContext:
            allowPrivilegeEscalation: false
            runAsNonRoot: true
            seccompProfile:
              type: RuntimeDefault
            capabilities:
              drop:
                - ALL
"""

DEPLOYMENT_CONFIG: Final = """\
apiVersion: apps.openshift.io/v1
kind: DeploymentConfig
metadata:
  name: web
spec:
  triggers:
    - type: ImageChange
      imageChangeParams:
        containerNames:
          - web
  template:
    spec:
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: web #: capabilities-not-dropped privilege-escalation-allowed
        - name: still-typed
"""

OLD_DEPLOYMENT_CONFIG: Final = """\
apiVersion: v1
kind: DeploymentConfig
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.4
          securityContext:
            privileged: true #: privileged-container
"""

NO_DEPLOYMENT_CONFIG: Final = marked(OLD_DEPLOYMENT_CONFIG)[0].replace("v1", "apps/v1", 1)

TEXTS: Final = (
    RUN,
    RUN_WITHOUT,
    RUN_WITH_OTHERS,
    STEP_TEMPLATE,
    WORKFLOW,
    WORKFLOW_CONTEXTS,
    FLINK,
    FLINK_WITH_ONE,
    GRAFANA,
    CROSSPLANE,
    KNATIVE,
    DEPLOYMENT_CONFIG,
    OLD_DEPLOYMENT_CONFIG,
    NO_DEPLOYMENT_CONFIG,
)

POD_RESOURCES: Final = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  generateName: build-
spec:
  entrypoint: one
  podResources:
    limits:
      memory: 1Gi
  templates:
    - name: one
      container:
        image: registry.example.com/one:1.4 #: missing-cpu-limit
    - name: two
      podResources:
        limits:
          cpu: 1
      container:
        image: registry.example.com/two:1.4 #: missing-memory-limit
      sidecars:
        - name: three #: missing-memory-limit
          image: registry.example.com/three:1.4
"""

SIDECAR_SET: Final = """\
apiVersion: apps.kruise.io/v1alpha1
kind: SidecarSet
metadata:
  name: sidecars
spec:
  containers:
    - name: one #: missing-cpu-limit missing-memory-limit
      image: registry.example.com/one:1.4
    - name: two
      image: registry.example.com/two:1.4
      resourcesPolicy:
        targetContainerMode: sum
"""

FLINK_AMOUNTS: Final = """\
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata:
  name: stream
spec:
  jobManager:
    resources:
      requests:
        memory: 2048m
  podTemplate:
    spec:
      containers:
        - name: flink-main-container
          ports:
            - containerPort: 9999
        - name: logs #: missing-cpu-limit missing-memory-limit
          image: registry.example.com/logs:1.4
"""

SPARK_AMOUNTS: Final = """\
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata:
  name: pi
spec:
  driver:
    serviceAccount: spark
    template:
      spec:
        containers:
          - name: spark-kubernetes-driver #: missing-cpu-limit
            image: registry.example.com/spark:4.0
          - name: logs #: missing-cpu-limit missing-memory-limit
            image: registry.example.com/logs:1.4
"""

WITH_AMOUNTS: Final = (POD_RESOURCES, SIDECAR_SET, FLINK_AMOUNTS, SPARK_AMOUNTS)


def told(text: str, rules: frozenset[str]) -> Iterator[tuple[int, str, str, str]]:
    """The lines of findings, with their rules, messages and severities."""
    for _, each in analyze(text, Settings("recommended")).published():
        if each.rule.slug in rules:
            line = text.count("\n", 0, each.finding.span.start) + 1
            yield line, each.rule.slug, each.finding.message, each.severity


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_missing_is_so_after_all_that_is_merged(text: str) -> None:
    plain, marks = marked(text)
    assert sorted(each[:2] for each in told(plain, SECURITY)) == marks


@pytest.mark.parametrize("text", WITH_AMOUNTS)
def test_amounts_are_missing_where_nobody_else_has_them(text: str) -> None:
    plain, marks = marked(text)
    assert sorted(each[:2] for each in told(plain, AMOUNTS | {"milli-byte-quantity"})) == marks


@pytest.mark.parametrize("text", TEXTS + WITH_AMOUNTS)
def test_every_fix_keeps_its_promise(text: str) -> None:
    plain, marks = marked(text)
    assert check_fixes(plain) >= len(marks) / 2


@pytest.mark.parametrize("text", [RUN, RUN_WITHOUT, CROSSPLANE, KNATIVE])
def test_fixes_for_one_pod_go_where_they_change_no_other(text: str) -> None:
    plain, _ = marked(text)
    hardened = harden(analyze(plain, Settings("recommended"))).text
    assert hardened != plain
    assert not list(told(hardened, SECURITY))
    assert hardened.count("podTemplate:") == plain.count("podTemplate:")
    # The containers alone have got one, of which each has a name or an image above it.
    added = hardened.count("securityContext:") - plain.count("securityContext:")
    assert added == {RUN: 1, RUN_WITHOUT: 0, CROSSPLANE: 1, KNATIVE: 1}[text]


def test_a_fix_changes_the_context_that_a_template_of_a_workflow_has_for_itself() -> None:
    plain, _ = marked(WORKFLOW_CONTEXTS)
    hardened = harden(analyze(plain, Settings("recommended"))).text
    assert not list(told(hardened, SECURITY))
    shared = "  securityContext:\n    runAsNonRoot: true\n  templates:\n"
    assert shared in plain
    assert shared in hardened


SOLVER: Final = """\
apiVersion: cert-manager.io/v1
kind: Issuer
metadata:
  name: issuer
spec:
  acme:
    solvers:
      - http01:
          ingress:
            podTemplate:
              spec:
                nodeSelector:
                  zone: a
                securityContext: #: missing-seccomp-profile root-user-allowed
                  fsGroup: 1000
"""


def test_a_context_that_takes_the_place_of_another_is_judged_without_containers() -> None:
    plain, marks = marked(SOLVER)
    found = list(told(plain, SECURITY))
    assert sorted(each[:2] for each in found) == marks
    assert all(each[2].startswith("every container of the pod must set ") for each in found)
    assert check_fixes(plain) >= 2
    hardened = harden(analyze(plain, Settings("recommended"))).text
    assert not list(told(hardened, SECURITY))
    without = plain.partition("                securityContext")[0]
    assert not list(told(without, SECURITY))
    # A controller that says it in its containers too loses nothing of that.
    search = """\
apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
metadata:
  name: search
spec:
  nodeSets:
    - name: one
      podTemplate:
        spec:
          securityContext:
            fsGroup: 1000
"""
    assert [each[1] for each in told(search, SECURITY)] == ["missing-seccomp-profile"]


def test_what_a_controller_overwrites_is_not_told() -> None:
    text = """\
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata:
  name: pooler
spec:
  template:
    spec:
      securityContext:
        runAsUser: 0
      hostNetwork: true #: host-network
      containers:
        - name: pgbouncer
          securityContext:
            privileged: true
        - name: exporter
          image: registry.example.com/exporter:1.4
          securityContext:
            privileged: true #: privileged-container
"""
    plain, marks = marked(text)
    assert sorted(each[:2] for each in told(plain, SECURITY)) == marks


def test_nothing_is_missing_in_a_workflow_whose_templates_are_elsewhere() -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata:
  name: nightly
spec:
  schedules: ["0 2 * * *"]
  workflowSpec:
    workflowTemplateRef:
      name: nightly
"""
    assert not list(told(text, SECURITY | TOKEN))
    written = text + "    securityContext:\n      runAsUser: 0\n"
    assert [each[:2] for each in told(written, SECURITY)] == [(11, "root-user")]
    more = text + "    templates:\n      - name: one\n        steps: []\n"
    assert not list(told(more, TOKEN))
    own = text.replace("workflowTemplateRef:\n      name: nightly", "entrypoint: nightly")
    assert [each[:2] for each in told(own, TOKEN)] == [(7, "service-account-token-mounted")]


VM_AGENT: Final = """\
apiVersion: operator.victoriametrics.com/v1beta1
kind: VMAgent
metadata:
  name: agent
spec:
  volumes:
    - name: queue
      hostPath:
        path: /srv/queue
  volumeMounts:
    - name: queue
      mountPath: /queue
"""

SERVING_RUNTIME: Final = """\
apiVersion: serving.kserve.io/v1alpha1
kind: ServingRuntime
metadata:
  name: runtime
spec:
  containers:
    - name: kserve-container
      image: registry.example.com/runtime:1.4
"""


@pytest.mark.parametrize("text", [VM_AGENT, SERVING_RUNTIME])
def test_a_field_that_a_kind_lacks_is_not_missing(text: str) -> None:
    assert not list(told(text, TOKEN))
    prometheus = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec:\n  volumes: []\n"
    assert [each[0] for each in told(prometheus, TOKEN)] == [3]


@pytest.mark.parametrize(
    ("head", "lines"),
    [
        ("sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nspec:\n  driver:\n    ", []),
        ("flink.apache.org/v1beta1\nkind: FlinkDeployment\nspec:\n  ", []),
        ("jaegertracing.io/v1\nkind: Jaeger\nspec:\n  collector:\n    ", []),
        ("argoproj.io/v1alpha1\nkind: Rollout\nspec:\n  template:\n    spec:\n      ", [6]),
        ("serving.knative.dev/v1\nkind: Service\nspec:\n  template:\n    spec:\n      ", [6]),
    ],
)
def test_an_account_has_the_name_that_its_kind_has(head: str, lines: list[int]) -> None:
    text = f"apiVersion: {head}serviceAccount: web\n"
    assert [each[0] for each in told(text, ACCOUNT)] == lines


def test_a_pod_runs_as_the_account_that_its_host_names() -> None:
    plain, _ = marked(FLINK)
    severities = {each[3] for each in told(plain, TOKEN)}
    assert severities == {"information"}
    without = plain.replace("  serviceAccount: stream\n", "")
    assert {each[3] for each in told(without, TOKEN)} == {"warning"}
    layer = "  taskManager:\n    podTemplate:\n      spec:\n"
    own = without.replace(layer, f"{layer}        serviceAccountName: tasks\n")
    assert sorted(each[3] for each in told(own, TOKEN)) == ["information", "warning"]


def test_messages_say_in_one_clause_what_else_may_be() -> None:
    plain, _ = marked(FLINK_WITH_ONE)
    (message, *_) = [each[2] for each in told(plain, TOKEN)]
    assert message.endswith(" to false unless it talks to the API server or its operator sets it")
    mount = [each[2] for each in told(VM_AGENT, frozenset({"writable-host-path"}))]
    assert [each.endswith("with readOnly set to true") for each in mount] == [True]
    logs = plain.replace(
        "          ports:\n            - containerPort: 9999\n",
        "        - name: logs\n          image: fluent/fluent-bit:3.1\n",
        1,
    )
    assert next(each[2].partition(": ")[0] for each in told(logs, TOKEN)) == (
        "pod must name a ServiceAccount of its own, unless its operator sets it"
    )


def test_messages_name_fields_as_the_kind_does() -> None:
    tenant = """\
apiVersion: minio.min.io/v2
kind: Tenant
metadata:
  name: store
spec:
  pools:
    - name: one
      containerSecurityContext: {}
"""
    messages = [each[2] for each in told(tenant, frozenset({"privilege-escalation-allowed"}))]
    assert messages == [
        "spec.pools[0] must set containerSecurityContext.allowPrivilegeEscalation to false"
    ]
    plain, _ = marked(RUN)
    amounts = [each[2] for each in told(plain, AMOUNTS)]
    assert amounts == [
        f'container "one" must set computeResources.limits.{name}' for name in ("cpu", "memory")
    ]
