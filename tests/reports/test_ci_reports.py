"""Reports for GitHub, GitLab and JUnit: what a CI server gets, read as its documentation says."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.reports import github_report
from k8s_lsp.reports.entries import FileReport, file_report
from k8s_lsp.reports.formats import Format, RunReport
from k8s_lsp.reports.github_report import github_format, github_summary_format
from k8s_lsp.reports.gitlab_report import gitlab_format, gitlab_sast_format
from k8s_lsp.reports.junit_report import junit_format
from k8s_lsp.reports.text_report import Tally, tally_of
from k8s_lsp.settings import Settings, Severity

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostPID: true
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        privileged: true
"""
BASELINE = Settings("baseline")


def told(format: Format, *files: tuple[str, str], settings: Settings = BASELINE, **run: Any) -> str:
    """What a format makes of some files, by their paths and texts."""
    tally = Tally()
    pieces = []
    for path, text in files:
        report = file_report(path, analyze(text, settings), **format.details._asdict())
        tally.add(tally_of(report))
        pieces.append(format.of_file(report, text))
    return "".join(format.of_run(pieces, RunReport(tally, **run)).pieces)


def below(path: str) -> str:
    return f"deploy/{path}"


# GitHub's annotations.


class Command:
    """A workflow command, read as github.com/actions/runner reads it (ActionCommand.cs)."""

    def __init__(self, line: str) -> None:
        match = re.fullmatch(r"::(\w+) ([^\n]*?)::([^\n]*)", line)
        assert match is not None, line
        self.level, self.message = match[1], _unescaped(match[3])
        pairs = (pair.partition("=") for pair in match[2].split(","))
        self.properties = {name: _unescaped(value, True) for name, _, value in pairs}


def _unescaped(text: str, in_property: bool = False) -> str:
    escapes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")]
    for escape, character in escapes if in_property else escapes[:2]:
        text = text.replace(escape, character)
    return text.replace("%25", "%")


def commands(text: str) -> list[Command]:
    return [Command(line) for line in text.splitlines()]


def test_annotations_stand_at_the_token() -> None:
    first, second = commands(told(github_format(below), ("pod.yaml", POD)))
    assert (first.level, second.level) == ("error", "error")
    assert first.properties == {
        "file": "deploy/pod.yaml",
        "line": "6",
        "endLine": "6",
        "col": "12",
        "endColumn": "16",
        "title": "k8s-lsp: host-pid",
    }
    assert second.message == 'container "app" must not set securityContext.privileged to true'


@pytest.mark.parametrize(
    ("severity", "level"),
    [("error", "error"), ("warning", "warning"), ("information", "notice"), ("hint", "notice")],
)
def test_levels_of_annotations(severity: Severity, level: str) -> None:
    settings = Settings("baseline", rules=(("host-pid", severity),))
    command, *_ = commands(told(github_format(str), ("pod.yaml", POD), settings=settings))
    assert command.level == level


@pytest.mark.parametrize("name", ["a,b:c%d.yaml", "100%25.yaml", "ü\n::error::.yaml", "x::y.yaml"])
def test_no_name_of_a_file_is_a_command(name: str) -> None:
    found = commands(told(github_format(str), (name, POD)))
    assert [command.properties["file"] for command in found] == [name, name]


def test_no_value_of_a_manifest_is_a_command() -> None:
    hostile = POD.replace("name: app", r'name: "a\n::set-output name=x::100%25\r%0Ab"')
    *_, command = commands(told(github_format(str), ("pod.yaml", hostile)))
    assert command.level == "error"
    assert "::set-output name=x::100%25" in command.message


def test_what_was_not_read_is_annotated_first() -> None:
    errors = [("bad.yaml", "is UTF-16; save it as UTF-8")]
    first, *_ = commands(told(github_format(below), ("pod.yaml", POD), read_errors=errors))
    assert (first.level, first.properties["file"]) == ("error", "deploy/bad.yaml")
    assert first.message == "is UTF-16; save it as UTF-8"


# The summary of a job.


