"""Findings as tests that failed, in the XML of JUnit that CI servers show.

A suite is a file. A finding that fails no run is a test that passes, and says what it is; a file
without findings is one test that passes. The names hold no lines, so that a CI server knows a test
again when something is written above it, or when containers change places.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from k8s_lsp.reports.entries import Details, Entry, FileReport, Seen
from k8s_lsp.reports.formats import Format, RunReport, Written, is_secret
from k8s_lsp.reports.text_report import block, one_line, told_entries
from k8s_lsp.settings import Severity
from k8s_lsp.text import line_starts


class _Suite(NamedTuple):
    """The tests of a file, and how many of them there are, and failed."""

    xml: str
    tests: int = 0
    failures: int = 0
    errors: int = 0


def junit_format(seen: Seen, failing: Iterable[Severity]) -> Format:
    """JUnit's XML, in which `seen` gives the place of a file in its repository.

    Findings of the `failing` severities are failures.
    """
    of_file = partial(_suite, seen=seen, failing=frozenset(failing))
    return Format(of_file, partial(_of_run, seen=seen), Details(identify=True))


def _suite(
    report: FileReport, text: str, *, seen: Seen, failing: frozenset[Severity]
) -> _Suite | None:
    path = seen(report.path)
    entries = told_entries(report.entries)
    if not entries:
        # What could not be read is told with the run, and passes nothing.
        return None if report.errors else _of_cases(path, [_case(path, "no findings")])
    starts = line_starts(text)
    names = Counter[str]()
    cases = []
    for entry in entries:
        name = _name(entry)
        names[name] += 1
        if names[name] > 1:
            name = f"{name} ({names[name]})"
        shown = _shown(path, entry, text, starts)
        cases.append(_case(path, name, entry, _outcome(entry, shown, failing)))
    return _of_cases(path, cases, sum(entry.severity in failing for entry in entries))


def _name(entry: Entry) -> str:
    identity = entry.identity
    assert identity is not None
    about = "/".join(filter(None, (identity.kind, identity.namespace, identity.name)))
    return " ".join(filter(None, (entry.rule, about, identity.field)))


def _shown(path: str, entry: Entry, text: str, starts: Sequence[int]) -> str:
    """What the terminal shows; of what may be a secret, not the line that holds it."""
    if is_secret(entry):
        return one_line(path, entry, colour=False)
    return "\n".join(block(path, [entry], text, starts, colour=False))


def _outcome(entry: Entry, shown: str, failing: frozenset[Severity]) -> str:
    if entry.severity not in failing:
        return f"<system-out>{_content(shown)}</system-out>"
    return (
        f"<failure message={_value(entry.message)} type={_value(entry.severity)}>"
        f"{_content(shown)}</failure>"
    )


def _case(path: str, name: str, entry: Entry | None = None, outcome: str = "") -> str:
    # Jenkins takes the points of a class for packages: the suffix would be its name.
    named = f"classname={_value(_without_suffix(path))} name={_value(name)} file={_value(path)}"
    if entry is not None:
        named += f' line="{entry.line}"'
    return f'<testcase {named} time="0">{outcome}</testcase>\n'


def _without_suffix(path: str) -> str:
    head, dot, suffix = path.rpartition(".")
    return head if dot and "/" not in suffix and head else path


def _of_cases(path: str, cases: Sequence[str], failures: int = 0, errors: int = 0) -> _Suite:
    head = f"<testsuite name={_value(path)} file={_value(path)}"
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="0" time="0"'
    xml = f"{head} {counts}>\n{''.join(cases)}</testsuite>\n"
    return _Suite(xml, len(cases), failures, errors)


def _of_run(suites: Sequence[_Suite | None], run: RunReport, *, seen: Seen) -> Written:
    by_path: dict[str, list[str]] = {}
    for path, why in run.errors:
        by_path.setdefault(seen(path), []).append(why)
    failed = [_of_errors(path, reasons) for path, reasons in by_path.items()]
    return Written(_xml([*(suite for suite in suites if suite is not None), *failed]))


def _of_errors(path: str, reasons: Sequence[str]) -> _Suite:
    outcome = "".join(
        f'<error message={_value(why)} type="not checked whole">{_content(why)}</error>'
        for why in ["; ".join(reasons)]
    )
    return _of_cases(path, [_case(path, "checked whole", outcome=outcome)], errors=1)


def _xml(suites: Sequence[_Suite]) -> Iterator[str]:
    tests = sum(suite.tests for suite in suites)
    failures = sum(suite.failures for suite in suites)
    errors = sum(suite.errors for suite in suites)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="k8s-lsp" tests="{tests}" failures="{failures}" errors="{errors}" '
    yield 'skipped="0" time="0">\n'
    yield from (suite.xml for suite in suites)
    yield "</testsuites>\n"


# XML. The report is ASCII, so that nothing on its way can spoil it.

_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no document of XML 1.0 may hold, however it is written (section 2.2)."""

_ENTITIES: Final = {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
    ord("\r"): "&#13;",
}


def _content(text: str) -> str:
    escaped = _NOT_IN_XML.sub("\ufffd", text).translate(_ENTITIES)
    return escaped.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _value(text: str) -> str:
    """The value of an attribute, with its quotes: a reader makes spaces of breaks as such."""
    return '"{}"'.format(_content(text).replace("\n", "&#10;").replace("\t", "&#9;"))
