"""Several formats at once: each to its place, and all from the same findings."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Command
from tests.cli.manifests import BASELINE, HARDENED, HOST_PATH, PRIVILEGED

CASES = Path(__file__).resolve().parents[1] / "cases"
EVERY = 4
"""One of how many files of the cases the quick run looks at; `make sweep` looks at all of them."""

FORMATS = ("text", "json", "sarif", "github", "gitlab", "gitlab-sast", "junit")

Finding: TypeAlias = tuple[str, int, str, str]
"""The path, the line, the rule and the message of a finding, as a format tells them."""


# How each format tells its findings.


def of_text(text: str) -> list[Finding]:
    found = re.findall(r"^(\S+?):(\d+):\d+: \w+\[([\w-]+)\] (.*)$", text, re.MULTILINE)
    return [(path, int(line), rule, message) for path, line, rule, message in found]


def of_json(text: str) -> list[Finding]:
    return [
        (each["path"], each["start"]["line"], each["rule"], each["message"])
        for each in json.loads(text)["findings"]
    ]


def of_sarif(text: str) -> list[Finding]:
    (run,) = json.loads(text)["runs"]
    found = []
    for each in run["results"]:
        place = each["locations"][0]["physicalLocation"]
        if not each["suppressions"]:
            uri, line = place["artifactLocation"]["uri"], place["region"]["startLine"]
            found.append((uri, line, each["ruleId"], each["message"]["text"]))
    return found


def of_github(text: str) -> list[Finding]:
    found = re.findall(r"^::\w+ file=(.*?),line=(\d+),.*?title=k8s-lsp%3A (.*?)::(.*)$", text, re.M)
    return [
        (path, int(line), rule, message.replace("%25", "%")) for path, line, rule, message in found
    ]


def of_gitlab(text: str) -> list[Finding]:
    return [
        (
            each["location"]["path"],
            each["location"]["lines"]["begin"],
            each["check_name"],
            each["description"],
        )
        for each in json.loads(text)
    ]


def of_gitlab_sast(text: str) -> list[Finding]:
    return [
        (
            each["location"]["file"],
            each["location"]["start_line"],
            each["identifiers"][0]["value"],
            each["description"].partition("\n\n")[0],
        )
        for each in json.loads(text)["vulnerabilities"]
    ]


def of_junit(text: str) -> list[Finding]:
    return [
        (
            case.attrib["file"],
            int(case.attrib["line"]),
            case.attrib["name"].partition(" ")[0],
            case[0].attrib["message"],
        )
        for case in ElementTree.fromstring(text).iter("testcase")
        if case.find("failure") is not None
    ]


READERS: dict[str, Callable[[str], list[Finding]]] = dict(
    zip(
        FORMATS,
        (of_text, of_json, of_sarif, of_github, of_gitlab, of_gitlab_sast, of_junit),
        strict=True,
    )
)


@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.sweep)])
def test_every_format_tells_the_same_findings_of_cases(
    run: Command, folder: Path, every: int
) -> None:
    for case in sorted(CASES.glob("*/*.*"))[::every]:
        place = folder / case.parent.name / case.name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(case.read_bytes())
    outputs = [f"--output={name}=out/{name}" for name in FORMATS]
    options = ("--profile", "all", "--no-context", "--fail-on", "hint")
    result = run("check", *options, *outputs)
    assert result.status in (1, 2)
    found = {name: READERS[name]((folder / "out" / name).read_bytes().decode()) for name in FORMATS}
    assert len(found["json"]) > 4_000 / every
    for name in FORMATS:
        # A terminal is shown no control characters, which text for it alone leaves out.
        assert_same(name, found[name], found["json"])
    assert (folder / "out" / "text").read_bytes().decode() == result.out


def assert_same(name: str, found: list[Finding], expected: list[Finding]) -> None:
    if name == "text":
        expected = [(*each[:3], printed(each[3])) for each in expected]
    differences = [pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]]
    assert not differences[:3], name
    assert len(found) == len(expected), name


def printed(text: str) -> str:
    from k8s_lsp.reports.text_report import printable

    return printable(text)


# Where they are written.


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_gets_what_standard_output_would(run: Command, folder: Path, name: str) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    alone = run("check", *BASELINE, "pod.yaml", "--output-format", name)
    beside = run("check", *BASELINE, "pod.yaml", "--output", f"{name}=findings")
    assert (alone.status, beside.status) == (1, 1)
    times = re.compile(r'"(start|end)_time": "[^"]*"')
    written = (folder / "findings").read_bytes().decode()
    assert times.sub("", written) == times.sub("", alone.out)
    assert beside.out == run("check", *BASELINE, "pod.yaml").out
    assert (alone.err, beside.err) == ("", "")


def test_folders_are_made_and_files_replaced(run: Command, folder: Path) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    (folder / "old.json").write_text("x" * 10_000)
    run("check", *BASELINE, "--output", "json=a/b/c.json", "--output", "json=old.json")
    assert (folder / "a/b/c.json").read_text() == (folder / "old.json").read_text()
    assert len(json.loads((folder / "old.json").read_text())["findings"]) == 1


def test_a_report_is_no_manifest_of_the_next_run(run: Command, folder: Path) -> None:
    (folder / "pod.yaml").write_text(HARDENED)
    options = ("check", *BASELINE, "--output", "json=report.json", "--output", "gitlab=gl.yaml")
    first, second = run(*options), run(*options)
    assert first == second == (0, "No findings in 1 file.\n", "")


def test_no_report_is_written_over_what_is_to_be_checked(run: Command, folder: Path) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    result = run("check", "./pod.yaml", "--output", "json=pod.yaml")
    assert result == (2, "", "k8s-lsp check: error: --output: ./pod.yaml is to be checked, too\n")
    assert (folder / "pod.yaml").read_text() == PRIVILEGED


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--output", "sarif"), '"sarif" is not FORMAT=FILE, as in sarif=findings.sarif'),
        (("--output", "sarif="), '"sarif=" is not FORMAT=FILE, as in sarif=findings.sarif'),
        (("--output", "xml=a"), '"xml" is not one of text, json, sarif, github, gitlab,'),
        (("--output", "json=-"), "--output-format writes to standard output"),
        (("--output", "json=a", "--output", "sarif=./a"), "two formats cannot share a file"),
        (("--output", "json=sub"), "--output: sub: is a folder"),
        (("--output", "json=pod.yaml/a"), "--output: pod.yaml/a: "),
        (
            ("--statistics", "--output-format", "sarif"),
            "--statistics has no form for --output-format sarif; write that one to a file: "
            "--output sarif=FILE",
        ),
    ],
)
def test_outputs_that_cannot_be(
    run: Command, folder: Path, options: tuple[str, ...], message: str
) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    (folder / "sub").mkdir()
    result = run("check", *options)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="absent: /dev/full")  # noqa: PTH110
def test_what_cannot_be_written_fails_the_run_and_stops_no_other(
    run: Command, folder: Path
) -> None:
    (folder / "pod.yaml").write_text(HARDENED)
    outputs = ("--output", "json=/dev/full", "--output", "gitlab=gl.json")
    result = run("check", *BASELINE, "pod.yaml", *outputs)
    assert result.status == 2
    assert result.out == "No findings in 1 file.\n"
    assert result.err == "error: /dev/full: cannot be written: no space left on device\n"
    assert (folder / "gl.json").read_text() == "[]\n"


def test_files_are_written_where_some_could_not_be_read(run: Command, folder: Path) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    (folder / "bad.yaml").write_bytes(b"\xff\xfe")
    outputs = [f"--output={name}=out/{name}" for name in FORMATS]
    assert run("check", *BASELINE, *outputs).status == 2
    for name in FORMATS:
        found = READERS[name]((folder / "out" / name).read_text())
        assert [each[2] for each in found] == ["privileged-container"], name


def test_many_processes_write_what_one_does(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        (folder / f"{number}.yaml").write_text(PRIVILEGED + "---\n" + HOST_PATH)
    written = []
    for processes in (1, 2):
        monkeypatch.setattr("k8s_lsp.cli.pool.processes_for", lambda tasks, n=processes: n)
        names = [name for name in FORMATS if name != "gitlab-sast"]
        run("check", *BASELINE, *(f"--output={name}=out/{name}" for name in names))
        written.append([(folder / "out" / name).read_text() for name in names])
    assert written[0] == written[1]


# The page of a job of GitHub Actions.


def test_annotations_come_with_the_summary_of_the_job(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    page = folder / "page.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    for name, value in (
        ("GITHUB_SERVER_URL", "https://github.example.com"),
        ("GITHUB_REPOSITORY", "owner/name"),
        ("GITHUB_SHA", "0123abc"),
    ):
        monkeypatch.setenv(name, value)
    run("check", *BASELINE)
    run("check", *BASELINE, "--output", "sarif=a.sarif")
    assert page.read_text() == "before\n"
    result = run("check", *BASELINE, "--output-format", "github")
    assert result.out.startswith("::error file=pod.yaml,line=10,")
    text = page.read_text()
    assert text.startswith("before\n## k8s-lsp\n\n1 finding (1 error) in 1 of 1 file")
    assert "https://github.example.com/owner/name/blob/0123abc/pod.yaml#L10" in text
    monkeypatch.delenv("GITHUB_SHA")
    run("check", *BASELINE, "--output", "github=annotations")
    assert page.read_text().removeprefix(text).startswith("## k8s-lsp\n")
    assert "blob" not in page.read_text().removeprefix(text)


# How many findings each rule has.


@pytest.fixture
def several(folder: Path) -> None:
    """Make three files, two of which have findings."""
    (folder / "a.yaml").write_text(PRIVILEGED)
    (folder / "b.yaml").write_text(PRIVILEGED + "---\n" + HOST_PATH)
    (folder / "c.yaml").write_text(HARDENED)


@pytest.mark.usefixtures("several")
def test_statistics_stand_for_the_findings(run: Command) -> None:
    result = run("check", *BASELINE, "--rule", "host-path-volume=warning", "--statistics")
    assert result.status == 1
    assert result.out == (
        "findings  files  fixable  severity  rule\n"
        "       2      2        2  error     privileged-container\n"
        "       1      1        0  warning   host-path-volume\n"
        "\n"
        "3 findings (2 errors, 1 warning) in 2 of 3 files; 2 have a fix: k8s-lsp harden\n"
        "why, and what to do: k8s-lsp explain privileged-container\n"
    )


@pytest.mark.usefixtures("several")
def test_statistics_as_json(run: Command, folder: Path) -> None:
    options = ("--statistics", "--output-format", "json", "--output", "json=whole.json")
    result = run("check", *BASELINE, *options, ".", "gone.yaml")
    assert json.loads(result.out) == {
        "version": 1,
        "files": 3,
        "errors": [{"path": "gone.yaml", "message": "no such file or folder"}],
        "statistics": [
            {
                "rule": "privileged-container",
                "severity": "error",
                "findings": 2,
                "files": 2,
                "fixable": 2,
            },
            {
                "rule": "host-path-volume",
                "severity": "error",
                "findings": 1,
                "files": 1,
                "fixable": 0,
            },
        ],
    }
    assert len(json.loads((folder / "whole.json").read_text())["findings"]) == 3


def test_statistics_of_nothing(run: Command, folder: Path) -> None:
    (folder / "a.yaml").write_text(HARDENED)
    assert run("check", *BASELINE, "--statistics") == (0, "No findings in 1 file.\n", "")
