"""What real clients declare, and what follows."""

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from k8s_lsp.features.client import Client, client_of, encoding_of


def test_a_client_without_any_optional_capability() -> None:
    assert client_of(types.ClientCapabilities()) == Client()


@pytest.mark.parametrize(
    ("editor", "expected"),
    [
        (
            "visual_studio_code",
            Client("utf-16", True, True, True, True, True, True, True),
        ),
        ("neovim@0.11.0", Client("utf-16", False, True, True, True, True, False, True)),
        ("neovim@0.6.1", Client("utf-16", False, True, True, True, True, False, True)),
        ("emacs", Client("utf-16", False, False, True, True, False, True, True)),
    ],
)
def test_editors(editor: str, expected: Client) -> None:
    assert client_of(client_capabilities(editor)) == expected


@pytest.mark.parametrize(
    ("negotiated", "expected"),
    [
        (types.PositionEncodingKind.Utf8, "utf-8"),
        ("utf-32", "utf-32"),
        (None, "utf-16"),
    ],
)
def test_encodings(negotiated: object, expected: str) -> None:
    assert encoding_of(negotiated) == expected


def test_tags_may_be_declared_for_either_way_of_sending() -> None:
    tags = types.ClientDiagnosticsTagOptions([types.DiagnosticTag.Unnecessary])
    pulled = types.TextDocumentClientCapabilities(
        diagnostic=types.DiagnosticClientCapabilities(tag_support=tags)
    )
    pushed = types.TextDocumentClientCapabilities(
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(tag_support=tags)
    )
    for declared in (pulled, pushed):
        assert client_of(types.ClientCapabilities(text_document=declared)).unnecessary_tag


def test_resolving_needs_that_data_comes_back() -> None:
    def declared(data_support: bool | None) -> types.ClientCapabilities:
        return types.ClientCapabilities(
            text_document=types.TextDocumentClientCapabilities(
                code_action=types.CodeActionClientCapabilities(
                    resolve_support=types.ClientCodeActionResolveOptions(["edit"]),
                    data_support=data_support,
                )
            )
        )

    assert client_of(declared(True)).resolves_edits
    assert not client_of(declared(None)).resolves_edits
