"""Harden on every workload that others wrote: nothing is left to do, and nothing is broken."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import preferred_fix
from k8s_lsp.engine.results import Analysis, Diagnosis
from k8s_lsp.settings import Profile, Settings
from tests import oracle
from tests.fixes import harden_text
from tests.test_corpora import files_of, text_of

SAMPLE = 60
"""Every how manieth file the quick run looks at; `make sweep` looks at all of them."""

VERSION = "1.34"


def test_a_sample_of_the_corpora(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    assert check(files_of(corpora, manifest, "real", "peers")[::SAMPLE]) > 40


@pytest.mark.sweep
def test_every_workload_of_the_corpora(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    assert check(files_of(corpora, manifest, "real", "peers")) > 3_000


def check(files: Iterable[Path]) -> int:
    """Harden each file to the recommended profile, then to the restricted level; count them."""
    workloads = validated = 0
    left: Counter[str] = Counter()
    for file in files:
        text = text_of(file)
        if "{{" in text:
            continue
        count = sum(1 for result in analyze(text).units for each in result.objects if each.pod)
        if not count:
            continue
        workloads += count
        hardened = fully_hardened(file, text, "recommended")
        validated += still_valid(file, text, hardened)
        restricted = fully_hardened(file, hardened, "restricted")
        still_valid(file, text, restricted)
        left.update(each.rule.slug for each in reported(restricted, "restricted"))
    print(f"\n{workloads} workloads hardened, {validated} objects still valid by the schema")
    print("what keeps them from the restricted level has no fix:")
    for slug, number in left.most_common():
        print(f"{number:6} {slug}")
    return workloads


def fully_hardened(file: Path, text: str, profile: Profile) -> str:
    """The text after Harden, which leaves nothing that it could still mend."""
    settings = Settings(profile)
    hardened = harden_text(text, settings)
    assert harden_text(hardened, settings) == hardened, f"{file}: no fixpoint"
    analysis = analyze(hardened, settings)
    assert not analysis.incomplete, file
    for _, each in analysis.published():
        assert preferred_fix(analysis, each) is None, f"{file}: {each.rule.slug} has a fix"
    return hardened


def reported(text: str, profile: Profile) -> list[Diagnosis]:
    analysis: Analysis = analyze(text, Settings(profile))
    return [each for _, each in analysis.published()]


def still_valid(file: Path, text: str, hardened: str) -> int:
    """How many objects the schema accepted before; it accepts them after, as does the oracle."""
    try:
        before = oracle.load(text)
    except yaml.YAMLError:
        return 0
    after = oracle.load(hardened)
    assert len(after) == len(before), file
    valid = 0
    for old, new in zip(before, after, strict=True):
        if old == new:
            continue
        rejected = set(oracle.rejections(old))
        assert not set(oracle.rejections(new)) - rejected, file
        if is_valid(old):
            valid += 1
            kubernetes_validate.validate(new, VERSION, strict=True)
    return valid


def is_valid(document: object) -> bool:
    try:
        kubernetes_validate.validate(document, VERSION, strict=True)
    except Exception:
        # Whatever it does not like, or does not know.
        return False
    return True
