"""Findings -> diagnostics, as the client declared them."""

from dataclasses import replace

import pytest
from lsprotocol import types

from k8s_lsp.engine.results import Analysis, Incomplete
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document
from k8s_lsp.features.diagnostics import (
    READ_IN_PART,
    SOURCE,
    diagnostics_of,
    protocol_value,
)
from k8s_lsp.features.rule_links import link_of
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from k8s_lsp.text import Encoding
from tests.features.opened import opened, place

POD = """\
# 😀
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - {name: é😀, securityContext: {privileged: true}}
---
apiVersion: v1
kind: Pod
metadata: {name: other}
spec:
  containers:
    - name: second
      securityContext:
        privileged: yes
"""
BASELINE = Settings(profile="baseline")


def shown(document: Document, client: Client) -> list[types.Diagnostic]:
    """The diagnostics as values, with which a test reads better."""
    return [protocol_value(diagnostic) for diagnostic in diagnostics_of(document, client)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_diagnostic_stands_on_its_token(encoding: Encoding) -> None:
    document = opened(POD, BASELINE, encoding)
    first, second = shown(document, Client(encoding))
    assert first.range.start == place(POD, "true", encoding)
    assert second.range.start == place(POD, "yes", encoding)
    assert (first.code, first.source) == ("privileged-container", SOURCE)
    assert first.message == ('container "é😀" must not set securityContext.privileged to true')


def test_nothing_optional_is_sent_unasked() -> None:
    for each in shown(opened(POD, BASELINE), Client()):
        assert each.code_description is None
        assert each.related_information is None
        assert each.tags is None
        assert each.data is None


def test_a_useless_comment_is_tagged_where_the_client_shows_tags() -> None:
    document = opened(POD.replace("yes", "yes  # k8s-lsp: ignore[nonsense]"))
    found = shown(document, Client(unnecessary_tag=True))
    tags = {each.code: each.tags for each in found}
    assert tags["unused-ignore"] == [types.DiagnosticTag.Unnecessary]
    assert tags["privileged-container"] is None
    assert not any(each.tags for each in shown(document, Client()))


def test_a_rule_is_linked_where_the_client_shows_links() -> None:
    first, _ = shown(opened(POD, BASELINE), Client(code_description=True))
    assert first.code_description is not None
    [rule] = [rule for rule in RULES if rule.slug == first.code]
    assert first.code_description.href == link_of(rule)
    client = Client(code_description=True, explains_rules=True)
    first, _ = shown(opened(POD, BASELINE), client)
    assert first.code_description is not None
    assert first.code_description.href == link_of(rule, client)


INHERITED = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  securityContext:
    runAsUser: 0
  containers:
    - name: first
    - name: second
"""


def test_heirs_are_related_places_where_the_client_shows_them() -> None:
    document = opened(INHERITED, Settings(profile="restricted"))
    found = {each.code: each for each in shown(document, Client(related_information=True))}
    related = found["root-user"].related_information
    assert related is not None
    assert [each.location.range.start for each in related] == [
        place(INHERITED, "first"),
        place(INHERITED, "second"),
    ]
    assert all(each.location.uri == document.uri for each in related)
    assert all(each.related_information is None for each in shown(document, Client()))


def test_whatever_was_not_analysed_is_told_once() -> None:
    document = opened("a: 1\n")
    failures = (
        Incomplete("deep", True),
        Incomplete("rule x failed", False),
        Incomplete("deep", True),
    )
    analysis: Analysis = replace(document.analysis, incomplete=failures)
    (diagnostic,) = shown(document._replace(analysis=analysis), Client())
    assert (diagnostic.message, diagnostic.code) == ("deep; rule x failed", READ_IN_PART)
    assert READ_IN_PART not in {rule.slug for rule in RULES}
    assert (diagnostic.range.start.line, diagnostic.range.end.character) == (0, 0)


def test_what_is_no_object_has_none() -> None:
    assert shown(opened("services:\n  web:\n    privileged: true\n"), Client()) == []
