"""What an answer costs grows with the text, not with its square.

Function calls are counted, and the characters that are searched or copied. What a regular
expression costs, `test_patterns.py` counts.
"""

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, SupportsIndex

import pytest

from k8s_lsp import edits
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import preferred_fix
from k8s_lsp.syntax.reading import events, source

HEAD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
CONTAINER = """
    - name: app
      image: example.com/app:1.4.2
      # The only thing that somebody thought of.
      resources:
        limits: {cpu: 500m}
"""


def calls_of(work: Callable[[str], None], text: str) -> int:
    """How many functions are called, those of C too: the same number on every machine."""
    count = 0

    def counting(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        work(text)
    finally:
        sys.setprofile(None)
    return count


class CountedText(str):
    """A text that counts the characters that are searched or copied in it, and in its parts."""

    searched = 0

    @classmethod
    def counted(cls, characters: int) -> None:
        CountedText.searched += characters

    def __contains__(self, part: str) -> bool:  # type: ignore[override]
        return self.find(part) >= 0

    def __getitem__(self, place: SupportsIndex | slice) -> str:
        part = super().__getitem__(place)
        self.counted(len(part))
        # What is short costs nothing, and most of it is asked for no more.
        return CountedText(part) if len(part) > 200 else part

    def find(self, part: str, start: Any = 0, end: Any = None) -> int:
        found = super().find(part, start, end)
        last = len(self) if end is None else min(end, len(self))
        self.counted(max((found if found >= 0 else last) - start, 0))
        return found

    def rfind(self, part: str, start: Any = 0, end: Any = None) -> int:
        found = super().rfind(part, start, end)
        last = len(self) if end is None else min(end, len(self))
        self.counted(max(last - (found if found >= 0 else start), 0))
        return found

    def count(self, part: str, start: Any = 0, end: Any = None) -> int:
        last = len(self) if end is None else min(end, len(self))
        self.counted(max(last - start, 0))
        return super().count(part, start, end)

    def strip(self, characters: str | None = None, /) -> str:
        self.counted(len(self))
        return super().strip(characters)

    def lstrip(self, characters: str | None = None, /) -> str:
        self.counted(len(self))
        return super().lstrip(characters)

    def rstrip(self, characters: str | None = None, /) -> str:
        self.counted(len(self))
        return super().rstrip(characters)


def analysis_of(text: str) -> None:
    analyze(text)


def fixes_of_all(text: str) -> None:
    analysis = analyze(text)
    fixes = [preferred_fix(analysis, each) for _, each in analysis.published()]
    assert any(fixes)


@pytest.mark.parametrize("work", [analysis_of, fixes_of_all])
def test_twice_the_containers_cost_twice_the_calls(work: Callable[[str], None]) -> None:
    small, large = (calls_of(work, HEAD + CONTAINER * count) for count in (50, 100))
    assert large < 2.1 * small


def test_the_style_of_a_text_is_looked_up_once_for_all_its_fixes() -> None:
    edits._matches.cache_clear()
    fixes_of_all(HEAD + CONTAINER * 50)
    info = edits._matches.cache_info()
    assert info.misses <= 2 < info.hits


def test_what_is_searched_is_counted() -> None:
    CountedText.searched = 0
    text = CountedText("a" * 1000)
    assert "b" not in text
    assert (text.find("a", 5), text.rfind("a"), len(text[:500])) == (5, 999, 500)
    assert CountedText.searched == 1000 + 0 + 1 + 500


def json_list(count: int, indent: int | None = 4, **more: object) -> str:
    pod = {"spec": {"containers": [{"name": "app", "image": "example.com/app:1.4.2"}]}}
    head = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", **more}}
    items = [{**head, **pod}] * count
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=indent)


def documents(document: str) -> Callable[[int], str]:
    return lambda count: "---\n".join([document] * count)


def below(head: str, lines: str, tail: str = "") -> Callable[[int], str]:
    return lambda count: head + lines * count + tail


POD = HEAD + "    - {name: app, image: example.com/app}\n"
LIST = "apiVersion: v1\nkind: List\nmetadata: &x {}\nitems:\n"
ITEM = """\
  - apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: app, image: example.com/app}]}
"""
DATA = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  key: "
SECRET = DATA.replace("ConfigMap", "Secret").replace("\ndata", "\nstringData")
ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: web}\n"
RULE = "  - apiGroups: ['']\n    resources: [secrets]\n    verbs: [get]\n"
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n---\n"
RANGE = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: web}\nspec: {limits: []}\n---\n"
APPARMOR = "    container.apparmor.security.beta.kubernetes.io/app: unconfined\n"

