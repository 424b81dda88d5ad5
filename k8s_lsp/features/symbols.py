"""Symbols: the objects of a text with their containers, and the objects of all files by name."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from lsprotocol import types

from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document, range_of_place
from k8s_lsp.kubernetes.facts import CORE, NETWORKING, ObjectFacts, WorkloadFacts
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.queries import Kind
from k8s_lsp.text import Encoding, Span

MOST_SYMBOLS: Final = 256
"""How many objects a search gives: more than anybody reads, of which the editor ranks the best."""

_KINDS: Final[dict[Kind, types.SymbolKind]] = {
    (CORE, "ConfigMap"): types.SymbolKind.Constant,
    (CORE, "Namespace"): types.SymbolKind.Namespace,
    (CORE, "Secret"): types.SymbolKind.Constant,
    (CORE, "Service"): types.SymbolKind.Interface,
    (NETWORKING, "Ingress"): types.SymbolKind.Interface,
}
"""The icons of some objects; the others have that of a class.

They are among the first 18, which every client knows (SymbolKind in the protocol).
"""


def document_symbols(
    document: Document, client: Client
) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
    """The objects of a text, each with the containers of its pod, as the client takes them."""
    found = [
        symbol
        for start, unit in zip(document.analysis.offsets, document.analysis.units, strict=True)
        for obj in unit.objects
        for symbol in _symbols_of(document, obj, start)
    ]
    return found if client.symbol_trees else list(_flat(found, document.uri, None))


def _symbols_of(document: Document, obj: KubeObject, start: int) -> Iterator[types.DocumentSymbol]:
    """The symbol of an object in the unit that begins at `start`; none without its own text."""
    whole = obj.root.written
    if whole is None:
        return
    lines = document.lines
    # What arrives through an alias or a merge key is no part of the object's text.
    containers = [
        types.DocumentSymbol(
            container.title,
            types.SymbolKind.Module,
            lines.range_of(inside.shifted(start)),
            lines.token_range_of(container.anchor.shifted(start)),
            container.get("image").text or "",
        )
        for container in obj.containers
        if (inside := _span_of(container.field)) is not None
        and _holds(whole.span, inside)
        and _holds(inside, container.anchor)
    ]
    name = obj.anchor if _holds(whole.span, obj.anchor) else Span(*[whole.span.start] * 2)
    yield types.DocumentSymbol(
        _title(obj.kind, obj.name or ""),
        _KINDS.get((obj.group, obj.kind), types.SymbolKind.Class),
        lines.range_of(whole.span.shifted(start)),
        lines.token_range_of(name.shifted(start)),
        obj.namespace or "",
        children=containers,
    )


def _span_of(field: Field) -> Span | None:
    return None if field.written is None or field.shared else field.written.span


def _holds(span: Span, other: Span) -> bool:
    return span.start <= other.start and other.end <= span.end


def _flat(
    symbols: Iterable[types.DocumentSymbol], uri: str, container: str | None
) -> Iterator[types.SymbolInformation]:
    """The same symbols one after the other, each with the name of that which holds it."""
    for symbol in symbols:
        location = types.Location(uri, symbol.range)
        # The namespace is what holds an object, as an object is what holds a container.
        holder = container if container is not None else symbol.detail or None
        yield types.SymbolInformation(location, symbol.name, symbol.kind, container_name=holder)
        yield from _flat(symbol.children or (), uri, symbol.name)


def _title(kind: str, name: str) -> str:
    return f'{kind} "{name}"' if name else kind


# The objects of all files.


def workspace_symbols(
    objects: Iterable[ObjectFacts], query: str, encoding: Encoding, uri_of: Callable[[str], str]
) -> list[types.SymbolInformation]:
    """The objects whose kind, name, namespace or level the words of a query are in, the best first.

    Of a word, the letters have to be there in their order, as editors have it: `dpl web` finds
    a Deployment of that name.
    """
    words = query.lower().split()
    named = (obj for obj in objects if obj.name)
    ranked = [(rank, obj) for obj in named if (rank := _rank(obj, words)) is not None]
    ranked.sort(key=lambda each: (each[0], each[1].name, each[1].path, each[1].place.line))
    return [
        types.SymbolInformation(
            types.Location(uri_of(obj.path), range_of_place(obj.place, encoding)),
            obj.title,
            _KINDS.get((obj.group, obj.kind), types.SymbolKind.Class),
            container_name=" · ".join(filter(None, (obj.namespace, _level_of(obj)))) or None,
        )
        for _, obj in ranked[:MOST_SYMBOLS]
    ]


def _level_of(obj: ObjectFacts) -> str:
    """What is told of the level of Pod Security of a workload; "" for what is none, or a patch."""
    detail = obj.detail
    if not isinstance(detail, WorkloadFacts) or detail.is_patch:
        return ""
    return f"Pod Security {detail.level}"


def _rank(obj: ObjectFacts, words: list[str]) -> int | None:
    """How far an object is from what is searched: 0 for its very name; None if it is not found."""
    name, kind = obj.name.lower(), obj.kind.lower()
    level = _level_of(obj).rpartition(" ")[2]
    rank = 0
    for word in words:
        if word in (name, kind):
            continue
        if name.startswith(word) or kind.startswith(word):
            rank += 1
        elif any(word in text for text in (name, kind, obj.namespace, level)):
            rank += 2
        elif _is_in_order(word, name) or _is_in_order(word, kind):
            rank += 4
        elif _is_in_order(word, f"{kind}{name}"):
            rank += 8
        else:
            return None
    return rank


def _is_in_order(word: str, text: str) -> bool:
    """Whether the letters of a word are in a text in their order, whatever is between them."""
    place = -1
    for letter in word:
        place = text.find(letter, place + 1)
        if place < 0:
            return False
    return True
