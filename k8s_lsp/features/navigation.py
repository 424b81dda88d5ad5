"""Definitions and references: along the chain of trust, from file to file.

A token leads from one object to others: by their name, or, in a selector, by their labels. What a
text says that is open counts, saved or not; of other files, what the index says.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from lsprotocol import types

from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document, range_of_place
from k8s_lsp.features.tokens import holds, token_at
from k8s_lsp.kubernetes.facts import (
    ObjectFacts,
    Place,
    Selector,
    selection_of,
    selector_of,
)
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.text import Encoding, Span
from k8s_lsp.workspace.file_facts import facts_of_analysis
from k8s_lsp.workspace.index import FilePlace, Index, alone
from k8s_lsp.workspace.links import SELECTORS, Links

UriOf = Callable[[str], str]
"""Gives the address of a file that is not open."""

_PEERS: Final = (("ingress", "from"), ("egress", "to"))
"""Where a NetworkPolicy says whom these pods may hear, and reach."""


class Vicinity(NamedTuple):
    """An open text among the files that belong together with it.

    `objects` are those of the text, as they are in the index that `links` knows.
    """

    document: Document
    place: FilePlace
    objects: tuple[ObjectFacts, ...]
    links: Links
    uri_of: UriOf

    def location_of(self, path: str, place: Place) -> types.Location:
        """A place of a file for the client, which spells the address of the open text itself."""
        uri = self.document.uri if path == self.place.path else self.uri_of(path)
        return types.Location(uri, range_of_place(place, self.encoding))

    @property
    def encoding(self) -> Encoding:
        """What one character of a position counts."""
        return self.document.lines.encoding


class Pointer(NamedTuple):
    """What a token leads to.

    `meant` are the objects that it names or selects. `named` stands for the one that it names where
    that is nowhere.
    """

    range: types.Range
    meant: tuple[ObjectFacts, ...]
    named: ObjectFacts | None = None


def vicinity(document: Document, index: Index, place: FilePlace | None, uri_of: UriOf) -> Vicinity:
    """An open text among the files of an index; a text without a place is alone."""
    place = place or alone(document.uri)
    facts = facts_of_analysis(place.path, document.analysis)
    links = Links(index.updated({place: facts}), place.top)
    return Vicinity(document, place, facts.objects, links, uri_of)


def definition(
    vicinity: Vicinity, client: Client, position: types.Position
) -> list[types.Location] | list[types.LocationLink]:
    """The objects that the token at a position names or selects: several where files disagree.

    That of an object's own name is the object itself, so that editors ask for its references.
    """
    pointer = _pointer_at(vicinity, position)
    if pointer is None:
        return []
    locations = _in_order(
        vicinity, (vicinity.location_of(obj.path, obj.place) for obj in pointer.meant)
    )
    if not client.definition_links:
        return locations
    return [
        types.LocationLink(found.uri, found.range, found.range, pointer.range)
        for found in locations
    ]


def references(
    vicinity: Vicinity, position: types.Position, *, with_declaration: bool
) -> list[types.Location]:
    """Where objects mean the one that the token at a position is, names or selects.

    `with_declaration` adds that object itself.
    """
    pointer = _pointer_at(vicinity, position)
    if pointer is None:
        return []
    found = []
    for target in pointer.meant or ((pointer.named,) if pointer.named is not None else ()):
        if with_declaration and target is not pointer.named:
            found.append(vicinity.location_of(target.path, target.place))
        found += [
            vicinity.location_of(mention.user.path, mention.place)
            for mention in vicinity.links.mentions_of(target)
        ]
    return _in_order(vicinity, found)


def _in_order(vicinity: Vicinity, found: Iterable[types.Location]) -> list[types.Location]:
    """Each location once: those of the open text first, then file by file, line by line."""

    def order(location: types.Location) -> tuple[bool, str, int, int]:
        start = location.range.start
        return location.uri != vicinity.document.uri, location.uri, start.line, start.character

    return sorted({order(location): location for location in found}.values(), key=order)


def _pointer_at(vicinity: Vicinity, position: types.Position) -> Pointer | None:
    """What the token at a position leads to; None where it leads nowhere."""
    for obj in vicinity.objects:
        for use in obj.uses:
            at = _range_at(use.place, vicinity.encoding, position)
            if at is not None:
                named = ObjectFacts(use.group, use.kind, use.namespace, use.name, path=obj.path)
                return Pointer(at, vicinity.links.meant_by(use, obj.path), named)
        at = _range_at(obj.place, vicinity.encoding, position)
        if at is not None and obj.name:
            return Pointer(at, (obj,))
    return _selected_at(vicinity, position)


def _range_at(place: Place, encoding: Encoding, position: types.Position) -> types.Range | None:
    """The range of a place that a cursor is at; None for any other, and for one without a token."""
    if place.line != position.line or not place.token:
        return None
    found = range_of_place(place, encoding)
    is_there = found.start.character <= position.character <= found.end.character
    return found if is_there else None


# Selectors.


def _selected_at(vicinity: Vicinity, position: types.Position) -> Pointer | None:
    """The workloads that a selector means which holds a position."""
    document = vicinity.document
    offset = document.lines.offset_of(position)
    unit = document.unit_at(offset)
    if unit is None:
        return None
    result, start = unit
    for obj, facts in zip(result.objects, result.facts, strict=True):
        for field, selector in _selectors(obj, facts):
            token = _token_of(field, offset - start)
            if token is not None and selector is not None:
                found = vicinity.links.selected_by(selector, facts.namespace, vicinity.place.path)
                return Pointer(document.lines.token_range_of(token.shifted(start)), found)
    return None


def _selectors(obj: KubeObject, facts: ObjectFacts) -> Iterator[tuple[Field, Selector | None]]:
    """The selectors of an object: its own, and those of a policy for pods of its own namespace."""
    path = SELECTORS.get((obj.group, obj.kind))
    if path is None:
        return
    yield obj.get(*path), selection_of(facts)
    if obj.kind == "NetworkPolicy":
        for direction, peers in _PEERS:
            for rule in obj.get("spec", direction).items():
                for peer in rule.get(peers).items():
                    if peer.get("namespaceSelector").lacking:
                        yield peer.get("podSelector"), selector_of(peer.get("podSelector"))


def _token_of(field: Field, offset: int) -> Span | None:
    """The token at an offset that belongs to a field; a collection's braces are its key's."""
    if field.key is None or field.written is None or field.shared:
        return None
    if holds(field.key.span, offset):
        return field.key.span
    token = token_at(field.written, offset)
    if token is not None:
        return token.node.span
    return field.key.span if holds(field.written.span, offset) else None
