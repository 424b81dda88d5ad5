"""The same findings, word for word, wherever a team looks: of cases, in one repository."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
import yaml

# The run of pytest in this process would load it anew.
import k8s_lsp.cli.one_by_one  # noqa: F401
from k8s_lsp.reports.text_report import printable
from tests.conftest import ROOT
from tests.integrations.conftest import Shell
from tests.server.in_process import PUSH, WATCHES, FolderSession
from tests.test_cases import FILES, load


class Told(NamedTuple):
    """A finding as people read it."""

    path: str
    line: int
    column: int
    rule: str
    message: str


@pytest.fixture(scope="module", params=[3, pytest.param(1, marks=pytest.mark.sweep)])
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository of cases, each in a folder of its own: of one in three, and of all."""
    folder = tmp_path_factory.mktemp("cases").resolve()
    (folder / ".git").mkdir()
    for file in FILES[:: request.param]:
        case = folder / file.parent.name / file.stem / "case.yaml"
        case.parent.mkdir(parents=True)
        case.write_bytes(load(file).text.encode())
    return folder


@pytest.fixture(scope="module")
def reports(cases: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Give what one check says in each format."""
    folder = tmp_path_factory.mktemp("reports")
    formats = ("json", "sarif", "gitlab", "junit", "github")
    outputs = (f"--output={name}={folder / name}" for name in formats)
    command = [sys.executable, "-m", "k8s_lsp", "check", *outputs]
    done = subprocess.run(command, cwd=cases, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    read = {name: (folder / name).read_text(encoding="utf-8") for name in formats}
    return {**read, "text": done.stdout}


@pytest.fixture(scope="module")
def expected(reports: Mapping[str, str]) -> list[Told]:
    """Give what the check says as JSON."""
    findings = json.loads(reports["json"])["findings"]
    told = sorted(
        Told(
            each["path"],
            each["start"]["line"],
            each["start"]["column"],
            each["rule"],
            each["message"],
        )
        for each in findings
    )
    assert len(told) > 2_000
    return told


def shown(told: Iterable[Told]) -> list[Told]:
    """The same as a terminal shows it."""
    return sorted(each._replace(message=printable(each.message)) for each in told)


_LINE = re.compile(r"(.+?):(\d+):(\d+): (?:error|warning|information|hint)\[([\w-]+)\] (.*)")


def in_text(text: str) -> Iterator[Told]:
    """The findings of what `check` prints for people."""
    for line in text.split("\n"):
        match = _LINE.fullmatch(line)
        if match is not None:
            path, row, column, rule, message = match.groups()
            yield Told(path, int(row), int(column), rule, message)


def test_text_says_the_same(reports: Mapping[str, str], expected: list[Told]) -> None:
    assert sorted(in_text(reports["text"])) == shown(expected)


def test_sarif_says_the_same(reports: Mapping[str, str], expected: list[Told]) -> None:
    (run,) = json.loads(reports["sarif"])["runs"]
    told = []
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        region = place["region"]
        if not result["suppressions"]:
            told.append(
                Told(
                    place["artifactLocation"]["uri"],
                    region["startLine"],
                    region["startColumn"],
                    result["ruleId"],
                    result["message"]["text"],
                )
            )
    assert sorted(told) == expected


def test_gitlab_says_the_same(reports: Mapping[str, str], expected: list[Told]) -> None:
    told = sorted(
        Told(
            each["location"]["path"],
            each["location"]["lines"]["begin"],
            0,
            each["check_name"],
            each["description"],
        )
        for each in json.loads(reports["gitlab"])
    )
    # The format has no columns.
    assert told == sorted(each._replace(column=0) for each in expected)


def test_github_says_the_same(reports: Mapping[str, str], expected: list[Told]) -> None:
    pattern = re.compile(r"::\w+ file=(.*),line=(\d+),.*,col=(\d+),.*,title=k8s-lsp%3A (.*?)::(.*)")
    told = [
        Told(path, int(line), int(column), rule, message.replace("%25", "%"))
        for path, line, column, rule, message in pattern.findall(reports["github"])
    ]
    assert sorted(told) == shown(expected)


def test_junit_says_the_same(reports: Mapping[str, str], expected: list[Told]) -> None:
    texts = []
    for case in ElementTree.fromstring(reports["junit"]).iter("testcase"):
        for part in case:
            texts.append((part.text or "").partition("\n")[0])
    assert sorted(in_text("\n".join(texts))) == shown(expected)


def test_pytest_says_the_same(
    cases: Path,
    expected: list[Told],
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(cases)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    options = (
        "-p",
        "k8s_lsp.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "--k8s-lsp",
        "-q",
        "--no-summary",
    )
    told: list[Told] = []
    for report in pytester.inline_run(*options).getreports("pytest_runtest_logreport"):
        assert isinstance(report, pytest.TestReport)
        if report.when == "call":
            sections = dict(report.sections)
            text = report.longreprtext or sections.get("Captured k8s-lsp call", "")
            told += in_text(text)
    assert sorted(told) == shown(expected)


def test_pre_commit_says_the_same(
    cases: Path, expected: list[Told], shell: Shell, environment: Mapping[str, str]
) -> None:
    (hook,) = (
        hook
        for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
        if hook["id"] == "k8s-lsp-check"
    )
    # What is installed is a test of its own.
    module = hook["entry"].replace("k8s-lsp", "k8s_lsp")
    hook |= {"language": "system", "entry": f"{sys.executable} -m {module}"}
    configuration = {"repos": [{"repo": "local", "hooks": [hook]}]}
    (cases / ".pre-commit-config.yaml").write_text(json.dumps(configuration), encoding="utf-8")
    try:
        (cases / ".git").rmdir()
        assert shell("git init -q; git add -A", cases, environment).returncode == 0
        told = {**environment, "PYTHONPATH": os.pathsep.join(sys.path)}
        program = f"{sys.executable} -m pre_commit run --all-files --verbose"
        done = shell(program, cases, told)
    finally:
        (cases / ".pre-commit-config.yaml").unlink()
    assert done.returncode == 1, done.stdout
    assert sorted(in_text(done.stdout)) == shown(expected)


async def test_the_server_says_the_same(cases: Path, expected: list[Told]) -> None:
    capabilities = {**WATCHES, "general": {"positionEncodings": ["utf-32"]}}
    options = {"editor": {"group-absent": False}}
    session = FolderSession(cases, capabilities=capabilities, options=options)
    await session.settle()
    told = []
    for path in sorted(cases.glob("*/*/case.yaml")):
        session.open(path, path.read_bytes().decode("utf-8-sig"))
        await session.settle()
        published: list[Any] = [each for each in session.all(PUSH) if each["uri"] == path.as_uri()]
        for each in published[-1]["diagnostics"]:
            start = each["range"]["start"]
            place = (start["line"] + 1, start["character"] + 1)
            name = path.relative_to(cases).as_posix()
            told.append(Told(name, *place, each["code"], each["message"]))
        session.close_text(path)
        await session.settle()
        session.sent.clear()
    assert sorted(told) == expected
