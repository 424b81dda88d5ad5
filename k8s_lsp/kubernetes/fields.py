"""A place in an API object, whether something stands there or not.

Views answer present, absent or unknown. They follow aliases once and read merge keys as the YAML
reader of kubectl does, and they know when a place is shared, so that no fix edits it for one user.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from collections.abc import Mapping as Dict
from collections.abc import Sequence as List
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from k8s_lsp import edits
from k8s_lsp.edits import Data, Edits, Placement
from k8s_lsp.kubernetes.places import ITEMS, VALUES, Pattern
from k8s_lsp.syntax import scalars
from k8s_lsp.syntax.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence, is_merge
from k8s_lsp.text import Span

Path: TypeAlias = tuple[str | int, ...]

_new = object.__new__

SORTED = frozenset({"securityContext", "resources"})
"""The fields in which, and below which, new keys stand in the order of the API reference.

That is the order of the letters, capitals first. Source: SecurityContext and ResourceRequirements
in kubernetes.io/docs/reference/kubernetes-api/core/pod-v1, which is generated in that order, as are
`kubectl explain` and `kubectl get --output yaml`.
"""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")


@lru_cache(maxsize=1024)
def path_text(path: Path) -> str:
    """A path as Kubernetes writes it: `spec.containers[0].image`, `annotations["a.b/c"]`."""
    parts: list[str] = []
    for name in path:
        if isinstance(name, int):
            parts.append(f"[{name}]")
        elif _PLAIN_NAME.fullmatch(name):
            parts.append(f".{name}" if parts else name)
        else:
            escaped = name.replace("\\", "\\\\").replace('"', '\\"')
            parts.append(f'["{escaped}"]')
    return "".join(parts)


@dataclass(slots=True, eq=False)
class Field:
    """One place of an object; it is never changed.

    Rules ask for hundreds of places in each object. It is not frozen because that would make each
    of them take three times as long.

    `written` is what the text has there (perhaps an alias), `node` what it means: None where
    nothing stands or a null does, because the API server reads both as absent. `key` is the key's
    token, None for items, for the root and where the key is missing. `shared` says that the place
    was reached through an alias or a merge key, so that a change here changes other places too.
    """

    path: Path
    parent: "Field | None" = None
    key: Node | None = None
    written: Node | None = None
    node: Scalar | Mapping | Sequence | None = None
    shared: bool = False
    _is_told: bool = False
    """Whether the text tells that nothing stands here, so that nobody has to look above."""
    _is_used: bool | None = None
    """`_has_other_users`, once that was asked."""

    # What is there.

    @property
    def present(self) -> bool:
        """Whether the API server would see a value here; a template's value counts."""
        return self.node is not None

    @property
    def unknown(self) -> bool:
        """Whether something may stand here whose value this text does not tell.

        That is so for template expressions and for aliases of nothing, and below them.
        """
        # Nine of ten that are asked: to look above was one of 25 steps of a `check`.
        if self._is_told:
            return False
        field = self
        while field.written is None:
            parent = field.parent
            if parent is None:
                return False
            node = parent.node
            # Few merge: to call the function for all was one of 25 calls of an analysis.
            if type(node) is Mapping and "<<" in node.names and _merges_nothing(node):
                return True
            field = parent
        if type(field.written) is Alias:
            return field.written.target is None
        return isinstance(field.node, Scalar) and field.node.style == "{{"

    @property
    def lacking(self) -> bool:
        """Whether it is certain that not even a key stands here.

        It is not where text could not be read, nor where something else than a mapping holds it.
        """
        if self.key is not None or self.unknown:
            return False
        above = self.parent
        while above is not None and above.key is None and above.node is None:
            above = above.parent
        return above is not None and isinstance(above.node, Mapping) and not above.node.open

    @property
    def open(self) -> bool:
        """Whether something may be missing among the children, because text could not be read."""
        return isinstance(self.node, (Mapping, Sequence)) and self.node.open

    @property
    def span(self) -> Span:
        """The token of the value; for a key without a value, the key."""
        place = self.written if self.written is not None else self.key
        assert place is not None, "an absent field has no span"
        if place.span.start == place.span.end and self.key is not None:
            return self.key.span
        return place.span

    @property
    def text(self) -> str | None:
        """The scalar's text, whatever its type; None for anything else."""
        node = self.node
        return node.value if isinstance(node, Scalar) and node.style != "{{" else None

    @property
    def string(self) -> str | None:
        """The text of a value that the API server reads as a string."""
        node = self.node
        return node.value if isinstance(node, Scalar) and scalars.is_string(node) else None

    @property
    def boolean(self) -> bool | None:
        """The value, where the API server reads a boolean."""
        return scalars.boolean(self.node) if isinstance(self.node, Scalar) else None

    @property
    def integer(self) -> int | None:
        """The value, where the API server reads a whole number."""
        return scalars.integer(self.node) if isinstance(self.node, Scalar) else None

    def parts(self, text: str, places: Iterable[tuple[int, int]]) -> Iterator[Span]:
        """Where parts of the value stand in the `text` of its unit.

        The lines of a block scalar read as they are written, but for their indentation: of a part
        the first line is told. Of any other scalar, and where that is not so, the whole token is.
        """
        node = self.node
        lines = (
            _lines_of_block(text, node)
            if isinstance(node, Scalar) and node.style == "|" and self.written is node
            else []
        )
        starts = [line.start for line in lines]
        for start, end in places:
            index = bisect_right(starts, start) - 1
            if index < 0:
                yield self.span
                continue
            line = lines[index]
            end = min(end, line.start + len(line.value))
            place = line.place + start - line.start
            yield Span(place, place + end - start)

    # What is below.

    def get(self, *names: str | int) -> "Field":
        """The field below this one; it may be absent."""
        field = self
        for name in names:
            field = field._child(name)
        return field

    def items(self) -> "Iterator[Field]":
        """The fields of a sequence, in order; none where this is no sequence."""
        if isinstance(self.node, Sequence):
            for index, item in enumerate(self.node.items):
                yield self._to(index, None, item)

    def entries(self, among: "Collection[str] | None" = None) -> "Iterator[Field]":
        """The fields of a mapping, each name once, merged ones last; none if it is no mapping.

        `among` leaves out those with other names.
        """
        if not isinstance(self.node, Mapping):
            return
        names = self.node.names
        if "<<" not in names:
            if among is not None and names.keys().isdisjoint(among):
                return
            for name, (key, value) in names.items():
                if among is None or name in among:
                    yield self._to(name, key, value)
            return
        seen: set[str] = set()
        merged: list[Field] = []
        for (key, value), is_merged in _all_entries(self.node):
            if isinstance(key, Scalar) and key.value not in seen:
                name = key.value
                seen.add(name)
                if among is not None and name not in among:
                    continue
                if is_merged:
                    merged.append(self._to(name, key, value, True))
                else:
                    yield self._to(name, key, value)
        yield from merged

    def _child(self, name: str | int) -> "Field":
        node = self.node
        is_told = False
        # Asked for by name and for each of them: what most rules ask for is not there.
        if node is None:
            is_told = self._is_told
        elif type(node) is Mapping:
            names = node.names
            if "<<" in names:
                for (key, value), is_merged in _all_entries(node):
                    if isinstance(key, Scalar) and key.value == name:
                        return self._to(name, key, value, is_merged)
            else:
                entry = names.get(name)  # type: ignore[arg-type]
                if entry is not None:
                    return self._to(name, entry[0], entry[1])
                is_told = self.written is not None
        elif type(node) is Sequence and isinstance(name, int) and 0 <= name < len(node.items):
            return self._to(name, None, node.items[name])
        # Without a call of `__init__`, which would be a third of what a field costs. To unpack the
        # path would make a list of it first.
        field = _new(Field)
        field.path = self.path + (name,)  # noqa: RUF005
        field.parent = self
        field.key = field.written = field.node = field._is_used = None
        field.shared = self.shared or type(self.written) is Alias
        field._is_told = is_told
        return field

    def _to(
        self, name: str | int, key: Node | None, written: Node, is_merged: bool = False
    ) -> "Field":
        node = written.target if type(written) is Alias else written
        # No null is longer, and most values are. To pass by is not to look at the value.
        if isinstance(node, Scalar) and len(node.peek()) <= 4 and scalars.is_null(node):
            node = None
        field = _new(Field)
        field.path = self.path + (name,)  # noqa: RUF005
        field.parent = self
        field.key = key
        field.written = written
        field.node = node
        field.shared = is_merged or self.shared or type(self.written) is Alias
        field._is_told = False
        field._is_used = None
        return field

    # What would be written.

    def set(
        self,
        text: str,
        data: Data,
        after: tuple[str, ...] = (),
        before: tuple[str, ...] = (),
    ) -> Edits | None:
        """The edits that give this field the value `data`, creating what is missing above it.

        `after` and `before` name the keys between which the topmost new key goes. None where that
        cannot be done for this place alone.
        """
        if self.written is not None and self.present and isinstance(data, (str, bool, int)):
            if self._has_other_users or not isinstance(self.written, (Scalar, Alias)):
                return None
            return edits.set_value(text, self.written, data)
        field = self
        while field.parent is not None and field.parent._is_blank:
            if not isinstance(field.path[-1], str):
                return None
            data = {field.path[-1]: data}
            field = field.parent
        owner = field.parent
        # What stands for a part that is elsewhere is a mapping too, but one that is not written.
        if owner is None or not isinstance(owner.written, Mapping) or owner._has_other_users:
            return None
        name = field.path[-1]
        if not isinstance(name, str) or (field.shared and field.key is not None):
            return None

        def find_place() -> Placement:
            return Placement(after, before, owner._is_sorted, owner._quote(data))

        return edits.set_keys(text, owner.written, {name: data}, find_place)

    def set_all(self, text: str, data: Dict[str, Data]) -> Edits | None:
        """The edits that give several keys of this mapping their values, all at once."""
        if self._has_other_users or not isinstance(self.written, Mapping):
            return None
        assert isinstance(self.node, Mapping)
        if any(self.get(name).shared and self.get(name).key is not None for name in data):
            return None

        def find_place() -> Placement:
            return Placement(sorted=self._is_sorted, quote=self._quote(data))

        return edits.set_keys(text, self.node, data, find_place)

    @property
    def _is_sorted(self) -> bool:
        """Whether new keys go where the API reference has them, whichever is written first."""
        return not SORTED.isdisjoint(self.path)

    def _quote(self, data: Data) -> str:
        """The quotes of the strings that stand here, else of those nearest around.

        It is not asked for where no string is written.
        """
        field: Field | None = self
        while isinstance(data, Dict) and len(data) == 1:
            (data,) = data.values()
        if isinstance(data, (bool, int)):
            return ""
        while field is not None:
            if isinstance(field.node, (Mapping, Sequence)):
                quote = edits.quote_of(field.node)
                if quote is not None:
                    return quote
            field = field.parent
        return ""

    @property
    def _has_other_users(self) -> bool:
        """Whether what stands here also counts elsewhere.

        That is so where it was reached through an alias or a merge key, or lies below an anchor,
        which others may name.
        """
        is_used = self._is_used
        if is_used is None:
            written = self.written
            is_used = self._is_used = (
                self.shared
                or (
                    written is not None
                    and type(written) is not Alias
                    and written.anchor is not None
                )
                or (self.parent is not None and self.parent._has_other_users)
            )
        return is_used

    @property
    def _is_blank(self) -> bool:
        """Whether a new child starts a block of its own here: nothing stands here, or `{}`."""
        if not self.present:
            return True
        parent = self.parent.node if self.parent is not None else None
        return (
            isinstance(self.written, Mapping)
            and self.written.flow
            and not self.written.entries
            and isinstance(parent, Mapping)
            and not parent.flow
        )

    def rename(self, text: str, name: str) -> Edits | None:
        """The edits that give this field another key.

        None where the key counts elsewhere too, or where the other one is there already.
        """
        if self.key is None or self.parent is None or self._has_other_users:
            return None
        if self.parent.get(name).key is not None:
            return None
        return edits.set_value(text, self.key, name)

    def append(self, text: str, data: Data) -> Edits | None:
        """The edits that add an item to this sequence, which may be absent or empty."""
        return self.extend(text, [data])

    def extend(self, text: str, data: List[Data]) -> Edits | None:
        """The edits that add items to this sequence, which may be absent or empty."""
        if not self.present:
            return self.set(text, data)
        if not isinstance(self.written, Sequence) or self._has_other_users:
            return None
        assert isinstance(self.node, Sequence)
        if not self.node.items and not self.node.flow:
            return None
        return edits.append_items(text, self.node, data)

    def remove(self, text: str, stop: Path) -> Edits | None:
        """The edits that take this field away, with the parents that it would leave empty.

        Nothing at or above the path `stop` is removed, and no parent in which a comment would be
        left. None where a merge key would bring another value into the field's place.
        """
        parent = self.parent
        if parent is None:
            return None
        alone = self._removal(text, parent)
        if (
            isinstance(parent.node, (Mapping, Sequence))
            and _is_only_child(parent.node)
            and len(parent.path) > len(stop)
            and (
                isinstance(parent.written, Alias)
                or not edits.would_keep_comment(text, parent.key, parent.node, alone)
            )
        ):
            whole = parent.remove(text, stop)
            if whole is not None:
                return whole
        return alone

    def carry(self, text: str, writing: Edits | None, name: str) -> Edits | None:
        """The edits that write `name` elsewhere, with the comments of this field, which goes.

        None where there is no room for them.
        """
        parent = self.parent
        if parent is None or not isinstance(parent.node, Mapping) or self.shared:
            return None
        return edits.carry_comments(text, parent.node, str(self.path[-1]), writing, name)

    def _removal(self, text: str, parent: "Field") -> Edits | None:
        """The edits that take this field alone away."""
        if self._has_other_users or isinstance(parent.written, Alias):
            return None
        name = self.path[-1]
        if isinstance(parent.node, Mapping) and isinstance(name, str):
            keys = [entry.key for entry, _ in _all_entries(parent.node)]
            if sum(isinstance(key, Scalar) and key.value == name for key in keys) > 1:
                return None
            return edits.remove_key(text, parent.node, name)
        if isinstance(parent.node, Sequence) and isinstance(name, int):
            return edits.remove_item(text, parent.node, name)
        return None


