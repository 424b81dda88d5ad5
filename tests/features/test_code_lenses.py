"""The lens above each workload: its level, what the next one needs, and what a click does."""

from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.engine.fixing import from_scratch
from k8s_lsp.features.code_actions import remember_nothing
from k8s_lsp.features.code_lenses import COMMAND, NEEDS, NEEDS_WHERE_ABSENT, code_lenses, harden
from k8s_lsp.features.hardened_message import HardenedMessage
from k8s_lsp.kubernetes.pod_security import CHECKS
from k8s_lsp.settings import Settings
from k8s_lsp.text import apply_edits
from tests.features.opened import URI, opened
from tests.features.test_menus import CURSOR

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec: {{{spec} containers: [{{name: app, image: "example.com/app:1.4.2"{container}}}]}}
"""

ALL_MISSING = (
    "Pod Security: baseline · restricted needs allowPrivilegeEscalation: false, "
    "all capabilities dropped, runAsNonRoot: true and a seccompProfile · Harden"
)

CONFINED = """\
runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}, \
allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}"""


def pod(container: str = "", spec: str = "") -> str:
    inside = f", {container}" if container else ""
    before = f"{spec}," if spec else ""
    return POD.format(spec=before, container=inside)


def secured(security: str) -> str:
    return pod(f"securityContext: {{{security}}}")


def titles(text: str, settings: Settings | None = None) -> list[str]:
    found = code_lenses(opened(text, settings or Settings()))
    assert all(each.command is not None and each.command.command == COMMAND for each in found)
    return [each.command.title for each in found if each.command is not None]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (pod(), ALL_MISSING),
        (secured(CONFINED), "Pod Security: restricted"),
        (
            pod(
                "securityContext: {capabilities: {drop: [ALL]}}", "securityContext: {runAsUser: 5}"
            ),
            "Pod Security: baseline · restricted needs allowPrivilegeEscalation: false, "
            "runAsNonRoot: true and a seccompProfile · Harden",
        ),
        (
            secured(f"{CONFINED}, runAsUser: 0"),
            "Pod Security: baseline · restricted needs a runAsUser other than 0 · Harden",
        ),
        (
            secured(CONFINED.replace("drop: [ALL]", "drop: [ALL], add: [CHOWN]")),
            "Pod Security: baseline · restricted needs fewer capabilities · Harden",
        ),
        (
            secured("privileged: true"),
            "Pod Security: privileged · baseline needs no privileged container · Harden",
        ),
        (
            pod(spec="hostPID: true, hostNetwork: true"),
            "Pod Security: privileged · baseline needs no host namespaces · Harden",
        ),
        (
            secured("seccompProfile: {type: Unconfined}"),
            "Pod Security: privileged · baseline needs a seccompProfile that confines · Harden",
        ),
        (
            pod(
                "ports: [{containerPort: 80, hostPort: 80}], securityContext: {privileged: true, "
                "procMount: Unmasked, capabilities: {add: [SYS_ADMIN]}}",
                "hostIPC: true",
            ),
            "Pod Security: privileged · baseline needs no host namespaces, no privileged container"
            ", no capability beyond the default ones and 2 more · Harden",
        ),
        (
            pod(spec="os: {name: windows}"),
            "Pod Security: baseline · restricted needs runAsNonRoot: true · Harden",
        ),
    ],
)
def test_the_level_and_what_the_next_one_needs(text: str, title: str) -> None:
    assert titles(text) == [title]


def test_there_are_words_for_every_check() -> None:
    assert {check.reason for check in CHECKS} == set(NEEDS)
    assert set(NEEDS_WHERE_ABSENT) <= set(NEEDS)


def test_the_version_of_the_settings_counts() -> None:
    text = pod("livenessProbe: {httpGet: {host: example.com, port: 80}}")
    assert titles(text, Settings(kubernetes_version="1.33")) == [ALL_MISSING]
    [newer] = titles(text, Settings(kubernetes_version="1.34"))
    assert newer.startswith("Pod Security: privileged · baseline needs no host in a probe")


def test_a_level_that_is_not_asked_for_is_not_told() -> None:
    assert titles(pod(), Settings("baseline")) == ["Pod Security: baseline"]
    assert titles(pod(), Settings("restricted")) == [ALL_MISSING]
    privileged = secured("privileged: true")
    assert titles(privileged, Settings("baseline")) == titles(privileged)


TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      %s
      containers:
        - name: app
          image: example.com/app:1.4.2
          securityContext:
            {{- toYaml .Values.securityContext | nindent 12 }}
"""