def rows(markdown: str) -> list[list[str]]:
    """The cells of the table below its head, as GitHub Flavored Markdown cuts it."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


BLOB = "https://github.com/owner/name/blob/0123abc"


def test_a_summary_has_a_row_a_finding_the_gravest_first() -> None:
    settings = Settings("baseline", rules=(("host-pid", "warning"),))
    markdown = told(github_summary_format(below, BLOB), ("a.yaml", POD), settings=settings)
    assert markdown.startswith("## k8s-lsp\n\n2 findings (1 error, 1 warning) in 1 of 1 file")
    assert rows(markdown) == [
        [
            "error",
            f"[deploy/a.yaml:11]({BLOB}/deploy/a.yaml#L11)",
            "`privileged-container`",
            'container "app" must not set securityContext.privileged to true',
        ],
        [
            "warning",
            f"[deploy/a.yaml:6]({BLOB}/deploy/a.yaml#L6)",
            "`host-pid`",
            "pod must not set hostPID to true",
        ],
    ]


def test_a_summary_without_an_address_or_findings() -> None:
    assert "[" not in told(github_summary_format(below, None), ("a.yaml", POD))
    clean = told(github_summary_format(below, BLOB), ("a.yaml", "a: 1\n"))
    assert clean == "## k8s-lsp\n\nNo findings in 1 file; 1 holds no Kubernetes object.\n"


def test_nothing_of_a_manifest_marks_up_a_summary() -> None:
    hostile = POD.replace("name: app", 'name: "a | [b](http://c) <img src=x> `d` **e** @f\\n# g"')
    markdown = told(github_summary_format(str, BLOB), ("a|](x).yaml", hostile))
    assert [len(row) for row in rows(markdown)] == [4, 4]
    message = rows(markdown)[1][3]
    for mark in ("[", "<", "`", "*", "@", "#"):
        assert f"\\{mark}" in message or mark not in message, mark
        assert not re.search(rf"(?<!\\){re.escape(mark)}", message)
    assert f"]({BLOB}/a%7C%5D%28x%29.yaml#L6)" in rows(markdown)[0][1]


def test_a_summary_says_what_the_page_does_not_show() -> None:
    many = "---\n".join([POD.replace("web", f"w{number}") for number in range(6)])
    markdown = told(github_summary_format(str, None), ("a.yaml", many))
    assert "GitHub shows 10 annotations of each level of a step: 2 of 12 findings stand" in markdown
    assert "annotations" not in told(github_summary_format(str, None), ("a.yaml", POD))


def test_a_summary_is_as_long_as_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    many = "---\n".join([POD.replace("web", f"w{number}") for number in range(50)])
    monkeypatch.setattr(github_report, "SUMMARY_LIMIT", 5_000)
    markdown = told(github_summary_format(str, None), ("a.yaml", many))
    assert 4_000 < len(markdown.encode()) <= 5_000
    shown = len(rows(markdown))
    assert markdown.endswith(f"\n{100 - shown} more, the least grave, are left out: see the log.\n")


def test_a_summary_names_what_was_not_read() -> None:
    errors = [("*.yaml", "is a binary file")]
    markdown = told(github_summary_format(str, None), ("a.yaml", POD), read_errors=errors)
    assert "\n- **Not checked whole:** \\*.yaml: is a binary file\n" in markdown


# GitLab's code quality.


def test_code_quality_is_a_list_of_issues() -> None:
    text = told(gitlab_format(below), ("pod.yaml", POD))
    first, second = json.loads(text)
    fingerprints = {first.pop("fingerprint"), second.pop("fingerprint")}
    assert len(fingerprints) == 2
    assert first == {
        "type": "issue",
        "check_name": "host-pid",
        "description": "pod must not set hostPID to true",
        "categories": ["Security"],
        "severity": "critical",
        "location": {"path": "deploy/pod.yaml", "lines": {"begin": 6, "end": 6}},
    }


def test_code_quality_without_findings_is_an_empty_list() -> None:
    assert json.loads(told(gitlab_format(below), ("pod.yaml", "a: 1\n"))) == []


@pytest.mark.parametrize(
    ("severity", "quality", "sast"),
    [
        ("error", "critical", "High"),
        ("warning", "major", "Medium"),
        ("information", "minor", "Low"),
        ("hint", "info", "Info"),
    ],
)
def test_severities_of_gitlab(severity: Severity, quality: str, sast: str) -> None:
    settings = Settings("baseline", rules=(("host-pid", severity),))
    issue, _ = json.loads(told(gitlab_format(str), ("pod.yaml", POD), settings=settings))
    assert issue["severity"] == quality
    report = json.loads(told(sast_format(), ("pod.yaml", POD), settings=settings))
    assert report["vulnerabilities"][0]["severity"] == sast


def fingerprints_of(*files: tuple[str, str]) -> list[str]:
    issues = json.loads(told(gitlab_format(str), *files))
    return [issue["fingerprint"] for issue in issues]


def test_fingerprints_of_issues_differ_and_stay() -> None:
    same = fingerprints_of(("a.yaml", POD), ("b.yaml", POD))
    assert len(set(same)) == 4
    assert fingerprints_of(("c.yaml", f"# moved\n\n{POD}")) == same[:2]


# GitLab's static analysis for security.


def ticking() -> Iterator[datetime]:
    """Hours of a zone that is not that of UTC."""
    time = datetime(2027, 1, 2, 3, 4, 5, 678, timezone(timedelta(hours=2)))
    while True:
        yield time
        time += timedelta(seconds=61)


def sast_format() -> Format:
    ticks = ticking()
    return gitlab_sast_format(below, lambda: next(ticks))


def assert_sast(report: Any) -> None:
    """What GitLab's schema (sast-report-format.json, 15.1.4) wants of what is written here."""
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", report["version"])
    scan = report["scan"]
    assert scan.keys() == {
        *("analyzer", "scanner", "type", "start_time", "end_time", "status", "messages"),
    }
    assert (scan["type"], scan["status"]) in {("sast", "success"), ("sast", "failure")}
    for name in ("start_time", "end_time"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", scan[name])
    for component in (scan["analyzer"], scan["scanner"]):
        assert all((component["id"], component["name"], component["version"]))
        assert component["vendor"]["name"]
    for message in scan["messages"]:
        assert message["level"] in ("info", "warn", "fatal")
        assert message["value"]
    for vulnerability in report["vulnerabilities"]:
        assert vulnerability["id"]
        assert len(vulnerability["name"]) <= 255
        assert len(vulnerability["description"]) <= 1_048_576
        assert len(vulnerability.get("solution", "")) <= 7_000
        assert vulnerability["severity"] in {"Info", "Low", "Medium", "High"}
        assert vulnerability["location"]["file"]
        assert vulnerability["location"]["start_line"] >= 1
        assert vulnerability["identifiers"]
        for identifier in vulnerability["identifiers"]:
            assert all((identifier["type"], identifier["name"], identifier["value"]))
            assert re.match("https?://", identifier.get("url", "https://"))
        assert all(re.match("https?://", link["url"]) for link in vulnerability.get("links", ()))
        (item,) = vulnerability["tracking"]["items"]
        assert item["signatures"]


def test_a_security_report() -> None:
    report = json.loads(told(sast_format(), ("pod.yaml", POD)))
    assert_sast(report)
    assert report["scan"]["start_time"] == "2027-01-02T01:04:05"
    assert report["scan"]["end_time"] == "2027-01-02T01:05:06"
    first, second = report["vulnerabilities"]
    assert first["name"] == "pod must not set hostPID to true"
    assert first["location"] == {"file": "deploy/pod.yaml", "start_line": 6, "end_line": 6}
    assert first["solution"] == "Remove hostPID (review)"
    assert [each["name"] for each in second["identifiers"]] == [
        "k8s-lsp privileged-container",
        "CWE-250",
    ]
    assert "**A container runs privileged**" in second["description"]
    assert first["id"] != second["id"]


def test_a_security_report_says_what_was_not_read() -> None:
    errors = [("bad.yaml", "is a binary file")]
    report = json.loads(told(sast_format(), ("pod.yaml", "a: 1\n"), read_errors=errors))
    assert_sast(report)
    assert report["scan"]["status"] == "failure"
    assert report["scan"]["messages"] == [{"level": "fatal", "value": "bad.yaml: is a binary file"}]
    assert report["vulnerabilities"] == []


# JUnit.

GRAVE: tuple[Severity, ...] = ("error", "warning")


def suites(text: str) -> list[ElementTree.Element]:
    assert text.isascii()
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    found = list(root)
    for suite in found:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error"))
        # GitLab shows one of those that have the same name.
        assert len({case.attrib["name"] for case in cases}) == len(cases)
    for name in ("tests", "failures", "errors"):
        total = sum(int(suite.attrib[name]) for suite in found)
        assert int(root.attrib[name]) == total
    return found


def test_a_finding_is_a_test_that_failed() -> None:
    (suite,) = suites(told(junit_format(below, GRAVE), ("a/pod.yaml", POD)))
    assert suite.attrib["name"] == "deploy/a/pod.yaml"
    first, second = suite
    assert first.attrib == {
        "classname": "deploy/a/pod",
        "name": "host-pid Pod/web spec.hostPID",
        "file": "deploy/a/pod.yaml",
        "line": "6",
        "time": "0",
    }
    failure = second.find("failure")
    assert failure is not None
    assert failure.attrib == {
        "message": 'container "app" must not set securityContext.privileged to true',
        "type": "error",
    }
    assert failure.text == (
        "deploy/a/pod.yaml:11:21: error[privileged-container] "
        'container "app" must not set securityContext.privileged to true\n'
        "11 |         privileged: true\n"
        "   |                     ^^^^\n"
        "   = fix: Set privileged to false (review)"
    )
    assert second.attrib["name"].endswith('spec.containers["app"].securityContext.privileged')


def test_a_finding_that_fails_no_run_is_a_test_that_passes() -> None:
    settings = Settings("baseline", rules=(("host-pid", "hint"),))
    (suite,) = suites(told(junit_format(str, GRAVE), ("pod.yaml", POD), settings=settings))
    first, second = suite
    assert [child.tag for child in first] == ["system-out"]
    assert "hint[host-pid] pod must not set hostPID" in (first[0].text or "")
    assert [child.tag for child in second] == ["failure"]
    assert not suites(told(junit_format(str, ()), ("pod.yaml", POD)))[0].findall(".//failure")


def test_a_file_without_findings_is_a_test_that_passes() -> None:
    (suite,) = suites(told(junit_format(str, GRAVE), ("pod.yaml", "a: 1\n")))
    (case,) = suite
    assert (case.attrib["name"], list(case)) == ("no findings", [])


def test_what_was_not_read_is_an_error() -> None:
    errors = [("bad.yaml", "is a binary file"), ("bad.yaml", "and worse")]
    report = FileReport("bad.yaml", errors=("and worse",))
    format = junit_format(below, GRAVE)
    pieces = [format.of_file(report, "")]
    text = "".join(format.of_run(pieces, RunReport(Tally(), errors)).pieces)
    (suite,) = suites(text)
    (case,) = suite
    assert case[0].attrib["message"] == "is a binary file; and worse"
    assert suite.attrib["name"] == "deploy/bad.yaml"


def test_findings_alike_have_names_of_their_own() -> None:
    nameless = POD.replace("    - name: app\n      image", "    - image")
    twice = nameless + "    - image: b\n      securityContext: {privileged: true}\n"
    (suite,) = suites(told(junit_format(str, GRAVE), ("pod.yaml", twice)))
    names = [case.attrib["name"] for case in suite if "privileged" in case.attrib["name"]]
    assert names[1] == f"{names[0]} (2)"


@pytest.mark.parametrize(
    "name", ['"<&>"', r'"]]>\t\u0000"', r'"\x1b[31m\ud800"', '"🦊é"', r'"\uffff\ufffe"']
)
def test_every_text_is_xml(name: str) -> None:
    path = 'a<&">\x01\udcff.yaml'
    text = told(junit_format(str, GRAVE), (path, POD.replace("app", name, 1)))
    (suite,) = suites(text)
    assert suite.attrib["name"] == 'a<&">\ufffd\ufffd.yaml'
    assert {"host-pid", "privileged-container"} <= {
        case.attrib["name"].partition(" ")[0] for case in suite
    }


def test_secrets_are_not_copied() -> None:
    text = POD.replace(
        "      securityContext:",
        "      env:\n        - name: DB_PASSWORD\n          value: hunter2-hunter2\n"
        "      securityContext:",
    )
    for format in (junit_format(str, GRAVE), sast_format(), gitlab_format(str), github_format(str)):
        out = told(format, ("pod.yaml", text), settings=Settings())
        assert "literal-credential" in out
        assert "hunter2" not in out


def test_jenkins_takes_no_suffix_for_a_name() -> None:
    paths = ("a.yaml", "x/b.c.yaml", ".hidden", "x.y/z", "<stdin>")
    texts = [told(junit_format(str, GRAVE), (path, POD)) for path in paths]
    names = [suites(text)[0][0].attrib["classname"] for text in texts]
    assert names == ["a", "x/b.c", ".hidden", "x.y/z", "<stdin>"]
