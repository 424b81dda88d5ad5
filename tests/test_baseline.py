"""What a pod breaks of a level, asked as a whole, agrees with the rules of that level."""

from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pod_security import broken_checks, level_of
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.profiles import security_contexts
from k8s_lsp.kubernetes.versions import NEWEST
from k8s_lsp.rules.base import Context, PodSecurityLevel
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from tests.test_cases import FILES, load
from tests.test_corpora import files_of, text_of

SAMPLE = 12

FLAG = "allowPrivilegeEscalation"
"""What the restricted level asks of each container."""


def is_reported(obj: KubeObject, level: PodSecurityLevel) -> bool:
    """Whether a rule about a level finds something in an object."""
    return any(
        level == "restricted" or (finding.level or control.level) == "baseline"
        for rule in RULES
        for control in rule.controls[:1]
        for finding in rule.findings(obj, Context(Settings(level)))
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


def speaks_for_itself(pod: Pod) -> bool:
    """Whether a pod has containers, and all that the text does not say of them is not there."""
    fields = [each.security(FLAG) for each in pod.containers]
    return bool(fields) and not any(field.unknown for field in fields)


def disagreements(text: str) -> tuple[int, list[str]]:
    """How many pods of a text break the level, and those about which the two disagree."""
    broken, wrong = 0, []
    for unit in analyze(text).units:
        for obj in unit.objects:
            for pod in obj.pods:
                if obj.is_custom or is_rejected(pod):
                    continue
                level = level_of(pod)
                says = level == "privileged"
                broken += says
                if says != is_reported(obj, "baseline"):
                    wrong.append(f"{obj.kind} {obj.name}: {says}")
                refused = any(True for _ in broken_checks(pod, "restricted", NEWEST))
                if refused != is_reported(obj, "restricted"):
                    wrong.append(f"{obj.kind} {obj.name} at restricted: {refused}")
                # Of what a text never speaks of, nothing is known but that it does not say so.
                is_silent = FLAG not in obj.text and not speaks_for_itself(pod)
                if (level == "restricted") != (not says and not refused and not is_silent):
                    wrong.append(f"{obj.kind} {obj.name} has the level {level}")
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
