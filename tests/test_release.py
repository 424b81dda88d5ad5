"""What a changelog must say to be released, and what the release workflow makes of it."""

import os
import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import k8s_lsp
from tests.conftest import absent

ROOT = Path(__file__).resolve().parent.parent
HEADING = re.compile(r"## (\d+\.\d+\.\d+) \((unreleased|\d{4}-\d{2}-\d{2})\)")


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_the_newest_version_of_the_changelog_is_that_of_the_code() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    headings = [HEADING.fullmatch(line) for line in lines if line.startswith("## ")]
    found = [(each[1], each[2]) for each in headings if each]
    assert len(found) == len(headings), "a heading is `## 1.2.3 (2027-01-31)` or `(unreleased)`"
    versions, dates = zip(*found, strict=True)
    assert versions[0] == k8s_lsp.__version__
    assert list(versions) == sorted(versions, key=numbers, reverse=True)
    dated = dates[1:] if dates[0] == "unreleased" else dates
    released = [date.fromisoformat(each) for each in dated]
    assert released == sorted(released, reverse=True)


# The step of the release workflow that lets a tag through, run as the workflow has it.


@pytest.fixture
def take_notes(
    program: Callable[[str], str], tmp_path: Path
) -> Callable[[str, str], subprocess.CompletedProcess[str]]:
    """Give the step as a function of the tag and the changelog."""
    workflow = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    steps: list[dict[str, Any]] = yaml.safe_load(workflow)["jobs"]["notes"]["steps"]
    (script,) = [step["run"] for step in steps if "run" in step]
    if os.name != "posix":
        absent("bash", "what Windows calls so may be another machine")
    bash = program("bash")

    def run(tag: str, changelog: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "CHANGELOG.md").write_text(changelog, encoding="utf-8", newline="\n")
        return subprocess.run(
            [bash, "-e", "-c", script],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "GITHUB_REF_NAME": tag},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


NEWEST = "- **New**: a rule.\n\n### For packagers\n\nNothing.\n"
OLDER = "\n## 0.1.0 (2026-12-31)\n\nThe first version.\n"


@pytest.mark.parametrize("older", [OLDER, ""])
def test_the_notes_of_a_release_are_those_of_its_version(
    take_notes: Callable[[str, str], subprocess.CompletedProcess[str]], tmp_path: Path, older: str
) -> None:
    text = f"# Changelog\n\nWhat changes.\n\n## 0.2.0 (2027-01-31)\n\n{NEWEST}{older}"
    result = take_notes("v0.2.0", text)
    assert result.returncode == 0, result.stdout + result.stderr
    assert (tmp_path / "notes.md").read_text(encoding="utf-8").strip() == NEWEST.strip()


@pytest.mark.parametrize(
    ("tag", "heading"),
    [
        ("v0.2.0", "## 0.2.0 (unreleased)"),
        ("v0.2.0", "## 0.2.1 (2027-01-31)"),
        ("v0.2", "## 0.2.0 (2027-01-31)"),
        ("v0.2.0-rc1", "## 0.2.0 (2027-01-31)"),
        ("v0x2x0", "## 0.2.0 (2027-01-31)"),
        ("v*", "## 0.2.0 (2027-01-31)"),
        ("v0.2.0", ""),
    ],
)
def test_no_other_tag_is_released(
    take_notes: Callable[[str, str], subprocess.CompletedProcess[str]],
    tmp_path: Path,
    tag: str,
    heading: str,
) -> None:
    assert take_notes(tag, f"# Changelog\n\n{heading}\n\n{NEWEST}").returncode == 1
    assert not (tmp_path / "notes.md").exists()
