"""While a text does not parse, what is missing is told on; what is typed is not blamed at once."""

import pytest

from tests.server.test_diagnostics import PUSH, REFRESH, idle
from tests.server.typist import WAYS, Typist, lines_of, rules

HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
SAFE = """\
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
"""
LIMITS = "      resources: {limits: {cpu: 1, memory: 1Gi}}\n"


def container(name: str, rest: str = LIMITS) -> str:
    return f"    - name: {name}\n      image: registry.example.com/{name}:1.2.3\n{rest}"


ONE = f"{HEAD}  automountServiceAccountToken: false\n  containers:\n{container('first')}"
TWO = ONE + container("second")
CONTEXT = [
    "capabilities-not-dropped",
    "missing-seccomp-profile",
    "privilege-escalation-allowed",
    "root-user-allowed",
    "writable-root-filesystem",
]

both_ways = pytest.mark.parametrize("way", WAYS)


@both_ways
@pytest.mark.parametrize(
    "half",
    ["p", "ports", "securityContext", "env: [", 'args: ["', "- ", "command: {a", "&", "? ", "'"],
)
async def test_half_a_line_takes_no_finding_away(half: str, way: str) -> None:
    typist = Typist(TWO, way)
    assert rules(await typist.see()) == sorted(CONTEXT * 2)
    typist.to("image: registry.example.com/first:1.2.3\n")
    typist.write_text("\n")
    typist.cursor -= 1
    await typist.see()
    for key in "      " + half:
        typist.write_text(key)
        told = await typist.see()
        assert rules(told) == sorted(CONTEXT * 2), typist.text
        # Those of the second container have moved with it.
        assert lines_of(told, "root-user-allowed") == [6, 10]


@both_ways
async def test_what_was_typed_before_is_not_known_to_who_opens_the_text(way: str) -> None:
    typist = Typist(ONE, way)
    typist.to("first:1.2.3\n")
    await typist.see()
    typist.write_text("      port\n")
    assert set(rules(await typist.see())) == {*CONTEXT, "yaml-syntax"}
    again = Typist(typist.text, way)
    assert rules(await again.see()) == ["yaml-syntax"]
    typist.close_text()
    typist.version = 1
    typist.open(typist.text)
    assert rules(await typist.see()) == ["yaml-syntax"]


async def test_what_a_rule_asks_for_takes_its_finding_away_before_the_text_parses() -> None:
    typist = Typist(ONE)
    typist.to(LIMITS)
    await typist.see()
    others = [each for each in CONTEXT if each != "root-user-allowed"]
    assert rules(await typist.type("      securityContext: {runAsNonRoot: true, ")) == others
    assert rules(await typist.type("readOnlyRootFilesystem: true")) == CONTEXT[:3]
    assert rules(await typist.type("}")) == CONTEXT[:3]


async def test_a_block_that_comes_whole_and_cannot_be_read_is_not_missed() -> None:
    typist = Typist(ONE)
    typist.to(LIMITS)
    await typist.see()
    typist.write_text("      securityContext: {runAsNonRoot: true, ")
    assert await typist.see() == []


async def test_what_is_typed_where_it_cannot_be_read_is_not_missed() -> None:
    typist = Typist(ONE)
    typist.to(LIMITS)
    await typist.see()
    typist.write_text("      securityContext:\n        runAsNonRoot: true\n")
    others = [each for each in CONTEXT if each != "root-user-allowed"]
    assert rules(await typist.see()) == others
    # It belongs one column to the right.
    typist.write_text("       readOnlyRootFilesystem")
    assert rules(await typist.see()) == others
    typist.write_text(": true")
    assert rules(await typist.see()) == others[:3]
    # It does not come back before the text parses.
    typist.write_text("", over=len(": true"))
    assert rules(await typist.see()) == others[:3]
    typist.write_text("", over=len("       readOnlyRootFilesystem"))
    assert rules(await typist.see()) == others


async def test_a_container_that_lacks_nothing_gets_nothing() -> None:
    typist = Typist(ONE + SAFE)
    assert await typist.see() == []
    typist.to("first:1.2.3\n")
    typist.write_text("      por\n")
    assert rules(await typist.see()) == ["yaml-syntax"]
    # Nor does one from which lines are taken while the text is broken.
    typist.to(SAFE)
    typist.write_text("", over=len(SAFE))
    assert rules(await typist.see()) == ["yaml-syntax"]


