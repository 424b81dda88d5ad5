"""What a run has found, as a report reads it: findings, and files that were not judged."""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TypeAlias, get_args

from k8s_lsp.reports.entries import ObjectName
from k8s_lsp.reports.json_report import VERSION
from k8s_lsp.settings import Severity

STANDS_ALONE: Final = None
"""The repository of a file that was judged by itself."""

UNNAMED: Final = ""
"""The repository of a run that was told no names: all its files are of one."""


class ReportedFinding(NamedTuple):
    """A finding of a run that has ended.

    The line counts from 1. The `level` and the `control` are those of the Pod Security Standards.
    `has_fix` tells whether there is a preferred fix, `is_fixed_in_bulk` whether `k8s-lsp harden`
    takes it, and if not, `left_because` may tell why.
    """

    repository: str | None
    path: str
    rule: str
    severity: Severity
    message: str
    line: int
    object: ObjectName
    field: str | None
    level: str | None
    control: str | None
    has_fix: bool
    is_fixed_in_bulk: bool
    left_because: str | None
    fingerprint: str


class UnjudgedFile(NamedTuple):
    """A file that could not be judged, or not whole, and why."""

    repository: str | None
    path: str
    message: str


class JudgedFiles(NamedTuple):
    """How many files a run, or a part of it, has judged."""

    files: int


Told: TypeAlias = ReportedFinding | UnjudgedFile | JudgedFiles
"""What a run tells, piece by piece and in any order."""


class BrokenInput(Exception):
    """Why what is given holds no findings, in words that follow its name."""


def key_of(finding: ReportedFinding) -> bytes:
    """What tells a finding apart from all others of its run, and is the same in the next one.

    It is short, for there may be millions.
    """
    repository = finding.repository
    if repository is STANDS_ALONE:
        # Each file that stands alone is a repository by itself.
        repository = f"\0{finding.path}"
    words = f"{finding.fingerprint}{repository}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(words, digest_size=16).digest()


def place_of(repository: str | None, path: str) -> str:
    """A file by its path, below its repository where that has a name."""
    return f"{repository}/{path}" if repository else path


# The JSON of `check`. There may be a million findings, of which one at a time becomes a value.


def read_check_json(text: str, repository: str | None = UNNAMED) -> Iterator[Told]:
    """What `k8s-lsp check --output-format json` tells of a repository; raises BrokenInput."""
    reader = _Reader(text)
    seen = set[str]()
    try:
        for key in reader.members():
            seen.add(key)
            if key == "findings":
                yield from (_finding(item, repository) for item in reader.items())
            elif key == "errors":
                yield from (_unjudged(item, repository) for item in reader.items())
            elif key == "files":
                yield JudgedFiles(int(reader.value()))
            elif key != "version":
                reader.value()
            elif (version := reader.value()) != VERSION:
                raise BrokenInput(
                    f"is of version {version}, and this k8s-lsp reads version {VERSION}"
                )
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenInput(f"is not JSON: {error}") from error
    if not seen >= {"version", "files", "errors", "findings"}:
        raise BrokenInput(
            "holds no findings; k8s-lsp check --output-format json and k8s-lsp batch write them"
        )


_SPACE: Final = re.compile(r"[ \t\r\n]*")


class _Reader:
    """Reads JSON of which no more than an item at a time is to become a value.

    All raise ValueError where it is none.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._decode = json.JSONDecoder().raw_decode

    def value(self) -> Any:
        """The value that comes next."""
        value, self._at = self._decode(self._text, self._at)
        return value

    def members(self) -> Iterator[str]:
        """The keys of the object that is the whole text; the caller takes the value of each."""
        self._past_space()
        for _ in self._separated("{", "}"):
            key = self.value()
            self._past_space()
            self._past(":")
            self._past_space()
            yield key
        if self._at < len(self._text):
            raise ValueError(f"more than one value: offset {self._at}")

    def items(self) -> Iterator[Any]:
        """The items of the list that comes next."""
        return (self.value() for _ in self._separated("[", "]"))

    def _separated(self, opening: str, closing: str) -> Iterator[None]:
        self._past(opening)
        self._past_space()
        if not self._text.startswith(closing, self._at):
            yield
            self._past_space()
            while self._text.startswith(",", self._at):
                self._past(",")
                self._past_space()
                yield
                self._past_space()
        self._past(closing)
        self._past_space()

    def _past(self, sign: str) -> None:
        if not self._text.startswith(sign, self._at):
            raise ValueError(f"no {sign} at offset {self._at}")
        self._at += 1

    def _past_space(self) -> None:
        match = _SPACE.match(self._text, self._at)
        assert match is not None
        self._at = match.end()


def _unjudged(item: Any, repository: str | None) -> UnjudgedFile:
    try:
        return UnjudgedFile(repository, _text(item["path"]), _text(item["message"]))
    except (KeyError, TypeError) as error:
        raise BrokenInput(f"holds what is no error: {json.dumps(item)[:80]}") from error


def _finding(item: Any, repository: str | None) -> ReportedFinding:
    if isinstance(item, dict) and "fingerprint" not in item:
        raise BrokenInput("holds findings without fingerprints, of an older k8s-lsp: write it anew")
    try:
        # What runs in a cluster is told by its owner.
        name = item.get("owner") or item["object"]
        control = item["pod_security"] or {}
        return ReportedFinding(
            repository,
            _text(item["path"]),
            _text(item["rule"]),
            severity_of(item["severity"]),
            _text(item["message"]),
            int(item["start"]["line"]),
            ObjectName(
                _text(name["apiVersion"]),
                _text(name["kind"]),
                _text_or_none(name["name"]),
                _text_or_none(name["namespace"]),
            ),
            _text_or_none(item["field"]),
            _text_or_none(control.get("level")),
            _text_or_none(control.get("control")),
            item["fix"] is not None,
            item["fixed_in_bulk"] is True,
            _text_or_none(item.get("left_because")),
            _text(item["fingerprint"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BrokenInput(f"holds what is no finding: {json.dumps(item)[:80]}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def severity_of(word: Any) -> Severity:
    """A severity by its word; raises ValueError."""
    severities: tuple[Severity, ...] = get_args(Severity)
    for severity in severities:
        if severity == word:
            return severity
    raise ValueError(f"{word!r} is no severity")