class _Line(NamedTuple):
    """A line of a block scalar: where it begins in the value and in the text, and what it says."""

    start: int
    place: int
    value: str


def _lines_of_block(text: str, node: Scalar) -> list[_Line]:
    """The lines of a literal block scalar; none where they are not written as they read."""
    written = text[node.span.start : node.span.end].split("\n")[1:]
    place = node.span.end - sum(map(len, written)) - len(written) + 1
    lines: list[_Line] = []
    start = 0
    for content, value in zip(written, node.value.split("\n"), strict=False):
        shown = content.removesuffix("\r")
        if not shown.endswith(value):
            return []
        lines.append(_Line(start, place + len(shown) - len(value), value))
        start += len(value) + 1
        place += len(content) + 1
    return lines


def root_field(node: Node, path: Path = ()) -> Field:
    """The field of a document's root, or of an item whose path is known."""
    target = node.target if isinstance(node, Alias) else node
    return Field(path, None, None, node, target, isinstance(node, Alias))


def fields_at(root: Field, pattern: Pattern) -> Iterator[Field]:
    """The present fields below `root` at a place that `pattern` means, in the order of the text."""
    if not pattern:
        if root.present:
            yield root
        return
    name, rest = pattern[0], pattern[1:]
    if name == ITEMS:
        below = root.items()
    elif name == VALUES:
        below = root.entries()
    else:
        below = iter((root._child(name),))
    for field in below:
        if field.present:
            yield from fields_at(field, rest)


