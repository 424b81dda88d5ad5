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


TOKEN, SHARED = "service-account-token-mounted", "default-service-account"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("serviceAccount: {create: true, automount: |true}", [TOKEN]),
        ("serviceAccount: {name: a, automountServiceAccountToken: |true}", [TOKEN]),
        ("serviceAccount: {create: true, automountToken: |true}", [TOKEN]),
        ("serviceAccount: {automount: false}", []),
        ("serviceAccount: {create: true}", []),
        # The chart makes none, so that nothing is said of it.
        ("serviceAccount: {create: false, automount: true}", []),
        ("serviceAccount: {create: false, name: |default}", [SHARED]),
        ("serviceAccount: {create: false, name: ''}", []),
        ("serviceAccounts: {server: {automount: |true}, node: {automount: false}}", [TOKEN]),
        # One of several has a word behind, and stands for itself.
        ("serviceAccountAgent: {create: true, automountServiceAccountToken: |true}", [TOKEN]),
        ("serviceAccountAgent: {create: false, automountServiceAccountToken: true}", []),
        ("serviceAccountAgent: {automount: |true, name: a}", [TOKEN]),
        (
            "serviceAccount: {create: true, automount: |true}\n"
            "serviceAccountAgent: {create: true, automount: |true}",
            [TOKEN, TOKEN],
        ),
        (
            "serviceAccount: {create: true, automount: false}\n"
            "serviceAccountAgent: {create: true, automount: |true}",
            [TOKEN],
        ),
        (
            "serviceAccount: {create: false, automount: true}\n"
            "agent: {serviceAccountRunner: {create: false, automount: true}}",
            [],
        ),
        # What is called alike is none, and is looked into.
        ("serviceAccountProxy: {pod: {automountServiceAccountToken: |true}}", [TOKEN]),
        ("serviceAccountToken: {create: 'true', automount: 600}", []),
        ("serviceAccountToken: {name: default}", []),
        ("web: {automountServiceAccountToken: |true}", [TOKEN]),
        # The pod's own word counts before that of its account.
        ("automountServiceAccountToken: false\nserviceAccount: {automount: true}", []),
        (
            "automountServiceAccountToken: |true\nserviceAccount: {automount: false}",
            [TOKEN],
        ),
        ("image: {repository: nginx, tag: 1.27.0}\nserviceAccount: {automount: |true}", [TOKEN]),
        (
            "image: {repository: quay.io/jetstack/cert-manager-controller, tag: v1.15.0}\n"
            "serviceAccount: {automount: true}",
            [],
        ),
        ("serviceAccountName: default", []),
    ],
)
def test_what_values_say_of_an_account_is_told_there_and_left_in_bulk(
    text: str, expected: list[str]
) -> None:
    marks = [at for at, char in enumerate(text) if char == "|"]
    places = [at - before for before, at in enumerate(marks)]
    plain = text.replace("|", "")
    analysis = analyze(plain, Settings("all"), is_values=True)
    found = [
        (finding, rule.slug)
        for finding, rule in ((each.finding, each.rule) for _, each in analysis.published())
        if rule.slug in (TOKEN, SHARED)
    ]
    assert [slug for _, slug in found] == expected
    assert [finding.span.start for finding, _ in found] == places
    for finding, slug in found:
        assert (slug == TOKEN) == bool(finding.fixes())
        assert all(fix.left_because for fix in finding.fixes())
