"""What may be typed in an ignore comment, and that nothing may be typed elsewhere."""

import pytest
from lsprotocol import types

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.features.client import Client
from k8s_lsp.features.completion import ignore_completions, is_in_ignore_comment
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from k8s_lsp.text import Encoding
from tests.features.opened import opened, place, splice

SLUGS = {rule.slug for rule in RULES}

CURSOR = "¦"

POD = """\
apiVersion: v1
kind: Pod  # kind
metadata:
  name: web
spec:
  hostPID: true  # pid
  containers:
    # above
    - name: app  # é😀 name
      image: example.com/app:1.4.2
      args: ["a # quoted", 'b # single']
      command:
        - |  # header
          echo # block
      securityContext:
        privileged: true  # é😀 line
    - name: log
      image: example.com/log:1.4.2
"""


def commented(mark: str, comment: str) -> str:
    """The pod with a comment in the place of one that it has."""
    assert POD.count(f"# {mark}") == 1
    return POD.replace(f"# {mark}", comment)


def completed(
    text: str, encoding: Encoding = "utf-16", is_markdown: bool = False
) -> dict[str, types.CompletionItem]:
    """The completions at the mark of a text, by their labels."""
    position = place(text, CURSOR, encoding)
    whole = text.replace(CURSOR, "")
    document = opened(whole, encoding=encoding)
    items = ignore_completions(document, Client(markdown_completion=is_markdown), position)
    if items:
        assert is_in_ignore_comment(whole, encoding, position)
    assert len({item.label for item in items}) == len(items)
    return {item.label: item for item in items}


def chosen(text: str, label: str, encoding: Encoding = "utf-16") -> str:
    """The text after one of the completions at its mark."""
    edit = completed(text, encoding)[label].text_edit
    assert isinstance(edit, types.TextEdit)
    return splice(text.replace(CURSOR, ""), edit.range, edit.new_text, encoding)


def text_of(documentation: types.MarkupContent | str | None) -> str:
    return (
        documentation.value
        if isinstance(documentation, types.MarkupContent)
        else documentation or ""
    )


def first(text: str) -> set[str]:
    """The labels that a client shows before all others."""
    items = completed(text)
    return {label for label, item in items.items() if str(item.sort_text) < "1"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ignore[¦]", "ignore[host-pid]"),
        ("ignore[¦", "ignore[host-pid"),
        ("ignore[ho¦", "ignore[host-pid"),
        ("ignore[ho¦ because", "ignore[host-pid because"),
        ("ignore [ ¦ ] reason", "ignore [ host-pid ] reason"),
        ("ignore[host-ipc,¦]", "ignore[host-ipc,host-pid]"),
        ("ignore[host-ipc, ho¦", "ignore[host-ipc, host-pid"),
        ("ignore[¦host-ipc]", "ignore[host-pid]"),
        ("ignore[host-¦network, host-ipc]", "ignore[host-pid, host-ipc]"),
        ("ignore[host-pid¦]", "ignore[host-pid]"),
        ("ignore[no rule, ¦]", "ignore[no rule, host-pid]"),
        ("ignore[host-ipc] # k8s-lsp: ignore[¦", "ignore[host-ipc] # k8s-lsp: ignore[host-pid"),
        ("ignore[¦ # k8s-lsp: ignore[host-ipc]", "ignore[host-pid # k8s-lsp: ignore[host-ipc]"),
    ],
)
def test_a_slug_takes_the_place_of_the_word(typed: str, expected: str, encoding: Encoding) -> None:
    for mark in ("pid", "above", "é😀 line", "header"):
        text = commented(mark, f"# é😀 # k8s-lsp: {typed}")
        done = commented(mark, f"# é😀 # k8s-lsp: {expected}")
        assert chosen(text, "host-pid", encoding) == done
        assert chosen(f"{POD}---\n{text}", "host-pid", encoding) == f"{POD}---\n{done}"


