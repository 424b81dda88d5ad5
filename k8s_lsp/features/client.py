"""What the client can do, as one frozen value that is made once, and texts as it shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lsprotocol import types
from pygls.capabilities import get_capability

from k8s_lsp.rules.explanation import unmarked
from k8s_lsp.text import Encoding

_ENCODINGS: dict[object, Encoding] = {
    types.PositionEncodingKind.Utf8: "utf-8",
    types.PositionEncodingKind.Utf16: "utf-16",
    types.PositionEncodingKind.Utf32: "utf-32",
}


@dataclass(frozen=True)
class Client:
    """The optional parts of the protocol that this client declared; by default none of them.

    `encoding` is what one character of a position counts. `resolves_edits` says that the edit of a
    code action may be left to `codeAction/resolve`; `action_literals` that code actions need not
    be commands. `pulls` says that it asks for diagnostics, and again when it is told to, so that
    those of open texts are never pushed. `diagnostic_data` says that it hands back what a
    diagnostic carries for the server. `definition_links` says that a definition may tell which
    token leads there, `symbol_trees` that the symbols of a text may hold others.
    `snippets` says that a completion may have places to fill in, `insert_text_modes` who may be
    told to indent its lines. `applies_edits` says that the server may have it change a text, as a
    command does, `refreshes_lenses` that it asks for code lenses again when it is told to.
    `explains_rules` says that it has a command that shows the page of a rule,
    `tells_hardening` that it says by itself what hardening has done, `hovers_diagnostics` that its
    hovers show the diagnostics of a place, with all that is related to them, above what the server
    says there. `inlay_hints` says
    that it shows these, `refreshes_hints` that it asks for them again when it is told to.
    """

    encoding: Encoding = "utf-16"
    code_description: bool = False
    related_information: bool = False
    markdown_hover: bool = False
    markdown_completion: bool = False
    action_literals: bool = False
    resolves_edits: bool = False
    document_changes: bool = False
    unnecessary_tag: bool = False
    pulls: bool = False
    diagnostic_data: bool = False
    definition_links: bool = False
    symbol_trees: bool = False
    snippets: bool = False
    insert_text_modes: frozenset[int] = frozenset()
    applies_edits: bool = False
    refreshes_lenses: bool = False
    explains_rules: bool = False
    tells_hardening: bool = False
    hovers_diagnostics: bool = False
    inlay_hints: bool = False
    refreshes_hints: bool = False


def encoding_of(negotiated: object) -> Encoding:
    """The encoding that was negotiated, an enumeration's value or its text; UTF-16 by default."""
    return _ENCODINGS.get(negotiated, "utf-16")


def client_of(capabilities: types.ClientCapabilities, encoding: Encoding = "utf-16") -> Client:
    """Read the capabilities; `encoding` is the negotiated one."""

    def declared(name: str) -> object:
        return get_capability(capabilities, name)

    def shown(name: str) -> list[object]:
        # Many clients that pull declare what their diagnostics can hold only where others push.
        ways = ("publish_diagnostics", "diagnostic")
        return [declared(f"text_document.{way}.{name}") for way in ways]

    hover_formats = declared("text_document.hover.content_format")
    item = "text_document.completion.completion_item"
    completion_formats = declared(f"{item}.documentation_format")
    modes = declared(f"{item}.insert_text_mode_support.value_set")
    resolved = declared("text_document.code_action.resolve_support.properties")
    # One that asks only when a text changes, as Neovim 0.10 and 0.11 do, would never hear what
    # other files and settings make of it.
    pulls = declared("text_document.diagnostic") is not None and bool(
        declared("workspace.diagnostics.refresh_support")
    )
    return Client(
        encoding=encoding,
        code_description=any(shown("code_description_support")),
        related_information=any(shown("related_information")),
        markdown_hover=_has(hover_formats, types.MarkupKind.Markdown),
        markdown_completion=_has(completion_formats, types.MarkupKind.Markdown),
        action_literals=bool(declared("text_document.code_action.code_action_literal_support")),
        resolves_edits=_has(resolved, "edit")
        and bool(declared("text_document.code_action.data_support")),
        document_changes=bool(declared("workspace.workspace_edit.document_changes")),
        unnecessary_tag=any(
            _has(tags, types.DiagnosticTag.Unnecessary) for tags in shown("tag_support.value_set")
        ),
        pulls=pulls,
        diagnostic_data=any(shown("data_support")),
        definition_links=bool(declared("text_document.definition.link_support")),
        symbol_trees=bool(
            declared("text_document.document_symbol.hierarchical_document_symbol_support")
        ),
        snippets=bool(declared(f"{item}.snippet_support")),
        insert_text_modes=frozenset(modes if isinstance(modes, list | tuple) else ()),
        applies_edits=bool(declared("workspace.apply_edit")),
        refreshes_lenses=bool(declared("workspace.code_lens.refresh_support")),
        inlay_hints=declared("text_document.inlay_hint") is not None,
        refreshes_hints=bool(declared("workspace.inlay_hint.refresh_support")),
        explains_rules=_can(capabilities, "explainRule"),
        tells_hardening=_can(capabilities, "hardened"),
        hovers_diagnostics=_can(capabilities, "hoversDiagnostics"),
    )


OWN: Final = "k8s-lsp"
"""The member of `experimental` in which a client declares what only this server asks for."""


def _can(capabilities: types.ClientCapabilities, name: str) -> bool:
    """Whether a client declares something of our own: `{"k8s-lsp": {name: true}}`."""
    declared: Any = capabilities.experimental
    own = declared.get(OWN) if isinstance(declared, Mapping) else None
    return isinstance(own, Mapping) and own.get(name) is True


def marked_up(text: str, is_markdown: bool) -> types.MarkupContent:
    """A text of this project in the format that the client shows."""
    if is_markdown:
        return types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.MarkupContent(types.MarkupKind.PlainText, unmarked(text))


def _has(values: object, value: str | int) -> bool:
    return isinstance(values, list | tuple) and value in values