def test_in_a_template_nothing_is_said_to_be_missing() -> None:
    assert titles(TEMPLATE % "hostPID: false") == [
        "Pod Security: baseline, as far as the text tells"
    ]
    assert titles(TEMPLATE % "hostPID: true") == [
        "Pod Security: privileged · baseline needs no host namespaces · Harden"
    ]
    assert titles(TEMPLATE % "securityContext: {runAsUser: 0}") == [
        "Pod Security: baseline, as far as the text tells · "
        "restricted needs a runAsUser other than 0 · Harden"
    ]


BLOCK = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
"""


@pytest.mark.parametrize(
    "text",
    [
        pod().replace(', image: "example.com/app:1.4.2"', ""),
        BLOCK + "      secur\n",
        BLOCK + '      securityContext: {"runAs',
        BLOCK + "      securityContext:\n        <<: *confined\n",
    ],
    ids=["without an image", "half a key", "half a value", "an alias of nothing"],
)
def test_what_the_text_does_not_tell_is_not_said_to_be_missing(text: str) -> None:
    assert titles(text) == ["Pod Security: baseline, as far as the text tells"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        "  template: {spec: {containers: [{name: app, image: a}]}}\n",
        "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: web}\nspec:\n"
        "  resources: {limits: {cpu: 1}}\n",
        "image: {repository: nginx, tag: 1.27.0}\nsecurityContext: {privileged: true}\n",
    ],
    ids=["nothing", "no object", "no pod", "a patch", "parts of pods", "values"],
)
def test_what_is_no_workload_has_none(text: str) -> None:
    assert titles(text) == []


def test_an_expression_may_be_anything() -> None:
    text = secured(CONFINED.replace("false", '"{{ allow }}"'))
    assert titles(text) == ["Pod Security: restricted, as far as the text tells"]


MANY = f"""\
# A list, and an object in flow style behind it.
apiVersion: v1
kind: List
items:
  - apiVersion: batch/v1
    kind: CronJob
    metadata: {{name: nightly}}
    spec:
      schedule: "5 4 * * *"
      jobTemplate:
        spec: {{template: {{spec: {{hostPID: true, containers: [{{name: a, image: a}}]}}}}}}
  - {{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "🦊"}},
     "spec": {{"containers": []}}}}
