"""The index: what the objects of many files tell, and updates of it.

An index is a value. An update gives another one, which shares with it whatever did not change: so
many as there are kinds of objects in the files that changed are copied.

Two objects belong together within the nearest root that their files have in common. A root is the
folder of a kustomization, and the folder around all that kustomizations list of one another, or of
a chart, or of a configuration file, or the top: a git repository, or else the folder that is open
or was named. What lies below different tops does not belong together, whatever its names.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Final, NamedTuple, TypeAlias

from k8s_lsp.kubernetes.facts import ObjectFacts, Place
from k8s_lsp.kubernetes.queries import (
    NO_SURROUNDINGS,
    SHARED_KINDS,
    KeysOf,
    Kind,
    Surroundings,
    Table,
    kinds_of,
)
from k8s_lsp.workspace.kustomizations import kustomization_roots


class FilePlace(NamedTuple):
    """Where a file stands; all paths are absolute, with `/` between their parts.

    `top` is the outermost folder whose files may belong together with it, and `roots` are those
    folders between the two that are charts, or have a configuration file.
    """

    path: str
    top: str
    roots: tuple[str, ...] = ()


def alone(address: str) -> FilePlace:
    """The place of a text with which nothing belongs together, by whatever it is known by."""
    return FilePlace(address, address)


class FileFacts(NamedTuple):
    """What a file tells: its objects, and, for a kustomization, which paths it lists.

    It takes its objects from what it `kustomizes`, changes them by its `patches`, and puts them
    into its `namespace`, where it has one.
    """

    objects: tuple[ObjectFacts, ...] = ()
    kustomizes: tuple[str, ...] | None = None
    patches: tuple[str, ...] = ()
    namespace: str = ""


@dataclass(frozen=True, eq=False)
class _Roots:
    """The roots of one scope, by what makes them so; kept while no file makes another one."""

    by_file: Mapping[str, tuple[str, ...]]
    kustomizations: Mapping[str, tuple[str, ...]]

    @cached_property
    def folders(self) -> frozenset[str]:
        """All folders that are roots, but for the top."""
        given = chain.from_iterable(set(self.by_file.values()))
        return frozenset(given) | kustomization_roots(self.kustomizations)

    def above(self, path: str, top: str) -> tuple[str, ...]:
        """The roots below a top that hold a path, each with a `/` behind it, the nearest first."""
        found = []
        folder = _folder_of(path)
        while len(folder) > len(top):
            if folder in self.folders:
                found.append(folder + "/")
            folder = _folder_of(folder)
        return tuple(found)

    def neighbourhood_of(self, path: str, top: str) -> str:
        """What the files that are `close` to one another, and they alone, have in common.

        It is the outermost root below the top, or else the folder.
        """
        folder = _folder_of(path)
        near = self._neighbourhoods.get(folder)
        if near is None:
            near = self._neighbourhoods[folder] = (self.above(path, top) or (folder,))[-1]
        return near

    @cached_property
    def _neighbourhoods(self) -> dict[str, str]:
        return {}


_NO_ROOTS = _Roots({}, {})


@dataclass(frozen=True, eq=False)
class _KindTable:
    """The objects of one kind, by their files."""

    by_file: Mapping[str, tuple[ObjectFacts, ...]]

    @cached_property
    def table(self) -> Table:
        """The same, to be looked up; files are in the order of their paths, whenever they came."""
        return Table(
            tuple(chain.from_iterable(self.by_file[path] for path in sorted(self.by_file)))
        )

    @cached_property
    def _close(self) -> "dict[KeysOf, tuple[_Roots, _Close]]":
        return {}

    def close(self, keys_of: KeysOf, roots: _Roots, top: str) -> "_Close":
        """The objects by their neighbourhood and their keys, in the same order.

        Many have no namespace: to pass them all for each text took 2 of 32 million calls.
        """
        known = self._close.get(keys_of)
        if known is None or known[0] is not roots:
            found: _Close = {}
            for path in sorted(self.by_file):
                near = roots.neighbourhood_of(path, top)
                for obj in self.by_file[path]:
                    for key in keys_of(obj):
                        found.setdefault((near, key), []).append(obj)
            known = self._close[keys_of] = (roots, found)
        return known[1]


_Close: TypeAlias = dict[tuple[str, Hashable], list[ObjectFacts]]


@dataclass(frozen=True, eq=False)
class _Scope:
    """What lies below one top."""

    files: Mapping[str, FileFacts] = field(default_factory=dict)
    kinds: Mapping[Kind, _KindTable] = field(default_factory=dict)
    roots: _Roots = _NO_ROOTS

    def updated(self, changes: Mapping[FilePlace, FileFacts | None]) -> "_Scope":
        files = dict(self.files)
        kinds: dict[Kind, dict[str, tuple[ObjectFacts, ...]]] = {}
        for place, facts in changes.items():
            before = files.pop(place.path, None)
            if facts is not None:
                files[place.path] = facts
            old, new = _by_kind(before), _by_kind(facts)
            for kind in old.keys() | new.keys():
                if old.get(kind) == new.get(kind) and not _moved(old[kind], new[kind]):
                    continue
                table = kinds.get(kind)
                if table is None:
                    known = self.kinds.get(kind)
                    table = kinds[kind] = {} if known is None else dict(known.by_file)
                if kind in new:
                    table[place.path] = new[kind]
                else:
                    del table[place.path]
        tables = {**self.kinds, **{kind: _KindTable(table) for kind, table in kinds.items()}}
        return replace(self, files=files, kinds=tables, roots=self._roots_with(changes))

    @property
    def kinds_of_objects(self) -> Iterable[Kind]:
        """The kinds that the objects are of."""
        return (kind for kind in self.kinds if kind not in SHARED_KINDS)

    @cached_property
    def patches(self) -> frozenset[str]:
        """The files that kustomizations take for patches, and none for a resource."""
        known = [self.files[path] for path in self.roots.kustomizations]
        resources = chain.from_iterable(facts.kustomizes or () for facts in known)
        patches = chain.from_iterable(facts.patches for facts in known)
        return frozenset(patches) - frozenset(resources)

    def has_below(self, folder: str) -> bool:
        """Whether a file is in a folder, whose path has a `/` at its end, or below it."""
        return any(path.startswith(folder) for path in self.files)

    def _roots_with(self, changes: Mapping[FilePlace, FileFacts | None]) -> _Roots:
        """The roots after a change; the same value where they are the same."""
        by_file, kustomizations = self.roots.by_file, self.roots.kustomizations
        for place, facts in changes.items():
            roots = None if facts is None else place.roots
            listed = None
            if facts is not None and facts.kustomizes is not None:
                listed = (*facts.kustomizes, *facts.patches)
            by_file = _with(by_file, place.path, roots or None, by_file is self.roots.by_file)
            kustomizations = _with(
                kustomizations, place.path, listed, kustomizations is self.roots.kustomizations
            )
        if by_file is self.roots.by_file and kustomizations is self.roots.kustomizations:
            return self.roots
        return _Roots(by_file, kustomizations)


def _with(
    known: Mapping[str, tuple[str, ...]], key: str, value: tuple[str, ...] | None, is_shared: bool
) -> Mapping[str, tuple[str, ...]]:
    """The mapping with another value, None for no entry; itself where it has that already."""
    if known.get(key) == value:
        return known
    changed = dict(known) if is_shared else known
    assert isinstance(changed, dict)
    if value is None:
        del changed[key]
    else:
        changed[key] = value
    return changed


def _by_kind(facts: FileFacts | None) -> dict[Kind, tuple[ObjectFacts, ...]]:
    lists: dict[Kind, list[ObjectFacts]] = {}
    for obj in facts.objects if facts is not None else ():
        for kind in kinds_of(obj):
            lists.setdefault(kind, []).append(obj)
    return {kind: tuple(found) for kind, found in lists.items()}


def _moved(old: tuple[ObjectFacts, ...], new: tuple[ObjectFacts, ...]) -> bool:
    """Whether equal objects stand at other places."""
    return any(_places_of(one) != _places_of(other) for one, other in zip(old, new, strict=True))


def _places_of(obj: ObjectFacts) -> list[Place]:
    """All places in an object that somebody may be led to."""
    return [obj.place, *(use.place for use in obj.uses), *(place for _, place in obj.marks)]


@dataclass(frozen=True, eq=False)
class Index:
    """What the objects of many files tell, by the tops of the files."""

    scopes: Mapping[str, _Scope] = field(default_factory=dict)

    def updated(self, changes: Mapping[FilePlace, FileFacts | None]) -> "Index":
        """The index with what some files tell now; None for a file that tells nothing any more."""
        by_top: dict[str, dict[FilePlace, FileFacts | None]] = {}
        for place, facts in changes.items():
            if self.facts_of(place) is not facts:
                by_top.setdefault(place.top, {})[place] = facts
        if not by_top:
            return self
        scopes = dict(self.scopes)
        for top, of_scope in by_top.items():
            scope = scopes.get(top, _Scope()).updated(of_scope)
            if scope.files:
                scopes[top] = scope
            else:
                scopes.pop(top, None)
        return Index(scopes)

    def facts_of(self, place: FilePlace) -> FileFacts | None:
        """What a file tells; None for one that is not in the index."""
        scope = self.scopes.get(place.top)
        return None if scope is None else scope.files.get(place.path)

    def surroundings(self, place: FilePlace) -> Surroundings:
        """The objects of the other files that belong together with those of a file."""
        scope = self.scopes.get(place.top)
        return NO_SURROUNDINGS if scope is None else _InScope(scope, place)

    def objects(self) -> Iterator[ObjectFacts]:
        """All objects, each with the path of its file."""
        for scope in self.scopes.values():
            for facts in scope.files.values():
                yield from facts.objects

    def kinds(self, top: str) -> tuple[Kind, ...]:
        """The kinds of the objects below a top."""
        scope = self.scopes.get(top)
        return () if scope is None else tuple(scope.kinds_of_objects)

    @property
    def file_count(self) -> int:
        """How many files are in the index."""
        return sum(len(scope.files) for scope in self.scopes.values())


NO_INDEX = Index()


class _InScope:
    """The surroundings of one file."""

    def __init__(self, scope: _Scope, place: FilePlace) -> None:
        self._scope = scope
        self._place = place

    def find(
        self, kind: Kind, keys_of: KeysOf, key: Hashable, *, close: bool = False
    ) -> tuple[ObjectFacts, ...]:
        """The objects of a kind that are kept under a key, all or those alone that are `close`."""
        known = self._scope.kinds.get(kind)
        if known is None:
            return ()
        found: Sequence[ObjectFacts]
        if close:
            table = known.close(keys_of, self._scope.roots, self._place.top)
            found = table.get((self._neighbourhood, key), ())
        else:
            found = known.table.find(keys_of, key)
        own = self._place.path
        return tuple([obj for obj in found if obj.path != own]) if found else ()

    def nearest(self, objects: Iterable[ObjectFacts]) -> tuple[ObjectFacts, ...]:
        """Those of some objects whose files have the nearest root in common with the text."""
        objects = tuple(objects)
        if len(objects) < 2:
            return objects
        for root in self._roots:
            inside = tuple(obj for obj in objects if obj.path.startswith(root))
            if inside:
                return inside
        return objects

    def close(self, objects: Iterable[ObjectFacts]) -> Iterator[ObjectFacts]:
        """Those in files of the same folder, or with a nearer root in common than the outermost."""
        near = self._neighbourhood
        for obj in objects:
            # A root has a `/` at its end, and a folder none.
            if obj.path.startswith(near) and (near[-1:] == "/" or _folder_of(obj.path) == near):
                yield obj

    def hold_any(self) -> bool:
        """Whether there is an object at all."""
        return any(
            facts.objects and path != self._place.path for path, facts in self._scope.files.items()
        )

    def why_patch(self) -> str | None:
        """Why the file may hold a part only of what is applied, as a clause."""
        if self._place.path in self._scope.patches:
            return "a kustomization lists its file as a patch"
        return _OF_TEMPLATES if self._is_read_by_templates else None

    @property
    def _is_read_by_templates(self) -> bool:
        """Whether the file is one that a chart does not apply, but gives to its templates."""
        path = self._place.path
        return _FILES in path and any(
            path.startswith(f"{root}{_FILES[1:]}") and self._scope.has_below(f"{root}templates/")
            for root in self._roots
        )

    def of_file(self, path: str) -> tuple[ObjectFacts, ...]:
        """The objects of the file of that path."""
        facts = self._scope.files.get(path)
        return () if facts is None else facts.objects

    def kinds(self) -> Iterable[Kind]:
        """The kinds of which there may be objects, each once."""
        return self._scope.kinds_of_objects

    @cached_property
    def _neighbourhood(self) -> str:
        return self._scope.roots.neighbourhood_of(self._place.path, self._place.top)

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        return self._scope.roots.above(self._place.path, self._place.top)


_FILES: Final = "/files/"
"""Where a chart has what its templates read (helm.sh, "Accessing Files Inside Templates")."""

_OF_TEMPLATES: Final = "the templates of its chart read it, and may change it"


def _folder_of(path: str) -> str:
    """The folder that a path lies in."""
    return path.rpartition("/")[0]
