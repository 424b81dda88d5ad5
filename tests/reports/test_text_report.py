"""The source line in a terminal: the carets must stand under the token, whatever is around it."""

from collections import Counter

import pytest

from k8s_lsp.reports.entries import Entry, FileReport, FixTitle, Note, ObjectName
from k8s_lsp.reports.text_report import (
    WIDTH,
    Tally,
    excerpt,
    file_text,
    line_span,
    printable,
    summary,
    tally_of,
)
from k8s_lsp.settings import Severity
from k8s_lsp.text import Span, line_starts

OBJECT = ObjectName("v1", "Pod", "web", None)


def shown(line: str, token: str) -> tuple[str, str]:
    start = line.index(token)
    return excerpt(line, Span(0, len(line)), Span(start, start + len(token)))


@pytest.mark.parametrize(
    ("line", "source", "carets"),
    [
        pytest.param("a: true", "a: true", "   ^^^^", id="plain"),
        pytest.param("\ta:\ttrue", "    a:    true", "          ^^^^", id="tabs"),
        pytest.param("é: true", "é: true", "   ^^^^", id="narrow"),
        pytest.param("e\u0301: true", "e\u0301: true", "   ^^^^", id="combining"),
        pytest.param("日本: true", "日本: true", "      ^^^^", id="wide"),
        pytest.param("🦊: true", "🦊: true", "    ^^^^", id="emoji"),
        pytest.param("\x1b[31m: true", "\ufffd[31m: true", "       ^^^^", id="escape"),
        pytest.param("\u202ea: true", "\ufffda: true", "    ^^^^", id="bidirectional"),
    ],
)
def test_the_carets_stand_under_the_token(line: str, source: str, carets: str) -> None:
    assert shown(line, "true") == (source, carets)


def test_a_wide_token_is_underlined_whole() -> None:
    assert shown('n: "日本"', '"日本"') == ('n: "日本"', "   ^^^^^^")


def test_an_empty_token_has_one_caret() -> None:
    assert excerpt("a:", Span(0, 2), Span(2, 2)) == ("a:", "  ^")


def test_the_end_of_a_line_is_before_its_break() -> None:
    text = "a\n\r\nbc\r\nd\re"
    starts = line_starts(text)
    lines = [text[slice(*line_span(text, starts, line + 1))] for line in range(len(starts))]
    assert lines == ["a", "", "bc", "d", "e"]


def test_a_line_is_shown_wherever_it_stands() -> None:
    text = "a: 1\nb: true\nc: 3\n"
    assert excerpt(text, Span(5, 12), Span(8, 12)) == ("b: true", "   ^^^^")


@pytest.mark.parametrize("before", [0, 3, 100, 118, 119, 120, 121, 500, 100_000])
@pytest.mark.parametrize("after", [0, 3, 100, 500, 100_000])
def test_a_long_line_is_cut_around_the_token(before: int, after: int) -> None:
    source, carets = shown("x" * before + "TOKEN" + "y" * after, "TOKEN")
    start = carets.index("^")
    assert source[start : len(carets)] == "TOKEN"
    assert len(source) <= WIDTH + 2
    assert source.startswith("…") == (before > source.count("x"))
    assert source.endswith("…") == (after > source.count("y"))


@pytest.mark.parametrize("before", [0, 50, 1000])
def test_a_token_that_is_longer_than_the_line_is_shown_from_its_start(before: int) -> None:
    source, carets = shown("x" * before + "T" * 5000 + "y" * 10, "T" * 5000)
    start = carets.index("^")
    assert set(source[start : len(carets)]) == {"T"}
    assert "y" not in source
    assert len(source) <= WIDTH + 2


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_the_protocol(newline: str) -> None:
    text = newline.join(["kind: Pod\u2028\x0c", "a: true", "b: true", ""])
    report = FileReport("p.yaml", (entry(2, 4, 8), entry(3, 4, 8)))
    assert file_text(report, text, colour=False) == (
        "p.yaml:2:4: error[some-rule] message\n"
        "2 | a: true\n"
        "  |    ^^^^\n"
        "\n"
        "p.yaml:3:4: error[some-rule] message\n"
        "3 | b: true\n"
        "  |    ^^^^\n"
        "\n"
    )


def test_findings_about_one_token_share_its_line() -> None:
    report = FileReport(
        "p.yaml",
        (
            entry(1, 1, 5, rule="one", severity="hint", fix=FixTitle("Do this", "safe")),
            entry(1, 1, 5, rule="two", fix=FixTitle("Do that", "review")),
            entry(1, 1, 3, rule="three"),
        ),
    )
    assert file_text(report, "kind: Pod\n", colour=False) == (
        "p.yaml:1:1: hint[one] message\n"
        "p.yaml:1:1: error[two] message\n"
        "1 | kind: Pod\n"
        "  | ^^^^\n"
        "  = fix: Do this (safe)\n"
        "  = fix: Do that (review)\n"
        "\n"
        "p.yaml:1:1: error[three] message\n"
        "1 | kind: Pod\n"
        "  | ^^\n"
        "\n"
    )