async def test_a_new_container_above_takes_none_away_and_gets_none() -> None:
    typist = Typist(ONE)
    typist.to("  containers:\n")
    await typist.see()
    typist.write_text("    - name: other\n")
    assert rules(await typist.see()) == CONTEXT
    typist.cursor -= 1
    for key in "\n      im":
        typist.write_text(key)
        told = await typist.see()
        assert rules(told) == CONTEXT, typist.text
    assert lines_of(typist.told, "root-user-allowed") == [8]


async def test_half_a_container_that_is_pasted_above_is_told_from_the_one_below() -> None:
    typist = Typist(ONE)
    typist.to("  containers:\n")
    await typist.see()
    typist.write_text("    - name: other\n      ima\n")
    told = await typist.see()
    assert set(rules(told)) == {*CONTEXT, "yaml-syntax"}
    # They are those of the container that was there, at its new line.
    assert lines_of(told, "root-user-allowed") == [8]


async def test_a_container_that_is_renamed_keeps_its_findings() -> None:
    typist = Typist(ONE)
    typist.to("- name: first")
    await typist.see()
    for key in ' "':
        typist.write_text(key)
    typist.write_text('"ngi', over=len('first "'))
    told = await typist.see()
    assert rules(told) == CONTEXT
    assert all("first" not in each["message"] for each in told)


async def test_an_ignore_comment_counts_while_the_text_is_broken() -> None:
    typist = Typist(ONE)
    typist.to("first:1.2.3\n")
    await typist.see()
    typist.write_text("      por\n")
    assert set(rules(await typist.see())) == {*CONTEXT, "yaml-syntax"}
    typist.to("- name: first")
    typist.write_text("  # k8s-lsp: ignore[root-user-allowed] it may")
    told = rules(await typist.see())
    assert [each for each in told if each != "yaml-syntax"] == [
        each for each in CONTEXT if each != "root-user-allowed"
    ]


async def test_a_rule_that_is_switched_off_is_silent_while_the_text_is_broken() -> None:
    typist = Typist(ONE)
    typist.to(LIMITS)
    await typist.see()
    typist.write_text("      por")
    assert rules(await typist.see()) == CONTEXT
    settings = {"k8s-lsp": {"rules": {"root-user-allowed": "off"}}}
    typist.send(method="workspace/didChangeConfiguration", params={"settings": settings})
    assert rules(await typist.see()) == [each for each in CONTEXT if each != "root-user-allowed"]


async def test_each_document_is_kept_for_itself() -> None:
    other = ONE.replace("web", "other").replace("first", "third")
    typist = Typist(f"{ONE}---\n{other}")
    await typist.see()
    typist.to("first:1.2.3\n")
    typist.write_text("\n")
    typist.cursor -= 1
    await typist.type("      por")
    assert rules(typist.told) == sorted(CONTEXT * 2)
    assert lines_of(typist.told, "root-user-allowed") == [6, 17]
    # A document that comes takes nothing from its neighbours.
    typist.to("---\n")
    typist.write_text("apiVersion: v1\nkind: Secret\n---\n")
    told = await typist.see()
    assert lines_of(told, "root-user-allowed") == [6, 20]


async def test_a_list_keeps_the_findings_of_its_items() -> None:
    def item(text: str) -> str:
        return "- " + text.rstrip().replace("\n", "\n  ") + "\n"

    items = item(ONE) + item(ONE.replace("web", "other").replace("first", "third"))
    typist = Typist(f"apiVersion: v1\nkind: List\nitems:\n{items}")
    assert rules(await typist.see()) == sorted(CONTEXT * 2)
    typist.to("first:1.2.3\n")
    typist.write_text("\n")
    typist.cursor -= 1
    await typist.type("        por")
    assert rules(typist.told) == sorted(CONTEXT * 2)


# The syntax error of the line that somebody types in.


@both_ways
async def test_the_error_of_the_line_that_is_typed_waits_a_second(way: str) -> None:
    typist = Typist(ONE, way)
    typist.to(LIMITS)
    await typist.see()
    for key in "      por":
        typist.write_text(key)
        assert "yaml-syntax" not in rules(await typist.see())
    version = typist.version
    assert lines_of(await typist.second(), "yaml-syntax") == [9]
    assert typist.version == version
    assert len(typist.all(REFRESH)) == (way == "pulled")


