"""Inlay hints: what a container inherits, and what holds by default, behind what is written."""

import pytest
from lsprotocol import types

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.inlay_hints import inlay_hints
from k8s_lsp.settings import Settings
from k8s_lsp.text import Encoding
from tests.features.opened import URI, opened
from tests.workspace.folders import index_of, place

ALL = types.Range(types.Position(0, 0), types.Position(10**6, 0))

INSECURE = (
    "allowPrivilegeEscalation: true, capabilities: the container runtime's set, "
    "readOnlyRootFilesystem: false, runAsNonRoot: false, runAsUser: the image's USER, "
    "seccompProfile: Unconfined"
)


def label(hint: types.InlayHint) -> str:
    assert not isinstance(hint.label, str)
    return "".join(part.value for part in hint.label)


def hinted(text: str, document: Document | None = None) -> str:
    """The text with its hints in angle brackets, where they stand."""
    lines = text.split("\n")
    found = inlay_hints(document or opened(text), ALL)
    found.sort(key=lambda hint: (hint.position.line, hint.position.character), reverse=True)
    for hint in found:
        line, column = hint.position.line, hint.position.character
        lines[line] = f"{lines[line][:column]}⟨{label(hint)}⟩{lines[line][column:]}"
    return "\n".join(lines)


def hints(text: str) -> list[str]:
    return [label(hint) for hint in inlay_hints(opened(text), ALL)]


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:⟨by default serviceAccountName: default, automountServiceAccountToken: true⟩
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: first
          image: example.com/first:1.4.2
          securityContext:⟨inherits seccompProfile: RuntimeDefault · by default capabilities: \