---
{pod()}---
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec: {{containers: [{{name: app, image: a, securityContext: {{{CONFINED}}}}}]}}
"""


def test_each_stands_above_its_object() -> None:
    found = code_lenses(opened(MANY))
    assert [str(each.range) for each in found] == [
        "4:4-4:4",
        "11:4-11:4",
        "14:0-14:0",
        "19:0-19:0",
    ]


def test_a_custom_resource_is_never_restricted_for_certain() -> None:
    text = secured(CONFINED).replace("v1", "argoproj.io/v1alpha1")
    text = text.replace("kind: Pod", "kind: Rollout")
    spec = text.partition("spec: ")[2].strip()
    text = text.replace(spec, f"{{template: {{spec: {spec}}}}}")
    assert titles(text) == ["Pod Security: baseline"]


# What a click does.


def targets(text: str) -> list[Any]:
    return [
        each.command.arguments[0]
        for each in code_lenses(opened(text))
        if each.command is not None and each.command.arguments
    ]


def hardened(text: str, target: Any, settings: Settings | None = None) -> str:
    """The text after a click on a lens, or in brackets what is said instead."""
    document = opened(text, settings or Settings())
    done = harden(document, target, from_scratch, remember_nothing)
    return f"[{done}]" if isinstance(done, str) else apply_edits(text, done)


def test_it_hardens_its_own_object() -> None:
    second = targets(MANY)[2]
    assert second == {"uri": URI, "unit": 1, "path": [], "kind": "Pod", "name": "web"}
    after = hardened(MANY, second)
    assert titles(after)[2] == "Pod Security: restricted"
    assert titles(after)[:2] + titles(after)[3:] == titles(MANY)[:2] + titles(MANY)[3:]
    before_and_behind = after.partition("---\n")[0], after.rpartition("---\n")[2]
    assert before_and_behind == (MANY.partition("---\n")[0], MANY.rpartition("---\n")[2])


def test_it_remembers_what_to_say() -> None:
    said: list[tuple[str, HardenedMessage]] = []
    document = opened(pod())
    done = harden(document, targets(pod())[0], from_scratch, lambda *each: said.append(each))
    assert not isinstance(done, str)
    [(text, message)] = said
    assert text == apply_edits(pod(), done)
    assert message.text.startswith("Changed: capabilities.drop, limits.cpu, ")


def test_where_nothing_can_be_done_it_says_so() -> None:
    text = hardened(pod(), targets(pod())[0])
    assert hardened(text, targets(text)[0]) == (
        '[k8s-lsp: There is nothing to harden in Pod "web".]'
    )


def test_what_is_left_to_a_person_is_told() -> None:
    text = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  # The agent looks at the processes of its node.
  hostPID: true
  containers: []
"""
    [target] = targets(text)
    settings = Settings("baseline")
    told = hardened(text, target, settings)
    assert told.startswith(
        '[k8s-lsp: There is nothing to harden in Pod "web". Left for you: line 6'
    )


def test_an_older_lens_still_means_its_object() -> None:
    text = pod()
    [target] = targets(text)
    moved = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: prod}}\n---\n{text}"
    assert titles(hardened(moved, target)) == ["Pod Security: restricted"]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n",
        pod().replace("name: web", "name: other"),
        f"a: 1\n---\n{pod()}---\n{pod()}",
    ],
    ids=["gone", "renamed", "two of them, neither at its place"],
)
def test_what_it_meant_may_be_gone(text: str) -> None:
    [target] = targets(pod())
    assert hardened(text, target) == (
        '[k8s-lsp: the text has changed, and Pod "web" is another one now; try again.]'
    )


@pytest.mark.parametrize(
    "target", [{}, {"uri": URI}, {"path": 3, "unit": "a", "kind": [], "name": {}}, {"kind": None}]
)
def test_an_argument_of_another_shape_hardens_nothing(target: Any) -> None:
    assert hardened(pod(), target).endswith("is another one now; try again.]")


def test_lenses_are_found_once_for_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    document = opened(MANY)
    first = code_lenses(document)
    monkeypatch.setattr("k8s_lsp.features.code_lenses.broken_checks", None)
    assert code_lenses(document) == first


def test_an_object_behind_an_alias_has_none() -> None:
    text = """\
apiVersion: v1
kind: List
items:
  - &web {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: []}}
  - *web
"""
    assert [str(each.range) for each in code_lenses(opened(text))] == ["3:9-3:9"]


SITUATIONS = sorted((Path(__file__).parent / "menus").glob("*.yaml"))
GOLDEN = Path(__file__).parent / "lenses.txt"


def test_the_lenses_of_every_situation(update: bool) -> None:
    """What stands above the workloads of each text whose menu is read."""
    found = ""
    for file in SITUATIONS:
        text = file.read_text(encoding="utf-8").replace(CURSOR, "")
        shown = [f"  {title}\n" for title in titles(text)] or ["  (none)\n"]
        found += "".join((f"{file.stem}:\n", *shown))
    if update:
        GOLDEN.write_text(found, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == found, "run: make test ARGS=--update"
