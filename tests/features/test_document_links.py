"""Links from the names of rules to what explains them."""

import json
from pathlib import Path
from urllib.parse import unquote, urlparse
from urllib.request import url2pathname

import pytest
from lsprotocol import types

from k8s_lsp.configuration.reading import read
from k8s_lsp.features.client import Client, client_of
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.document_links import document_links
from k8s_lsp.features.rule_links import RULES_PAGE, link_of, with_commands
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.text import Encoding
from tests.features.opened import opened

EXPLAINS = Client(explains_rules=True)
BY_SLUG = {rule.slug: rule for rule in RULES}


def settings_file(text: str, encoding: Encoding = "utf-16") -> SettingsFile:
    return SettingsFile("file:///.k8s-lsp.yaml", 1, lines_of(text, encoding), read(text))


def linked(text: Document | SettingsFile) -> list[tuple[str, str]]:
    """What is linked: each place with the rule that its link explains."""
    found = document_links(text, EXPLAINS)
    slugs = []
    for link in found:
        assert link.target is not None
        command, _, arguments = link.target.partition("?")
        assert command == "command:k8s-lsp.explainRule"
        [slug] = json.loads(unquote(arguments))
        assert link.tooltip == f"Explain {slug}"
        slugs.append(slug)
    return [(str(link.range), slug) for link, slug in zip(found, slugs, strict=True)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_a_link_leads_to_the_line_of_its_rule(rule: object) -> None:
    page, _, fragment = link_of(rule).partition("#L")  # type: ignore[arg-type]
    assert page == RULES_PAGE
    lines = Path(url2pathname(urlparse(page).path)).read_text("utf-8").split("\n")
    assert lines[int(fragment) - 1] == f"## {rule.slug}"  # type: ignore[attr-defined]


POD = """\
# é😀 # k8s-lsp: ignore[host-pid, nonsense,host-ipc] a reason
apiVersion: v1
kind: Pod  # k8s-lsp: ignore[ root-user ]
metadata: {name: "# k8s-lsp: ignore[host-port]"}
spec:
  containers: []  # k8s-lsp: ignore
---
a: 1
--- # k8s-lsp: ignore[host-network]
# Not k8s-lsp, ignore[host-network]
"""


@pytest.mark.parametrize(
    ("encoding", "first"),
    [("utf-8", "0:27-0:35"), ("utf-16", "0:24-0:32"), ("utf-32", "0:23-0:31")],
)
def test_the_rules_of_ignore_comments_are_linked(encoding: Encoding, first: str) -> None:
    found = linked(opened(POD, encoding=encoding))
    assert found[0] == (first, "host-pid")
    assert [slug for _, slug in found] == ["host-pid", "host-ipc", "root-user", "host-network"]
    assert found[2:] == [("2:30-2:39", "root-user"), ("8:22-8:34", "host-network")]


SETTINGS = """\
profile: restricted
rules:
  host-pid: off
  "host-ipc": {severity: error}
  no-such-rule: off
  untrusted-image-registry:
    registries: [host-port]
ignore:
  - path: host-network
    rules: [root-user, 'root-group', other]
images: [{name: root-user, user: 0}]
"""


def test_the_rules_of_a_settings_file_are_linked() -> None:
    assert linked(settings_file(SETTINGS)) == [
        ("2:2-2:10", "host-pid"),
        ("3:2-3:12", "host-ipc"),
        ("5:2-5:26", "untrusted-image-registry"),
        ("9:12-9:21", "root-user"),
        ("9:23-9:35", "root-group"),
    ]


@pytest.mark.parametrize(
    "text",
    ["", "rules", "rules: [host-pid]", "ignore: {rules: host-pid}", "- host-pid", "rules: {"],
)
def test_what_is_no_settings_file_yet_has_none(text: str) -> None:
    assert linked(settings_file(text)) == []


def test_elsewhere_the_page_of_rules_is_opened() -> None:
    found = document_links(opened(POD), Client())
    assert [link.target for link in found] == [
        link_of(BY_SLUG[slug]) for slug in ("host-pid", "host-ipc", "root-user", "host-network")
    ]


def test_links_of_a_hover_become_commands() -> None:
    rule = BY_SLUG["host-pid"]
    text = f"[host-pid]({link_of(rule)}), <https://example.com>, {RULES_PAGE}#L1, {RULES_PAGE}"
    assert with_commands(text) == text.replace(link_of(rule), link_of(rule, EXPLAINS))
    assert with_commands("nothing") == "nothing"


@pytest.mark.parametrize(
    ("experimental", "expected"),
    [
        (None, False),
        ({}, False),
        ({"k8s-lsp": {"explainRule": True}}, True),
        ({"k8s-lsp": {"explainRule": False}}, False),
        ({"k8s-lsp": {"explainRule": "yes"}}, False),
        ({"k8s-lsp": True}, False),
        ({"other": {"explainRule": True}}, False),
        ([], False),
    ],
)
def test_who_can_explain_rules(experimental: object, expected: bool) -> None:
    declared = types.ClientCapabilities(experimental=experimental)
    assert client_of(declared).explains_rules is expected
