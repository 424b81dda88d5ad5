"""Polaris mends manifests too, and its tests have the files before and after.

Where its check means the same as a rule of ours, our fix gives the same values, and keeps every
line that it does not change as it was: Polaris writes the file anew, indents its lists, and takes
white space and comments away.
"""

import difflib
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Resources, Settings
from tests import oracle
from tests.fixes import harden_text

MAPPED = {
    "hostIPCSet": "host-ipc",
    "hostNetworkSet": "host-network",
    "hostPIDSet": "host-pid",
    "memoryRequestsMissing": "missing-memory-request",
}
"""Its checks that mean the same as a rule of ours."""

NOT_OURS = {
    "deploymentMissingReplicas": "how many replicas run is no matter of security",
    "livenessProbeMissing": "which probe fits, and whether one does, only the author knows",
}

POLARIS = Resources(memory_limit="512Mi", memory_request="512Mi")
"""The amount that Polaris inserts; ours come from the settings."""


def test_each_pair_has_a_rule_or_a_reason(manifest: list[dict[str, Any]]) -> None:
    assert {record["check"] for record in pairs(manifest)} == {*MAPPED, *NOT_OURS}


@pytest.mark.parametrize("check", MAPPED)
def test_the_values_are_those_of_polaris(
    check: str, corpora: Path, manifest: list[dict[str, Any]]
) -> None:
    [record] = [each for each in pairs(manifest) if each["check"] == check]
    before = (corpora / record["fixed_from"]).read_text(encoding="utf-8")
    after = (corpora / record["path"]).read_text(encoding="utf-8")
    off = tuple((rule.slug, "off") for rule in RULES if rule.slug != MAPPED[check])
    settings = Settings("all", rules=off, resources=POLARIS)  # type: ignore[arg-type]
    fixed = harden_text(before, settings)
    assert oracle.load(fixed) == oracle.load(after)
    changed = [line for line in difflib.ndiff(*lines(before, fixed)) if line[0] in "+-"]
    assert len(changed) == 1, changed


def lines(before: str, after: str) -> tuple[list[str], list[str]]:
    return before.splitlines(), after.splitlines()


def pairs(manifest: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in manifest if each.get("tool") == "polaris" and "fixed_from" in each]