def test_related_places_are_told_by_line_and_only_the_first_in_words() -> None:
    notes = tuple(Note(line, f'container "{line}" inherits it') for line in range(11, 16))
    report = FileReport("p.yaml", (entry(1, 1, 5, notes=notes),))
    assert file_text(report, "kind: Pod\n", colour=False).splitlines()[3:] == [
        '  = note: container "11" inherits it (line 11)',
        '  = note: container "12" inherits it (line 12)',
        '  = note: container "13" inherits it (line 13)',
        "  = note: and 2 more (lines 14, 15)",
        "",
    ]


def test_a_message_is_one_line_that_commands_nothing() -> None:
    assert printable('container "a\n\x1b[2J\x07" é 🦊') == 'container "a\ufffd\ufffd[2J\ufffd" é 🦊'


@pytest.mark.parametrize(
    ("severities", "text"),
    [
        (["error"], "1 finding (1 error) in 1 of 1 file"),
        (
            ["hint", "error", "information", "warning", "error", "hint", "information"],
            "7 findings (2 errors, 1 warning, 2 information, 2 hints) in 1 of 1 file",
        ),
    ],
)
def test_the_summary_counts(severities: list[Severity], text: str) -> None:
    report = FileReport(
        "p.yaml", tuple(entry(1, 1, 2, severity=severity) for severity in severities)
    )
    assert summary(tally_of(report)).startswith(text + "\n")


def test_tallies_add_up() -> None:
    tally = Tally()
    fix = FixTitle("Do this", "safe")
    tally.add(tally_of(FileReport("a.yaml", (entry(1, 1, 2, severity="hint", fix=fix),))))
    tally.add(Tally())
    tally.add(tally_of(FileReport("b.yaml", is_template=True)))
    tally.add(tally_of(FileReport("d.yaml", holds_patch=True)))
    tally.add(tally_of(FileReport("c.yaml", (entry(1, 1, 2, rule="c", fix=fix), entry(2, 1, 2)))))
    assert tally == Tally(
        files=4,
        files_with_findings=2,
        templates=1,
        patches=1,
        fixable=2,
        severities=Counter({"hint": 1, "error": 2}),
        examples={"hint": "some-rule", "error": "c"},
    )


def test_the_summary_explains_the_gravest_rule() -> None:
    tally = Tally()
    mild = entry(1, 1, 2, rule="mild", severity="warning")
    grave = (entry(1, 1, 2, rule="grave"), entry(2, 1, 2, rule="later"))
    tally.add(tally_of(FileReport("a.yaml", (mild,))))
    tally.add(tally_of(FileReport("b.yaml", grave)))
    tally.add(tally_of(FileReport("c.yaml", (entry(1, 1, 2, rule="last"),))))
    assert summary(tally).endswith("k8s-lsp explain grave")


def entry(
    line: int,
    column: int,
    end: int,
    *,
    rule: str = "some-rule",
    severity: Severity = "error",
    fix: FixTitle | None = None,
    notes: tuple[Note, ...] = (),
) -> Entry:
    return Entry(line, column, end, rule, severity, "message", OBJECT, None, None, fix, notes)


def test_the_summary_tells_what_lies_among_tests_and_copies() -> None:
    def tally_in(*paths: str) -> Tally:
        tally = Tally()
        for path in paths:
            tally.add(tally_of(FileReport(path, (entry(1, 1, 2),))))
        return tally

    assert "among tests" not in summary(tally_in("deploy/web.yaml", "latest/test.yaml"))
    assert "among tests" not in summary(tally_in("test/a.yaml", "/src/test/vendor/b.yaml"))
    lines = summary(tally_in("web.yaml", "test/a.yaml", "x/vendor/y/test/b.yaml")).split("\n")
    assert lines[1] == (
        "2 of them lie among tests, copies or archives; "
        "exclude: [test/, vendor/] in .k8s-lsp.yaml leaves them out"
    )
    assert "1 of them lies among" in summary(tally_in("web.yaml", "e2e/a.yaml"))
    for folder in ("_archive", ".archive", "archive", "archived", "fake", "mocks", "test-data"):
        assert f"exclude: [{folder}/]" in summary(tally_in("web.yaml", f"{folder}/apps/web.yaml"))
    for path in ("archiver/web.yaml", "x/archive.yaml", "fake-smtp/web.yaml", "mockingbird/a.yaml"):
        assert "among tests" not in summary(tally_in("web.yaml", path))