@pytest.mark.parametrize(
    ("typed", "others"),
    [
        ("¦", set()),
        ("host-pid, ¦, host-ipc", {"host-pid", "host-ipc"}),
        ("host-pid,host-ipc,nothing,¦", {"host-pid", "host-ipc"}),
    ],
)
@pytest.mark.parametrize("end", ["", "]", "] host-network"])
def test_what_is_listed_is_not_offered_again(typed: str, others: set[str], end: str) -> None:
    text = commented("pid", f"# k8s-lsp: ignore[{typed}{end}")
    assert completed(text).keys() == SLUGS - others


@pytest.mark.parametrize("word", ["host-p¦", "Host-P¦", "hpid¦", "host-p¦ort", "tpi¦"])
def test_what_cannot_become_the_word_is_left_out(word: str) -> None:
    found = completed(commented("kind", f"# k8s-lsp: ignore[{word}]")).keys()
    assert "host-pid" in found
    assert not {"host-network", "privileged-container"} & found
    assert completed(commented("kind", "# k8s-lsp: ignore[host-pidx¦]")) == {}


@pytest.mark.parametrize("end", ["", "]"])
@pytest.mark.parametrize(
    ("mark", "there", "elsewhere"),
    [
        ("pid", {"host-pid"}, {"privileged-container"}),
        ("é😀 line", {"privileged-container"}, {"host-pid", "missing-memory-limit"}),
        ("é😀 name", {"privileged-container", "missing-memory-limit"}, {"host-pid"}),
        ("above", {"privileged-container", "missing-memory-limit"}, {"host-pid"}),
        ("kind", {"privileged-container", "missing-memory-limit", "host-pid"}, {"host-ipc"}),
        ("header", set(), {"privileged-container", "host-pid"}),
    ],
)
def test_what_the_comment_would_silence_comes_first(
    mark: str, there: set[str], elsewhere: set[str], end: str
) -> None:
    found = first(commented(mark, f"# k8s-lsp: ignore[¦{end}"))
    assert there <= found
    assert not elsewhere & found
    assert "unused-ignore" not in found
    for slug in found:
        done = commented(mark, f"# k8s-lsp: ignore[{slug}]")
        codes = [each.rule.slug for _, each in analyze(done).published()]
        assert "unused-ignore" not in codes, slug


@pytest.mark.parametrize("typed", ["¦", "ig¦", "¦ignore", "i¦nore", "ignore¦ reason"])
def test_before_the_brackets_one_choice_is_enough(typed: str) -> None:
    text = commented("pid", f"# k8s-lsp: {typed}")
    assert list(completed(text)) == ["ignore[host-pid]", "ignore["]
    assert first(text) == {"ignore[host-pid]"}
    rest = " reason" if "reason" in typed else ""
    done = chosen(text, "ignore[host-pid]")
    assert done == commented("pid", f"# k8s-lsp: ignore[host-pid]{rest}")
    assert "host-pid" not in [each.rule.slug for _, each in analyze(done).published()]
    assert chosen(text, "ignore[") == commented("pid", f"# k8s-lsp: ignore[{rest}")


def test_the_settings_decide_what_comes_first() -> None:
    text = commented("pid", "# k8s-lsp: ignore[")
    position = place(commented("pid", "# k8s-lsp: ignore[¦"), CURSOR)
    settings = Settings(rules=(("host-pid", "off"),))
    items = ignore_completions(opened(text, settings), Client(), position)
    assert [item.sort_text for item in items if item.label == "host-pid"] == ["1 host-pid"]


@pytest.mark.parametrize(
    "text",
    [
        POD.replace("args: [", "args: [[").replace("# pid", "# k8s-lsp: ignore[¦"),
        POD.replace("  name: web", "  name").replace("# pid", "# k8s-lsp: ignore[ho¦"),
        "# k8s-lsp: ignore[¦",
        "# k8s-lsp: ignore[¦\nname: not a manifest\n",
        "\ufeff# k8s-lsp: ignore[¦\n" + POD,
        POD.replace("\n", "\r\n").replace("# pid", "# k8s-lsp: ignore[¦"),
        f"{POD}---\n{commented('pid', '# k8s-lsp: ignore[¦')}",
    ],
)
def test_a_comment_may_stand_in_any_text(text: str) -> None:
    assert "host-pid" in completed(text)