SHAPES: dict[str, Callable[[int], str]] = {
    "a list in JSON": json_list,
    "a list in JSON on one line": lambda count: json_list(count, None),
    "a list with annotations": lambda n: json_list(
        n, annotations={"kube-linter.io/ignore-all": ""}
    ),
    "a list that cannot be cut": below(LIST, ITEM),
    "a comment at each item": below(LIST, ITEM.replace("Pod", "Pod # k8s-lsp: ignore[host-pid]")),
    "a comment above each item": below(LIST, f"  # k8s-lsp: ignore[host-pid]\n{ITEM}"),
    "a word for Trivy": below(LIST, ITEM.replace("kind: Pod", "kind: Pod # trivy:ignore:KSV-0012")),
    "a word for KICS": below(LIST, f"# kics-scan ignore-block\n{ITEM}"),
    "comments above one another": below(HEAD, "    # k8s-lsp: ignore[host-pid]\n", CONTAINER),
    "words above one another": below(HEAD, "    # kics-scan ignore-block\n", CONTAINER),
    "comments on one line": below(f"{POD}# ", "# k8s-lsp: ignore[host-pid] "),
    "comments at containers": below(HEAD, CONTAINER.replace("app\n", "app # k8s-lsp: ignore\n", 1)),
    "hashes in a string": below(f"{DATA}'k8s-lsp: ignore", "#", "'\n"),
    "documents": documents(POD),
    "dashes": below("", "---\n"),
    "documents with directives": below("", f"...\n%YAML 1.2\n---\n{POD}"),
    "comments above documents": below(f"%YAML 1.2\n---\n{POD}", "#\n---\n"),
    "accounts": documents(ACCOUNT + POD),
    "limit ranges": documents(RANGE + POD),
    "lines that end with CR": lambda count: POD.replace("\n", "\r") + "# a\r" * count,
    "documents that end with CR": lambda count: documents(POD)(count).replace("\n", "\r"),
    "NEL": below(DATA, "a\x85"),
    "U+2028": below(DATA, "a\u2028"),
    "byte order marks": below("", "\ufeff", POD),
    "control characters": below(f"{DATA}a\n", "  b: \x01\n"),
    "tabs": below("", "\t", POD),
    "duplicate keys": below(f"{DATA}a\n", "  key: a\n"),
    "keys in braces": below(f"{DATA}{{", "key: a, ", "}\n"),
    "anchors": below(f"{DATA}a\n", "  b: &x c\n  d: *x\n"),
    "aliases of a container": below(
        f"{HEAD}    - &x {{name: app, image: app}}\n", "    - *x\n" * 3
    ),
    "merges of a container": below(f"{HEAD}    - &x {{name: app}}\n", "    - <<: *x\n" * 3),
    "rules of a role": below(f"{ROLE}rules:\n", RULE),
    "items of a rule": lambda n: (
        f"{ROLE}rules:\n"
        + RULE.replace("[s", f"[{'secrets, ' * n}s").replace("[g", f"[{'get, ' * n}g")
    ),
    "annotations and containers": lambda n: (
        HEAD.replace("spec", f"  annotations:\n{APPARMOR * n}spec")
        + CONTAINER.replace("app", "b") * n
    ),
    "a long name": lambda count: POD.replace("web", "web" * count),
    "a long image": lambda count: POD.replace("/app", "/app" * count),
    "a large block": below(f"{DATA}|\n", "    text\n"),
    "blank lines in a block": below(f"{DATA}|+\n    text\n", "\n"),
    "an open quote": below(f'{DATA}"', "text\n"),
    "an open bracket": below(f"{DATA}", "[a, "),
    "deep, closed again": below(DATA, "[", "\n"),
    "a dash in a Secret": below(f"{SECRET}|\n    ", "-", "\n    text\n"),
    "settings in a Secret": below(f"{SECRET}|\n", "    PASSWORD=\n"),
    "credentials in a settings file": below(f"{DATA}|\n", "    PASSWORD=tiger\n"),
    "credentials on one line": below(f"{DATA}'", "PASSWORD=tiger;", "'\n"),
    "a script in an argument": below(
        f"{HEAD}    - name: app\n      args:\n        - |\n", "          mysql -ptiger\n"
    ),
    "arguments": below(f"{HEAD}    - name: app\n      args:\n", "        - --password=tiger\n"),
    "templates": below(DATA, "{{ .Values.x }}"),
    "templates on lines": below(f"{DATA}a\n", "  key: {{ .Values.x }}\n"),
    "quotes in templates": below(DATA, '{{\\" }}'),
    "strings in templates": below(DATA, '{{ "}} " '),
    "open templates": below(DATA, "{{\n"),
    "open comments in templates": below(DATA, "{{/* }}\n"),
    "colons in braces": below(f"{DATA}{{", "a: b:c, ", "}\n"),
    "colons and hashes": below(DATA, ":#"),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_twice_the_text_costs_twice_as_much(
    shape: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The parser reads nothing but a plain text.
    monkeypatch.setattr(
        source, "events_of", lambda text, parser: events.events_of(str(text), parser)
    )
    # What costs little has to be long to cost more than what is done once.
    least = 60 if len(shape(60)) > 1_000 else 1_000
    costs = []
    for count in (least, 2 * least):
        CountedText.searched = 0
        calls = calls_of(analysis_of, CountedText(shape(count)))
        costs.append((calls, CountedText.searched))
    (calls, searched), (more_calls, more_searched) = costs
    assert more_calls < 2.2 * calls
    assert more_searched < 2.3 * searched + 1000


@pytest.mark.parametrize("words", ["k8s-lsp: ignore", "trivy:ignore:", "kics-scan ignore"])
@pytest.mark.parametrize("signs", ["# ", "#", " "])
def test_a_long_line_of_signs_is_read_at_all(words: str, signs: str) -> None:
    # Quadratic, each of these would take hours.
    line = f"kind: Pod # {signs * 500_000} {words} {signs * 500_000}\n"
    analysis = analyze(f"apiVersion: v1\n{line}spec: {{hostPID: true}}\n")
    assert [each.rule.slug for _, each in analysis.published()][-1:] == ["host-pid"]


@pytest.mark.parametrize(
    "shape",
    [json_list, below(LIST, ITEM), below(HEAD, CONTAINER)],
    ids=["a list in JSON", "a list that cannot be cut", "containers"],
)
def test_twice_the_findings_search_twice_as_much_for_their_fixes(
    shape: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        source, "events_of", lambda text, parser: events.events_of(str(text), parser)
    )
    searched = []
    for count in (100, 200):
        CountedText.searched = 0
        fixes_of_all(CountedText(shape(count)))
        searched.append(CountedText.searched)
    assert searched[1] < 2.3 * searched[0] + 1000
