"""What is asked of every pod before any rule runs agrees with the rules of the baseline level."""

from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.kubernetes.baseline import breaks_baseline, may_break_baseline
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.profiles import security_contexts
from k8s_lsp.rules.base import Context
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from tests.test_cases import FILES, load
from tests.test_corpora import files_of, text_of

CONTEXT = Context(Settings("baseline"))

SAMPLE = 12


def is_reported(obj: KubeObject) -> bool:
    """Whether a rule about the baseline level finds something in an object."""
    return any(
        (finding.level or control.level) == "baseline"
        for rule in RULES
        for control in rule.controls[:1]
        for finding in rule.findings(obj, CONTEXT)
    )


def is_rejected(pod: Pod) -> bool:
    """Whether the API server rejects a pod for a profile of a type that there is not."""
    types = {"RuntimeDefault", "Localhost", "Unconfined"}
    profiles = (
        security.get(name)
        for _, security in security_contexts(pod)
        for name in ("seccompProfile", "appArmorProfile")
    )
    return any(each.present and each.get("type").text not in types for each in profiles)


def disagreements(text: str) -> tuple[int, list[str]]:
    """How many pods of a text break the level, and those about which the two disagree."""
    broken, wrong = 0, []
    for unit in analyze(text).units:
        for obj in unit.objects:
            if obj.pod is not None and not is_rejected(obj.pod):
                says = breaks_baseline(obj.pod)
                broken += says
                if says != is_reported(obj) or (says and not may_break_baseline(obj.text)):
                    wrong.append(f"{obj.kind} {obj.name}: {says}")
    return broken, wrong


def test_the_cases_of_all_rules() -> None:
    total = 0
    for file in FILES:
        broken, wrong = disagreements(load(file).text)
        total += broken
        assert not wrong, file
    assert total > 100


@pytest.mark.parametrize("step", [SAMPLE, pytest.param(1, marks=pytest.mark.sweep)])
def test_the_corpora(corpora: Path, manifest: list[dict[str, Any]], step: int) -> None:
    total = 0
    for file in files_of(corpora, manifest, "real", "peers", "pss")[::step]:
        broken, wrong = disagreements(text_of(file))
        total += broken
        assert not wrong, file
    assert total > 50
