"""Ignore comments over the protocol: typed with completion, and read with hover."""

from collections.abc import AsyncIterator

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import LanguageClient

from tests.features.opened import place, splice
from tests.server.test_protocol import (
    CONFIG,
    POD,
    URI,
    change,
    encoding_of,
    open_text,
    privileged,
    start,
)


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]
    config=CONFIG, params=["bare", "emacs", "neovim-0.11", "utf-8", "vscode"]
)
async def client(request: pytest.FixtureRequest, lsp_client: LanguageClient) -> AsyncIterator[None]:
    lsp_client.answer = await start(lsp_client, request.param)  # type: ignore[attr-defined]
    yield
    await lsp_client.shutdown_session()


async def offered(client: LanguageClient, at: types.Position) -> list[types.CompletionItem]:
    answer = await client.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(URI), at)
    )
    assert isinstance(answer, list)
    return answer


async def test_from_a_half_typed_slug_to_its_explanation(client: LanguageClient) -> None:
    """Type a comment, ask at once, take the first answer, finish the comment, hover."""
    completion = client.answer.capabilities.completion_provider  # type: ignore[attr-defined]
    assert {"[", ",", "-"} <= set(completion.trigger_characters)
    encoding = encoding_of(client)
    assert len(privileged(await open_text(client, POD))) == 1
    line = types.Position(5, len(POD.split("\n")[5].encode()))
    assert await offered(client, line) == []

    async def typed(version: int, text: str, at: types.Range) -> str:
        changed = types.TextDocumentContentChangePartial(text=text, range=at)
        found = await change(client, version, changed)
        counts[version] = len(privileged(found))
        return splice(known, at, text, encoding)

    known, counts = POD, dict[int, int]()
    known = await typed(2, "  # é😀 k8s-lsp: # k8s-lsp: ignore[pri", types.Range(line, line))
    start_ = place(known, "[pri\n", encoding)
    end = types.Position(start_.line, start_.character + len("[pri"))
    items = {item.label: item for item in await offered(client, end)}
    assert "host-pid" not in items
    item = items["privileged-container"]
    assert str(item.sort_text) < "1" and item.insert_text_format is None
    edit = item.text_edit
    assert isinstance(edit, types.TextEdit)
    known = await typed(3, edit.new_text + "] why", edit.range)
    assert known.endswith("ignore[privileged-container] why\n")
    assert counts == {2: 1, 3: 0}

    hover = await client.text_document_hover_async(
        types.HoverParams(
            types.TextDocumentIdentifier(URI), place(known, "privileged-container", encoding)
        )
    )
    assert hover is not None and isinstance(hover.contents, types.MarkupContent)
    assert "A container runs privileged" in hover.contents.value
    assert hover.range == types.Range(
        edit.range.start,
        types.Position(
            edit.range.start.line, edit.range.start.character + len("privileged-container")
        ),
    )


async def test_a_question_before_the_analysis_is_about_the_text_as_it_is(
    client: LanguageClient,
) -> None:
    await open_text(client, POD)
    text = POD.replace("kind: Pod\n", "kind: Pod # k8s-lsp: ignore[\n")
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(2, URI),
            [types.TextDocumentContentChangeWholeDocument(text)],
        )
    )
    items = await offered(client, types.Position(1, len("kind: Pod # k8s-lsp: ignore[")))
    ranks = {item.label: item.sort_text for item in items}
    assert str(ranks["privileged-container"]) < "1" <= str(ranks["host-pid"])
