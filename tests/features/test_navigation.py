"""Definitions and references, by folders of manifests in which the tokens are marked.

    serviceAccountName: robot
    #                   ^^^^^ is use; leads to account; used by use, subject

The carets stand under a token of the last line above that is no marker. `is` gives it a name, by
which any file of the folder speaks of it: `leads to` names all its definitions, and `used by` all
references, without the definition itself. A definition leads to the carets exactly.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from lsprotocol import types

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.navigation import Vicinity, definition, references, vicinity
from k8s_lsp.text import Encoding, code_units
from k8s_lsp.workspace.index import NO_INDEX
from tests.workspace.folders import TOP, index_of, place

FOLDERS = Path(__file__).with_name("navigation")
MARKER = re.compile(r"^ *# *(?P<range>\^+|<-*) (?P<told>.*)$")


class Marked(NamedTuple):
    """A marked token: its file, its line and its columns, and what is told of it."""

    path: str
    line: int
    start: int
    end: int
    told: dict[str, set[str]]


class Folder(NamedTuple):
    """The texts of a folder by their paths in it, and what is marked in them."""

    texts: dict[str, str]
    marked: list[Marked]

    def named(self, name: str) -> Marked:
        (found,) = (marked for marked in self.marked if name in marked.told.get("is", ()))
        return found


def read_folder(folder: Path) -> Folder:
    texts, marked = {}, []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name, lines = path.relative_to(folder).as_posix(), list[str]()
        for line in path.read_text(encoding="utf-8").splitlines():
            found = MARKER.match(line)
            if found is None:
                lines.append(line)
                continue
            start = found.start("range")
            if found["range"].startswith("<"):
                start = line.index("#")
            length = len(found["range"]) + found.start("range") - start
            told = dict(_told(part) for part in found["told"].split("; "))
            marked.append(Marked(name, len(lines) - 1, start, start + length, told))
        texts[name] = "\n".join(lines) + "\n"
    return Folder(texts, marked)


def _told(part: str) -> tuple[str, set[str]]:
    found = re.fullmatch(r"(is|leads to|used by) ([a-z, -]+)", part)
    assert found, part
    return found[1], set(found[2].split(", ")) - {"nothing"}


def seen_from(
    folder: Folder, path: str, encoding: Encoding = "utf-16", *, saved: str | None = None
) -> Vicinity:
    """A file as an editor has it open; `saved` is its text on the disk, where that is another."""
    texts = folder.texts if saved is None else {**folder.texts, path: saved}
    text = folder.texts[path]
    document = Document(f"file://{TOP}/{path}", 1, lines_of(text, encoding), analyze(text))
    return vicinity(document, index_of(texts), place(path), "file://{}".format)


def position(vicinity: Vicinity, line: int, column: int) -> types.Position:
    lines = vicinity.document.lines
    return lines.position_of(lines.starts[line] + column)


def location(folder: Folder, marked: Marked, encoding: Encoding) -> types.Location:
    line = re.split("\r?\n", folder.texts[marked.path])[marked.line]
    start, end = (code_units(line[:column], encoding) for column in (marked.start, marked.end))
    range_ = types.Range(types.Position(marked.line, start), types.Position(marked.line, end))
    return types.Location(f"file://{TOP}/{marked.path}", range_)


def shown(locations: object) -> list[str]:
    assert isinstance(locations, list)
    return sorted(f"{each.uri} {each.range}" for each in locations)


CASES = [
    pytest.param(folder, marked, id=f"{path.name}-{marked.path}-{marked.line}-{marked.start}")
    for path in sorted(FOLDERS.iterdir())
    for folder in [read_folder(path)]
    for marked in folder.marked
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize(("folder", "marked"), CASES)
def test_marked_tokens(folder: Folder, marked: Marked, encoding: Encoding) -> None:
    near = seen_from(folder, marked.path, encoding)
    for column in {marked.start, marked.end - 1, marked.end}:
        at = position(near, marked.line, column)
        for what, found in (
            ("leads to", definition(near, Client(), at)),
            ("used by", references(near, at, with_declaration=False)),
        ):
            if what in marked.told:
                expected = [folder.named(name) for name in marked.told[what]]
                assert shown(found) == shown(
                    [location(folder, each, encoding) for each in expected]
                ), (what, column)


@pytest.mark.parametrize(("folder", "marked"), CASES)
def test_what_is_not_saved_counts(folder: Folder, marked: Marked) -> None:
    texts = {**folder.texts, marked.path: folder.texts[marked.path].replace("\n", "\r\n")}
    folder = folder._replace(texts=texts)
    near = seen_from(folder, marked.path, saved="apiVersion: v1\nkind: Pod\n")
    at = position(near, marked.line, marked.start)
    if "leads to" in marked.told:
        expected = [folder.named(name) for name in marked.told["leads to"]]
        assert shown(definition(near, Client(), at)) == shown(
            [location(folder, each, "utf-16") for each in expected]
        )


def chain(name: str, *, encoding: Encoding = "utf-16") -> tuple[Vicinity, Marked, types.Position]:
    folder = read_folder(FOLDERS / "chain")
    marked = folder.named(name)
    near = seen_from(folder, marked.path, encoding)
    return near, marked, position(near, marked.line, marked.start + 1)


def test_a_definition_tells_which_token_leads_there_where_the_client_can_show_it() -> None:
    near, marked, at = chain("pod-account")
    (link,) = definition(near, Client(definition_links=True), at)
    assert isinstance(link, types.LocationLink)
    assert link.target_uri == f"file://{TOP}/account.yaml"
    assert str(link.target_range) == str(link.target_selection_range) == "3:8-3:13"
    assert str(link.origin_selection_range) == f"{marked.line}:{marked.start}-{marked.line}:31"


@pytest.mark.parametrize("name", ["pod-account", "account"])
def test_references_hold_the_object_itself_where_that_is_wanted(name: str) -> None:
    near, _, at = chain(name)
    without = references(near, at, with_declaration=False)
    both = references(near, at, with_declaration=True)
    (declaration,) = (each for each in both if each not in without)
    assert declaration.uri == f"file://{TOP}/account.yaml"
    assert len(both) == len(without) + 1


def test_references_to_what_is_nowhere_have_no_declaration() -> None:
    near, marked, at = chain("other-account")
    (found,) = references(near, at, with_declaration=True)
    assert (found.uri, found.range.start.line) == (near.document.uri, marked.line)


def test_references_begin_with_the_open_text_and_follow_the_files_in_order() -> None:
    near, _, at = chain("pod-account")
    found = [
        (each.uri, each.range.start.line) for each in references(near, at, with_declaration=True)
    ]
    assert found[0][0] == near.document.uri
    assert found[1:] == sorted(found[1:])


def test_the_client_spells_the_address_of_its_own_text() -> None:
    near, _, at = chain("other-account")
    document = near.document._replace(uri="file:///folder/./workloads.yaml")
    near = vicinity(document, NO_INDEX, near.place, "file://{}".format)
    (found,) = references(near, at, with_declaration=False)
    assert found.uri == document.uri


def test_a_text_that_lies_nowhere_leads_to_itself() -> None:
    text = (
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}\n---\n"
        "{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {serviceAccountName: a}}\n"
    )
    document = Document("untitled:Untitled-1", 1, lines_of(text, "utf-16"), analyze(text))
    others = index_of({"a.yaml": text})
    near = vicinity(document, others, None, "file://{}".format)
    (found,) = definition(near, Client(), types.Position(2, text.splitlines()[2].index("a}}")))
    assert isinstance(found, types.Location)
    assert (found.uri, str(found.range)) == ("untitled:Untitled-1", "0:56-0:57")


@pytest.mark.parametrize(
    "text",
    ["", "a: b\n", "apiVersion: v1\nkind: Pod\nmetadata:\n", "apiVersion: [\n", "{{ a }}\n"],
)
def test_other_texts_lead_nowhere(text: str) -> None:
    document = Document("file:///folder/a.yaml", 1, lines_of(text, "utf-16"), analyze(text))
    near = vicinity(document, NO_INDEX, place("a.yaml"), "file://{}".format)
    for line in range(4):
        for column in range(16):
            at = types.Position(line, column)
            assert definition(near, Client(), at) == []
            assert references(near, at, with_declaration=True) == []
