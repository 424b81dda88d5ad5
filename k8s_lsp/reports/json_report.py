"""Findings as one JSON object, whose shape is public and has a version."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from k8s_lsp.reports.entries import Entry, FileReport, Note, ObjectName, State
from k8s_lsp.reports.fingerprints import Identity, fingerprints
from k8s_lsp.rules.base import Control

VERSION = 1
"""Goes up when a reader of the former shape would no longer understand the output."""


class Numbered(NamedTuple):
    """A finding: all but its fingerprint, which is known only among all others."""

    identity: Identity
    members: str
    state: State | None


def findings_json(
    findings: Iterable[Sequence[Numbered]], errors: Iterable[tuple[str, str]], files: int
) -> Iterator[str]:
    """What `check` found in `files` files, as the pieces of one object.

    `findings` is what `file_json` gave for the files; an error is a path and a message.
    """
    numbered = [finding for of_file in findings for finding in of_file]
    marks = fingerprints(finding.identity for finding in numbered)
    yield f'{{"version": {VERSION},\n "files": {files},\n'
    yield f' "errors": [{",".join(map(error_json, errors))}],\n'
    yield ' "findings": ['
    comma = ""
    for (_, members, state), mark in zip(numbered, marks, strict=True):
        yield f'{comma}{members}, "fingerprint": "{mark}"{_state(state)}}}'
        comma = ","
    yield "]}\n"


def file_json(report: FileReport, text: str) -> list[Numbered]:
    """The findings of one file, each on a line, so that grep finds them.

    Everything outside of ASCII is escaped, so that no terminal or pipe can spoil it.
    """
    path = _encode(report.path)
    return [_numbered(path, entry) for entry in report.entries]


def error_json(error: tuple[str, str]) -> str:
    """A path, and why the file could not be analysed whole."""
    path, message = error
    return f"\n  {_encode({'path': path, 'message': message})}"


def finding_json(path: str, entry: Entry, reason: str | None = None) -> str:
    """A finding in the file of that name, which is JSON already; with a `reason`, if there is one.

    It has no fingerprint: it stands in a list of some that are left.
    """
    more = "" if reason is None else f', "reason": {_encode(reason)}'
    return f"{_members(path, entry)}{_state(entry.state)}{more}}}"


def _numbered(path: str, entry: Entry) -> Numbered:
    assert entry.identity is not None
    return Numbered(entry.identity, _members(path, entry), entry.state)


def _members(path: str, entry: Entry) -> str:
    """The beginning of the object that a finding is, whatever it is to end with.

    There may be thousands, and what they consist of repeats, so only new words are encoded.
    """
    return (
        f'\n  {{"path": {path}, "rule": "{entry.rule}", "severity": "{entry.severity}", '
        f'"message": {_encode(entry.message)}, '
        f'"start": {{"line": {entry.line}, "column": {entry.column}}}, '
        f'"end": {{"line": {entry.line}, "column": {entry.end_column}}}, '
        f'"object": {object_json(entry.object)}, "field": {_encode_word(entry.field)}, '
        f'"pod_security": {_control(entry.control)}, {_fix(entry)}'
        f"{_related(entry.notes)}{_owner(entry)}"
    )


def _fix(entry: Entry) -> str:
    """How safe the preferred fix is, whether `k8s-lsp harden` takes it, and if not, why."""
    safety = _encode_word(None if entry.fix is None else entry.fix.safety)
    because = entry.left_because
    in_bulk = "true" if entry.is_fixed_in_bulk else "false"
    more = "" if because is None else f', "left_because": {_encode_word(because)}'
    return f'"fix": {safety}, "fixed_in_bulk": {in_bulk}{more}'


def _related(notes: Sequence[Note]) -> str:
    """The places in other files that a finding rests on, if there are any."""
    places = [
        {"path": note.path, "line": note.line, "message": note.message}
        for note in notes
        if note.path
    ]
    return f', "related": {_encode(places)}' if places else ""


def _owner(entry: Entry) -> str:
    """Whose finding it is in a cluster, and of how many pods, where the object itself is not it."""
    owner = "" if entry.owner is None else f', "owner": {object_json(entry.owner)}'
    return f'{owner}, "pods": {entry.pods}' if entry.pods else owner


def _state(state: State | None) -> str:
    """Whether a finding was there before, where that is asked for."""
    return "" if state is None else f', "state": "{state}"'


_encode = json.JSONEncoder().encode
_encode_word = lru_cache(maxsize=1024)(_encode)


@lru_cache(maxsize=1024)
def object_json(name: ObjectName) -> str:
    """What identifies an object, as far as its text tells."""
    return _encode(
        {
            "apiVersion": name.api_version,
            "kind": name.kind,
            "name": name.name,
            "namespace": name.namespace,
        }
    )


@lru_cache(maxsize=64)
def _control(control: Control | None) -> str:
    return _encode(None if control is None else {"level": control.level, "control": control.id})
