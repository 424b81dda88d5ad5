"""What every single fix has to hold, whatever it fixes."""

import re
from collections import Counter

import yaml

from k8s_lsp.engine import Analysis, Reported, analyze, fixes_of
from k8s_lsp.kubernetes.fields import path_text
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.units import Unit
from k8s_lsp.text import apply_edits
from tests import oracle

Identity = tuple[str, int, str, str]
"""What makes a finding the same one in another state of the text: rule, unit, field, message."""


def check_fixes(text: str, settings: Settings) -> int:
    """Try every fix of a text alone, and return how many there were.

    Each fix makes its finding disappear and creates none, counted before precedence and under the
    profile that switches everything on; another parser reads the result, and the API server, as
    far as the oracle knows it, accepts the result where it accepted the text.
    """
    analysis = analyze(text, settings)
    if not any(fixes_of(analysis, reported) for _, reported in analysis.reported()):
        return 0
    before = _all_findings(text, settings)
    rejected_before = _rejections(text)
    tried = 0
    for unit, reported in analysis.reported():
        if not fixes_of(analysis, reported):
            continue
        for fix in reported.finding.fixes():
            tried += 1
            fixed = apply_edits(text, [edit.shifted(unit.offset) for edit in fix.edits])
            where = f"{reported.rule.slug}: {fix.title}\n{fixed}"
            again = analyze(fixed, settings)
            assert not again.failures, where
            same = _identity(analysis, unit, reported)
            left = identities(again)[same]
            assert left < identities(analysis)[same], f"the finding is still there\n{where}"
            # A finding about the very value that the fix brought into effect is excepted.
            created = _all_findings(fixed, settings) - before
            for about in [each for each in created if each[1:3] == same[1:3] and each[2]]:
                del created[about]
            assert not created, f"new findings {dict(created)}\n{where}"
            if rejected_before is not None:
                rejected = _rejections(fixed)
                assert rejected is not None, f"another parser does not read it\n{where}"
                assert not rejected - rejected_before, f"{rejected - rejected_before}\n{where}"
            assert not _comments(text) - _comments(fixed), f"comment lost\n{where}"
    return tried


def _identity(analysis: Analysis, unit: Unit, reported: Reported) -> Identity:
    finding = reported.finding
    path = path_text(finding.path) if finding.path is not None else ""
    # An item that is taken away moves its siblings, in the file and in the paths.
    path = re.sub(r"\[\d+\]", "[]", path)
    offsets = [result.unit.offset for result in analysis.units]
    return (reported.rule.slug, offsets.index(unit.offset), path, finding.message)


def identities(analysis: Analysis) -> Counter[Identity]:
    """How often each finding occurs."""
    return Counter(_identity(analysis, *each) for each in analysis.reported())


def _all_findings(text: str, settings: Settings) -> Counter[Identity]:
    """Every finding of every rule, before precedence.

    Each rule runs alone under `all`, so that nothing silences it.
    """
    found: Counter[Identity] = Counter()
    analysis: Analysis | None = None
    for rule in RULES:
        off = tuple((other.slug, "off") for other in RULES if other is not rule)
        alone = Settings(
            "all",
            settings.kubernetes_version,
            off,  # type: ignore[arg-type]
            settings.resources,
            settings.registries,
        )
        analysis = analyze(text, alone, previous=analysis)
        found += identities(analysis)
    return found


def _rejections(text: str) -> Counter[str] | None:
    """What the API server rejects, as another parser reads the text; None if it cannot."""
    try:
        documents = oracle.load(text)
    except yaml.YAMLError:
        return None
    return Counter(
        re.sub(r"\[\d+\]", "[]", reason)
        for document in documents
        for reason in oracle.rejections(document)
    )


def _comments(text: str) -> Counter[str]:
    return Counter(re.findall(r"(?m)(?:^|\s)(#.*)$", text))
