"""The Deployment that every tutorial shows, hardened: what this whole project is for."""

import difflib
from pathlib import Path

import kubernetes_validate
import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import preferred_fix
from k8s_lsp.engine.results import Analysis
from k8s_lsp.reports.entries import file_report
from k8s_lsp.settings import Settings
from tests import oracle
from tests.fixes import harden_text
from tests.image_records import records
from tests.runtime_model import outcomes_in

NGINX = (Path(__file__).parent / "demo" / "nginx.yaml").read_text(encoding="utf-8")
RECOMMENDED = Settings()
HARDENED = harden_text(NGINX, RECOMMENDED)


def slugs(analysis: Analysis) -> list[str]:
    assert not analysis.incomplete
    return [reported.rule.slug for _, reported in analysis.published()]


def test_there_is_something_to_do() -> None:
    assert len(slugs(analyze(NGINX, RECOMMENDED))) > 5


def test_no_finding_is_left_that_has_a_fix() -> None:
    analysis = analyze(HARDENED, RECOMMENDED)
    left = [reported for _, reported in analysis.published() if preferred_fix(analysis, reported)]
    assert not left


def test_it_passes_the_restricted_level() -> None:
    assert slugs(analyze(NGINX, Settings("restricted")))
    assert slugs(analyze(HARDENED, Settings("restricted"))) == []


def test_only_lines_are_added() -> None:
    diff = list(difflib.ndiff(NGINX.splitlines(), HARDENED.splitlines()))
    assert {line[0] for line in diff} == {" ", "+"}
    assert [line[2:] for line in diff if line[0] == " "] == NGINX.splitlines()
    assert HARDENED.endswith("\n") == NGINX.endswith("\n")


@pytest.mark.parametrize("version", ["1.30", "1.34", "1.37"])
def test_the_schema_of_a_version_accepts_it(version: str) -> None:
    [document] = oracle.load(HARDENED)
    kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("version", [(1, 30), (1, 34), oracle.NEWEST])
def test_the_api_server_accepts_it(version: oracle.Version) -> None:
    [document] = oracle.load(HARDENED)
    assert oracle.rejections(document, version) == []


def test_it_starts(corpora: Path) -> None:
    """By the model of the runtime, which has it die as it was hardened without its user."""
    collected = records(corpora)
    assert [outcome.works for _, outcome in outcomes_in(HARDENED, collected)] == [True]
    bare = "\n".join(line for line in HARDENED.splitlines() if "runAsUser:" not in line)
    assert [outcome.result for _, outcome in outcomes_in(bare, collected)] == ["refused"]


def test_hardening_again_changes_nothing() -> None:
    assert harden_text(HARDENED, RECOMMENDED) == HARDENED


def test_the_readme_shows_just_that() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("```diff\n")[2].partition("```")[0]
    diff = difflib.unified_diff(NGINX.splitlines(True), HARDENED.splitlines(True), n=4)
    assert shown == "".join(diff).partition(" @@\n")[2]
    named = {line.rpartition("[")[2].partition("]")[0] for line in shown_findings(readme)}
    assert named == set(slugs(analyze(NGINX, RECOMMENDED)))


def shown_findings(readme: str) -> list[str]:
    """The lines with a slug in the first picture of the README."""
    picture = readme.partition("```text\n")[2].partition("```")[0]
    return [line for line in picture.splitlines() if "[" in line]


@pytest.mark.parametrize("off", [(), ("root-user-allowed",)], ids=["all", "root stays"])
@pytest.mark.parametrize("image", "nginx:1.27 redis:7 postgres:16 httpd:2.4 haproxy:3.0".split())
def test_a_report_says_what_harden_takes(image: str, off: tuple[str, ...]) -> None:
    """Also what Harden leaves at first: capabilities go once the image has got a user."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n"
    settings = Settings(rules=tuple((rule, "off") for rule in off))
    report = file_report("a.yaml", analyze(f"{pod}      image: {image}\n", settings))
    hardened = harden_text(f"{pod}      image: {image}\n", settings)
    left = {diagnosis.rule.slug for _, diagnosis in analyze(hardened, settings).published()}
    taken = {entry.rule for entry in report.entries if entry.is_fixed_in_bulk}
    assert taken and taken == {entry.rule for entry in report.entries} - left