the container runtime's set, readOnlyRootFilesystem: false, runAsUser: the image's USER⟩  # why
            allowPrivilegeEscalation: false
            runAsNonRoot: false
          resources:⟨by default requests.memory: 1Gi⟩
            limits: {cpu: 1, memory: 1Gi}
            requests: {cpu: 500m}
        - {name: second⟨inherits runAsNonRoot: true, seccompProfile: RuntimeDefault · by default \
allowPrivilegeEscalation: true, capabilities: the container runtime's set, \
readOnlyRootFilesystem: false, runAsUser: the image's USER⟩, image: a}
        - {name: third, image: a, securityContext: {privileged: false}⟨inherits \
runAsNonRoot: true, seccompProfile: RuntimeDefault · by default allowPrivilegeEscalation: true, \
capabilities: the container runtime's set, readOnlyRootFilesystem: false, \
runAsUser: the image's USER⟩}
      initContainers:
        - name: whole
          image: a
          securityContext: {runAsNonRoot: true, runAsUser: 5, seccompProfile: {type: Localhost}, \
readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""


def bare(text: str) -> str:
    """The text without what stands in angle brackets."""
    before, *others = text.split("⟨")
    return before + "".join(each.partition("⟩")[2] for each in others)


def test_what_is_inherited_and_what_holds_by_default() -> None:
    assert hinted(bare(DEPLOYMENT)) == DEPLOYMENT


def test_json_has_them_too() -> None:
    text = """\
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {
  "serviceAccountName": "web", "automountServiceAccountToken": false,
  "containers": [{"name": "app", "image": "a", "securityContext": {
    "runAsUser": 5
  }}]}}
"""
    told = INSECURE.replace(" runAsUser: the image's USER,", "")
    assert hinted(text) == text.replace('Context":', f'Context":⟨by default {told}⟩')


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 32), ("utf-16", 29), ("utf-32", 28)])
def test_places_are_counted_as_the_client_does(encoding: Encoding, column: int) -> None:
    text = POD.replace("- {name: app", '- {args: ["é😀"], name: app')
    [_, hint] = inlay_hints(opened(text, encoding=encoding), ALL)
    assert (hint.position.line, hint.position.character) == (5, column)


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: app, image: a}
"""


def test_a_part_tells_why_and_leads_to_its_value() -> None:
    text = POD.replace("spec:\n", "spec:\n  securityContext: {runAsUser: 1000}\n")
    [_, hint] = inlay_hints(opened(text), ALL)
    assert hint.padding_left and not isinstance(hint.label, str)
    words, inherited, more, default, *_ = hint.label
    assert (words.value, words.tooltip, words.location) == ("inherits ", None, None)
    assert inherited.value == "runAsUser: 1000"
    assert inherited.tooltip == "Inherited from the pod, line 5"
    assert inherited.location is not None and inherited.location.uri == URI
    assert str(inherited.location.range) == "4:31-4:35"
    assert more.value == " · by default "
    assert (default.value, default.location) == ("allowPrivilegeEscalation: true", None)
    assert default.tooltip == "By default: true"
    [profile] = [part for part in hint.label if part.value.startswith("seccompProfile")]
    assert profile.tooltip == "By default: Unconfined, unless the kubelet runs with seccompDefault"


@pytest.mark.parametrize(("first", "last", "count"), [(0, 99, 2), (0, 3, 1), (4, 9, 1), (0, 2, 0)])
def test_only_those_of_the_range_are_given(first: int, last: int, count: int) -> None:
    range_ = types.Range(types.Position(first, 0), types.Position(last, 99))
    assert len(inlay_hints(opened(POD), range_)) == count
    both = f"{POD}---\n{POD}"
    assert len(inlay_hints(opened(both), range_)) == count + (2 if last == 99 else 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a: 1\n", []),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n", []),
        # In a patch only what it sets itself is known.
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: "
            "{securityContext: {runAsUser: 5}, containers: [{name: a, image: a}]}}}\n",
            ["inherits runAsUser: 5"],
        ),
        (POD.replace(", image: a", ""), []),
        (POD.replace("name: web", 'name: "{{ name }}"'), None),
        (POD.replace("name: web", "name: {{ name }}"), []),
        (
            POD.replace("{name: app,", '{name: app, securityContext: {runAsUser: "{{ user }}"},'),
            ["by default " + INSECURE.replace(" runAsUser: the image's USER,", "")],
        ),
        (
            POD.replace("spec:\n", "spec:\n  os: {name: windows}\n"),
            ["by default runAsNonRoot: false"],
        ),
    ],
    ids=[
        "nothing",
        "no object",
        "no pod",
        "a patch",
        "half typed",
        "a name that is an expression",
        "a template",
        "a value that is an expression",
        "Windows",
    ],
)
def test_of_containers_nothing_is_told_that_is_not_known(
    text: str, expected: list[str] | None
) -> None:
    found = [each for each in hints(text) if "serviceAccountName" not in each]
    assert found == ([f"by default {INSECURE}"] if expected is None else expected)


def test_what_stands_elsewhere_is_told_there() -> None:
    text = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: web
  automountServiceAccountToken: false
  containers:
  - &app {name: app, image: a, securityContext: &secure {runAsUser: 5}}
  - *app
  - {name: other, image: a, securityContext: *secure}
  - {<<: *app, name: third}
"""
    lines = [hint.position.line for hint in inlay_hints(opened(text), ALL)]
    assert lines == [7, 9]


ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: shop}
automountServiceAccountToken: false
"""

LIMITS = """\
apiVersion: v1
kind: LimitRange
metadata: {name: limits, namespace: shop}
spec: {limits: [{type: Container, default: {memory: 1Gi}, defaultRequest: {cpu: 100m}}]}
"""


def test_other_files_decide_what_holds_by_default() -> None:
    text = POD.replace("name: web", "name: web, namespace: shop")
    index = index_of({"account.yaml": ACCOUNT, "limits.yaml": LIMITS, "pod.yaml": text})
    surroundings = index.surroundings(place("pod.yaml"))
    analysis = analyze(text, Settings(), surroundings=surroundings)
    found = inlay_hints(Document(URI, 1, lines_of(text, "utf-16"), analysis), ALL)
    assert [label(hint) for hint in found] == [
        "by default serviceAccountName: default, automountServiceAccountToken: false",
        f"by default {INSECURE}",
        # A limit alone is the request too (SetDefaults_LimitRangeItem).
        "by default requests.cpu: a LimitRange's, limits.memory: a LimitRange's, "
        "requests.memory: a LimitRange's",
    ]
