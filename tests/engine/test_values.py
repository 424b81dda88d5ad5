"""Texts that hold the values of a chart, of which the caller says so."""

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.incremental import update
from k8s_lsp.engine.reading import findings_only
from k8s_lsp.kubernetes.objects import VALUES
from k8s_lsp.kubernetes.shapes import HOST_FLAGS
from k8s_lsp.settings import Settings
from k8s_lsp.text import Span

TEXT = "securityContext:\n  privileged: true\n"
ENCRYPTED = TEXT + "sops:\n  mac: ENC[AES256_GCM,data:a]\n"


def kinds(text: str, *, is_values: bool = False) -> list[tuple[str, str]]:
    units = analyze(text, is_values=is_values, read=findings_only).units
    return [(obj.api_version, obj.kind) for unit in units for obj in unit.objects]


def test_values_are_an_object_of_their_own() -> None:
    assert kinds(TEXT, is_values=True) == [VALUES]
    assert kinds(TEXT) == []
    pod = "apiVersion: v1\nkind: Pod\n"
    assert kinds(pod) == [("v1", "Pod")]
    assert kinds(pod, is_values=True) == [VALUES]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "- a\n- b\n", "words\n", ENCRYPTED])
def test_what_is_no_mapping_or_encrypted_holds_none(text: str) -> None:
    assert kinds(text, is_values=True) == []


def test_helm_reads_values_whole() -> None:
    analysis = analyze("a: 1\n---\nb: 2\n", is_values=True)
    assert len(analysis.units) == 1


def test_only_encrypted_values_are_told_as_not_read() -> None:
    assert analyze(ENCRYPTED, is_values=True).is_encrypted
    assert not analyze(ENCRYPTED).is_encrypted
    assert not analyze(TEXT, is_values=True).is_encrypted


def test_an_edit_leaves_values_what_they_are() -> None:
    before = analyze(TEXT, is_values=True)
    after = update(before, TEXT + "a: 1\n", Span(len(TEXT), len(TEXT) + 5))
    assert after.is_values
    assert [obj.kind for unit in after.units for obj in unit.objects] == ["Values"]
    assert after.units[0].objects[0].get("a").integer == 1


def test_a_file_may_come_to_hold_values() -> None:
    before = analyze(TEXT)
    there = update(before, TEXT, Span(0, 0), is_values=True)
    assert [obj.kind for unit in there.units for obj in unit.objects] == ["Values"]
    back = update(there, TEXT, Span(0, 0), is_values=False)
    assert not any(unit.objects for unit in back.units)


def test_an_object_in_values_lacks_nothing() -> None:
    text = "extraObjects:\n  - apiVersion: v1\n    kind: Secret\n    metadata:\n      name: a\n"
    analysis = analyze(text, Settings("all"), is_values=True)
    assert [obj.kind for unit in analysis.units for obj in unit.objects] == ["Values", "Secret"]
    assert "default-namespace" not in {each.rule.slug for _, each in analysis.published()}


@pytest.mark.parametrize("flag", sorted(HOST_FLAGS))
@pytest.mark.parametrize("value", ["true", "false"])
@pytest.mark.parametrize("above", ["", "web:\n  "])
def test_no_rule_fails_where_values_say_one_thing_of_a_pod(
    flag: str, value: str, above: str
) -> None:
    analysis = analyze(f"{above}{flag}: {value}\n", Settings("all"), is_values=True)
    assert not analysis.incomplete