class Cache(dict[object, Any]):
    """What several rules ask about a `root`, found out once.

    The fields below it are found by their names: each is made when the first rule asks for it, and
    no function is called for those that ask again, which are two of three. A field cannot keep
    those below itself, because they know it: trees hold no cycles. Whatever else is kept here,
    callers put under keys of their own.
    """

    __slots__ = ("_root",)

    def __init__(self, root: Field) -> None:
        self._root = root

    def __missing__(self, names: Path) -> Field:
        above = self[names[:-1]] if len(names) > 1 else self._root
        field: Field = above._child(names[-1])
        self[names] = field
        return field


def _merges_nothing(node: Mapping) -> bool:
    """Whether a mapping takes keys from an alias that names nothing."""
    return any(
        isinstance(entry.value, Alias) and entry.value.target is None and is_merge(entry.key)
        for entry in node.entries
    )


def _is_only_child(collection: Mapping | Sequence) -> bool:
    """Whether a collection has one child, and no merge key that brings others."""
    if isinstance(collection, Sequence):
        return len(collection.items) == 1
    return len(collection.entries) == 1 and "<<" not in collection.names


def _all_entries(mapping: Mapping) -> Iterator[tuple[Entry, bool]]:
    """The entries of a mapping and of those that it merges; of a name the first one counts.

    go-yaml applies keys and merges in the order of the text, so that what comes later wins; only
    in a list of mappings that are merged at once, the first one does. Each mapping is visited once,
    so that merges of merges stay linear.

    Source: the functions `mapping` and `merge` in goyaml.v2/decode.go of sigs.k8s.io/yaml.
    """
    seen: set[int] = set()

    def entries_of(node: Mapping) -> Iterator[Entry]:
        # What was visited before has had its say, and before any other that comes now.
        if id(node) not in seen:
            seen.add(id(node))
            yield from reversed(node.entries)

    waiting = [(entries_of(mapping), False)]
    while waiting:
        entries, is_merged = waiting[-1]
        for entry in entries:
            if not is_merge(entry.key):
                yield entry, is_merged
                continue
            value = entry.value.target if isinstance(entry.value, Alias) else entry.value
            merges = value.items if isinstance(value, Sequence) else (value,)
            for candidate in reversed(merges):
                target = candidate.target if isinstance(candidate, Alias) else candidate
                if isinstance(target, Mapping):
                    waiting.append((entries_of(target), True))
            break
        else:
            waiting.pop()