@pytest.mark.parametrize(
    "text",
    [
        commented("pid", "¦# k8s-lsp: ignore[]"),
        commented("pid", "# ¦k8s-lsp: ignore[]"),
        commented("pid", "# k8s-lsp¦: ignore[]"),
        commented("pid", "# k8s-lsp: ¦ignore[]"),
        commented("pid", "# k8s-lsp: ign¦ore[]"),
        commented("pid", "# k8s-lsp:¦ ignore"),
        commented("pid", "# k8s-lsp: ignore ¦"),
        commented("pid", "# k8s-lsp: ignore[host pid¦]"),
        commented("pid", "# k8s-lsp: ignore[é¦]"),
        commented("pid", "# k8s-lsp: ignore[host-pid]¦"),
        commented("pid", "# k8s-lsp: ignore[host-pid] a reason, ¦"),
        commented("pid", "# k8s-lsp: unignore[¦]"),
        commented("pid", "# ignore[¦]"),
        commented("pid", "#k8s-lsp ignore[¦]"),
        commented("pid", "# see:k8s-lsp: ignore[¦]"),
        POD.replace("true  # pid", "true# k8s-lsp: ignore[¦"),
        commented("quoted", "# k8s-lsp: ignore[¦]"),
        commented("single", "# k8s-lsp: ignore[¦]"),
        commented("quoted", "# k8s-lsp: ignore[¦]").replace("single']", "single']  # too"),
        commented("block", "# k8s-lsp: ignore[¦]"),
        commented("block", "a\n          # k8s-lsp: ignore[¦]"),
        POD.replace("name: web", 'name: "web\n    # k8s-lsp: ignore[¦]"'),
        '{"apiVersion": "v1", "kind": "Pod"} # k8s-lsp: ignore[¦]',
        '[{"a": "# k8s-lsp: ignore[¦]"}]',
    ],
)  # fmt: skip
def test_nothing_elsewhere(text: str) -> None:
    assert completed(text) == {}


def test_only_the_brackets_of_a_comment_are_completed() -> None:
    """At every place of a text: an answer within the brackets, and nowhere else."""
    comment = "# k8s-lsp: ignore[host-pid, host-ipc] a - reason, [or] two"
    text = commented("pid", comment)
    inside = range(text.index("ignore[") + len("ignore["), text.index("] a - reason") + 1)
    for offset in range(len(text) + 1):
        found = completed(text[:offset] + CURSOR + text[offset:])
        assert bool(found) == (offset in inside), text[:offset]


def test_a_look_at_the_line_spares_the_analysis() -> None:
    text = commented("pid", "# k8s-lsp: ignore[")
    for token in ("- name: app", "privileged: true", "[", "hostPID"):
        before = text[: text.index(token) + 1]
        position = types.Position(before.count("\n"), len(before.rpartition("\n")[2]))
        assert is_in_ignore_comment(text, "utf-16", position) == (token == "[")


@pytest.mark.parametrize("typed", ["¦", "ignore[¦"])
def test_an_item_is_plain_text_that_explains_itself(typed: str) -> None:
    text = commented("pid", f"# k8s-lsp: {typed}")
    rule = next(rule for rule in RULES if rule.slug == "host-pid")
    label = "host-pid" if "[" in typed else "ignore[host-pid]"
    item, marked = completed(text)[label], completed(text, is_markdown=True)[label]
    assert item.insert_text_format is None and item.command is None
    assert item.detail == rule.summary
    for each, start in ((item, rule.summary), (marked, f"**{rule.summary}**")):
        assert text_of(each.documentation).startswith(start)
    assert isinstance(item.documentation, str)
    assert isinstance(marked.documentation, types.MarkupContent)
    assert marked.documentation.kind == types.MarkupKind.Markdown
