"""What real clients declare, and what follows."""

from dataclasses import asdict
from typing import Any

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
            "code_description related_information markdown_hover markdown_completion"
            " action_literals resolves_edits document_changes unnecessary_tag"
            " diagnostic_data definition_links symbol_trees snippets applies_edits"
            " refreshes_lenses",
        ),
        (
            "neovim@0.11.0",
            "related_information markdown_hover markdown_completion"
            " action_literals resolves_edits unnecessary_tag"
            " diagnostic_data definition_links symbol_trees snippets applies_edits inlay_hints"
            " refreshes_hints",
        ),
        (
            "neovim@0.6.1",
            "related_information markdown_hover markdown_completion"
            " action_literals resolves_edits unnecessary_tag definition_links symbol_trees"
            " applies_edits",
        ),
        (
            "emacs",
            "markdown_hover action_literals document_changes unnecessary_tag"
            " definition_links symbol_trees applies_edits inlay_hints",
        ),
    ],
)
def test_editors(editor: str, expected: str) -> None:
    client = client_of(client_capabilities(editor))
    assert client.encoding == "utf-16"
    assert {name for name, value in asdict(client).items() if value is True} == {*expected.split()}


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


def test_who_may_be_told_how_to_indent() -> None:
    code, neovim = (
        client_of(client_capabilities(each)) for each in ("visual_studio_code", "neovim")
    )
    assert code.insert_text_modes == {types.InsertTextMode.AsIs, types.InsertTextMode(2)}
    assert neovim.insert_text_modes == frozenset()


def test_what_is_shown_may_be_declared_for_either_way_of_sending() -> None:
    shown: dict[str, Any] = {
        "tag_support": types.ClientDiagnosticsTagOptions([types.DiagnosticTag.Unnecessary]),
        "code_description_support": True,
        "related_information": True,
    }
    pulled = types.TextDocumentClientCapabilities(
        diagnostic=types.DiagnosticClientCapabilities(**shown)
    )
    pushed = types.TextDocumentClientCapabilities(
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(**shown)
    )
    for declared in (pulled, pushed):
        refreshes = types.WorkspaceClientCapabilities(
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
        )
        both = types.ClientCapabilities(text_document=declared, workspace=refreshes)
        client = client_of(both)
        assert client.unnecessary_tag and client.code_description and client.related_information
        assert client.pulls == (declared is pulled)


@pytest.mark.parametrize(
    ("pulls", "refreshes"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_only_who_can_be_told_to_pull_again_pulls(pulls: bool, refreshes: bool) -> None:
    diagnostic = types.DiagnosticClientCapabilities() if pulls else None
    declared = types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(diagnostic=diagnostic),
        workspace=types.WorkspaceClientCapabilities(
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=refreshes)
        ),
    )
    assert client_of(declared).pulls == (pulls and refreshes)


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
