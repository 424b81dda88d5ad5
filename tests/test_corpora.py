"""Every file that others wrote analyses, and says nothing where it should not."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.reading import findings_only
from k8s_lsp.engine.results import Analysis
from k8s_lsp.engine.selection import kinds_of
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from k8s_lsp.text import Span
from tests import oracle

EVERYTHING = Settings("all", registries=("registry.example.com/",))
SAMPLE = 12
"""Every how manieth file the quick run looks at; `make sweep` looks at all of them."""


def files_of(corpora: Path, manifest: list[dict[str, Any]], *sets: str) -> list[Path]:
    paths = sorted({each["path"] for each in manifest if each["set"] in sets})
    return [corpora / path for path in paths]


def text_of(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace")


def assert_within_bounds(file: Path, analysis: Analysis) -> None:
    assert not analysis.incomplete, file
    assert "".join(result.unit.text for result in analysis.units) == analysis.text
    for offset, reported in analysis.published():
        spans = [reported.finding.span, *(each.span for each in reported.finding.related)]
        for span in (each.shifted(offset) for each in spans):
            assert 0 <= span.start <= span.end <= len(analysis.text), file
            token = analysis.text[span.start : span.end]
            assert reported.rule.slug == "yaml-syntax" or token, f"{file}: {reported}"
            assert not re.search("[\r\n]", token), f"{file}: {reported}"


def assert_spared_in_vain(file: Path, analysis: Analysis) -> None:
    """What is not read, and the rules that do not run, would find nothing."""
    spared = analyze(analysis.text, EVERYTHING, read=findings_only)
    assert findings(spared) == findings(analysis), file
    for obj in (obj for result in analysis.units for obj in result.objects):
        for rule in RULES:
            is_about = rule.kinds is None or not rule.kinds.isdisjoint(kinds_of(obj))
            is_said = not rule.requires_any_of or any(
                word in obj.text for word in ("\\", *rule.requires_any_of)
            )
            if not (is_about and is_said):
                assert not any(rule.findings(obj, analysis.context)), f"{file}: {rule.slug}"


def findings(analysis: Analysis) -> list[tuple[int, str, Span, str]]:
    return [
        (offset, each.rule.slug, each.finding.span, each.finding.message)
        for offset, each in analysis.published()
    ]


def check(files: list[Path]) -> None:
    for file in files:
        analysis = analyze(text_of(file), EVERYTHING)
        assert_within_bounds(file, analysis)
        assert_spared_in_vain(file, analysis)


def test_a_sample_analyses(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    check(files_of(corpora, manifest, "real", "peers", "yaml-test-suite")[::SAMPLE])


@pytest.mark.sweep
def test_every_file_analyses(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    check(files_of(corpora, manifest, "real", "peers", "yaml-test-suite"))


def test_templates_and_other_yaml_have_no_syntax_findings(
    corpora: Path, manifest: list[dict[str, Any]]
) -> None:
    templates = others = 0
    for file in files_of(corpora, manifest, "real"):
        text = text_of(file)
        if "{{" in text:
            templates += 1
        elif "apiVersion" not in text or "kind" not in text:
            others += 1
        else:
            continue
        found = [each.finding for _, each in analyze(text).published() if is_syntax(each.rule.slug)]
        assert not found, file
    print(f"{templates} templates, {others} files that are no Kubernetes objects")
    assert templates == 552


def is_syntax(slug: str) -> bool:
    return slug == "yaml-syntax"


@pytest.mark.sweep
def test_whoever_parses_agrees_that_it_parses(
    corpora: Path, manifest: list[dict[str, Any]]
) -> None:
    """A file of Kubernetes objects has a syntax finding exactly where PyYAML refuses it."""
    refused = 0
    for file in files_of(corpora, manifest, "real", "peers"):
        text = text_of(file)
        if "{{" in text:
            continue
        found = [each.finding for _, each in analyze(text).published() if is_syntax(each.rule.slug)]
        try:
            documents = oracle.load(text)
        except yaml.YAMLError:
            refused += 1
            continue
        assert not found, f"{file}: {found} although {len(documents)} documents load"
    print(f"{refused} files that PyYAML refuses")
