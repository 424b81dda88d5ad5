"""Hover on what silences findings: the slugs of our comments, and annotations for other tools."""

import pytest
from lsprotocol import types

from k8s_lsp.features.client import Client
from k8s_lsp.features.hover import hover_at
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.rules.explanation import unmarked, why
from k8s_lsp.settings import Settings
from k8s_lsp.text import Encoding
from tests.features.opened import offset_in, opened, place

MARKDOWN = Client(markdown_hover=True)
DEFAULTS = Settings()

RULE = {rule.slug: rule for rule in RULES}

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    checkov.io/skip1: CKV_K8S_16=the driver needs it
    ignore-check.kube-linter.io/host-pid: it is a debugger
    kube-linter.io/nothing: CKV_K8S_16
    example.com/note: CKV_K8S_16
  labels:
    checkov.io/skip1: CKV_K8S_17
spec:
  hostPID: true  # é😀 # k8s-lsp: ignore[host-pid, host-ipc, host-pit, what ever] and host-network
  hostNetwork: true  # k8s-lsp: ignore[host-ports]
  containers:
    - name: app  # k8s-lsp: ignore[privileged-container
      image: example.com/app:1.4.2
      args: ["a # k8s-lsp: ignore[latest-image-tag]"]
      securityContext:
        privileged: true
"""


def hovered(
    token: str,
    client: Client = MARKDOWN,
    settings: Settings = DEFAULTS,
    text: str = POD,
    encoding: Encoding = "utf-16",
) -> tuple[str, str] | None:
    """What is told about a token, and the text that it is told of."""
    hover = hover_at(opened(text, settings, encoding), client, place(text, token, encoding))
    if hover is None:
        return None
    assert hover.range is not None and isinstance(hover.contents, types.MarkupContent)
    start, end = (offset_in(text, each, encoding) for each in (hover.range.start, hover.range.end))
    return hover.contents.value, text[start:end]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("token", ["host-pid, host-ipc", "pid, host-ipc", ", host-ipc"])
def test_a_slug_is_explained_as_its_finding_would_be(token: str, encoding: Encoding) -> None:
    found = hovered(token, encoding=encoding)
    assert found is not None and found[1] == "host-pid"
    explained, link = found[0].split("\n\n")
    assert explained == why(RULE["host-pid"]) and link.startswith("[Explain host-pid](")


def test_plain_text_has_no_marks() -> None:
    found = hovered("host-pid, host-ipc", Client())
    assert found is not None and found[0].startswith(unmarked(why(RULE["host-pid"])))


@pytest.mark.parametrize(
    ("token", "slug", "explanation"),
    [
        ("host-ipc, host-pit", "host-ipc", why(RULE["host-ipc"])),
        ("host-pit", "host-pit", 'There is no rule "host-pit"; did you mean host-pid?'),
        ("what ever", "what ever", 'There is no rule "what ever".'),
        ("host-ports", "host-ports", 'There is no rule "host-ports"; did you mean host-port?'),
    ],
)
def test_what_ignores_nothing_says_so_too(token: str, slug: str, explanation: str) -> None:
    found = hovered(token)
    assert found is not None
    first, unused, _ = found[0].partition(f"\n\n{why(RULE['unused-ignore'])}")
    assert first.startswith(explanation) and unused
    assert found[1] == slug
    settings = Settings(rules=(("unused-ignore", "off"),))
    alone = hovered(token, settings=settings)
    assert alone is not None and alone[0] == first


@pytest.mark.parametrize(
    "token", ["and host-network", "host-network\n", "k8s-lsp: ignore[host-pid", "latest-image-tag"]
)
def test_other_words_name_no_rule(token: str) -> None:
    assert hovered(token) is None


def test_an_unfinished_comment_is_only_told_to_ignore_nothing() -> None:
    found = hovered("privileged-container")
    assert found is not None and found[0].startswith(why(RULE["unused-ignore"]))
    assert found[1] == "# k8s-lsp: ignore[privileged-container"


def test_a_comment_of_a_later_document() -> None:
    found = hovered("host-pid, host-ipc", text=f"apiVersion: v1\nkind: Secret\n---\n{POD}")
    assert found is not None and found[1] == "host-pid"


@pytest.mark.parametrize(
    ("token", "slug"),
    [
        ("CKV_K8S_16=the", "privileged-container"),
        ("ignore-check.kube-linter.io", "host-pid"),
        ("it is a debugger", "host-pid"),
    ],
)
def test_an_annotation_tells_what_it_silences(token: str, slug: str) -> None:
    found = hovered(token)
    assert found is not None
    assert found[0].startswith(f"In this object it silences [{slug}](")
    assert token in found[1]
    assert hovered(token, settings=Settings(foreign_ignores=False)) is None


@pytest.mark.parametrize(
    "token", ["kube-linter.io/nothing", "example.com/note", "CKV_K8S_17", "annotations:"]
)
def test_other_metadata_silences_nothing(token: str) -> None:
    assert hovered(token) is None


def test_an_annotation_of_a_template_silences_too() -> None:
    text = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: web}
spec:
  jobTemplate:
    metadata: {annotations: {checkov.io/skip2: CKV_K8S_16}}
    spec:
      template:
        metadata: {annotations: {checkov.io/skip1: CKV_K8S_17}}
        spec: {hostPID: true}
"""
    found = hovered("CKV_K8S_17", text=text)
    assert found is not None and "silences [host-pid](" in found[0]
    assert hovered("CKV_K8S_16", text=text) is None