@both_ways
async def test_an_edit_on_another_line_tells_it(way: str) -> None:
    typist = Typist(ONE, way)
    typist.to(LIMITS)
    await typist.see()
    typist.write_text("      por")
    assert rules(await typist.see()) == CONTEXT
    typist.to("metadata:")
    typist.write_text(" ")
    assert "yaml-syntax" in rules(await typist.see())


@both_ways
async def test_a_new_line_tells_it(way: str) -> None:
    typist = Typist(ONE, way)
    typist.to(LIMITS)
    await typist.see()
    typist.write_text("      por")
    assert rules(await typist.see()) == CONTEXT
    typist.write_text("\n      ")
    assert lines_of(await typist.see(), "yaml-syntax") == [9]


@both_ways
async def test_a_save_tells_it(way: str) -> None:
    typist = Typist(ONE, way)
    typist.to(LIMITS)
    await typist.see()
    typist.write_text("      por")
    assert rules(await typist.see()) == CONTEXT
    typist.save()
    await typist.see()
    assert lines_of(typist.told, "yaml-syntax") == [9]
    assert len(typist.all(REFRESH)) == (way == "pulled")
    # The second that was waited for brings nothing more.
    assert await typist.second() == typist.told
    assert len(typist.all(REFRESH)) == (way == "pulled")


@both_ways
async def test_once_told_it_stays_until_it_is_mended(way: str) -> None:
    typist = Typist(ONE, way)
    typist.to(LIMITS)
    await typist.see()
    typist.write_text("      por")
    await typist.see()
    await typist.second()
    for key in "ts":
        typist.write_text(key)
        assert lines_of(await typist.see(), "yaml-syntax") == [9]
    typist.write_text(":")
    assert "yaml-syntax" not in rules(await typist.see())
    # The next one of this line waits again.
    typist.write_text(" [")
    assert "yaml-syntax" not in rules(await typist.see())
    assert lines_of(await typist.second(), "yaml-syntax") == [9]


async def test_a_key_begins_the_second_anew() -> None:
    typist = Typist(ONE)
    typist.to(LIMITS)
    typist.write_text("      p")
    await typist.see()
    first, typist.held = typist.held, []
    typist.write_text("o")
    await typist.see()
    for run in first:
        run()
    assert "yaml-syntax" not in rules(await typist.see())
    assert "yaml-syntax" in rules(await typist.second())


@both_ways
async def test_a_text_that_is_opened_broken_says_so_at_once(way: str) -> None:
    typist = Typist(ONE + "      por", way)
    assert "yaml-syntax" in rules(await typist.see())
    # To come to that line and type on does not hide it.
    typist.write_text("t")
    assert "yaml-syntax" in rules(await typist.see())


async def test_lines_that_are_pasted_say_it_at_once() -> None:
    typist = Typist(ONE)
    typist.to(LIMITS)
    typist.write_text("      por\n      tty: true\n")
    assert lines_of(await typist.see(), "yaml-syntax") == [9]


async def test_a_client_that_sends_whole_texts_is_told_in_the_same_way() -> None:
    typist = Typist(ONE)
    await typist.see()
    typist.replace_text(ONE + "      por")
    assert rules(await typist.see()) == CONTEXT
    typist.replace_text(ONE + "      port")
    assert rules(await typist.see()) == CONTEXT
    typist.replace_text(ONE.replace("v1", "v1 ") + "      port")
    assert lines_of(await typist.see(), "yaml-syntax") == [9]


async def test_a_text_that_is_closed_is_told_nothing_more() -> None:
    typist = Typist(ONE)
    typist.to(LIMITS)
    await typist.see()
    typist.write_text("      por")
    await typist.see()
    typist.close_text()
    await idle()
    typist.sent.clear()
    for run in typist.held:
        run()
    await idle()
    assert typist.all(PUSH) == []


async def test_an_error_of_another_line_does_not_wait() -> None:
    typist = Typist(ONE + "      por\n")
    assert lines_of(await typist.see(), "yaml-syntax") == [9]
    typist.to("metadata: {name: web}\n")
    typist.write_text("x")
    told = await typist.see()
    assert 9 in lines_of(told, "yaml-syntax") and 3 not in lines_of(told, "yaml-syntax")
