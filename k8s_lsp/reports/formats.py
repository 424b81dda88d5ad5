"""What a format of the findings is: what it makes of each file, and in the end of them all.

A file is told in the process that has checked it, where its text is; what comes of that is small,
goes to the process that writes, and is kept there until all files are checked.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from k8s_lsp.reports.entries import NO_DETAILS, Details, Entry, FileReport
from k8s_lsp.reports.json_report import Numbered, file_json, findings_json
from k8s_lsp.reports.text_report import Tally, file_text, summary


class RunReport(NamedTuple):
    """What is told of a whole run, once all its files are checked.

    `read_errors` and `configuration_errors` are paths with what is wrong there, by path.
    `left_out` is how many files of folders were not read, by the reason. `status` is the one with
    which the process ends.
    """

    tally: Tally
    read_errors: Sequence[tuple[str, str]] = ()
    configuration_errors: Sequence[tuple[str, str]] = ()
    left_out: Mapping[str, int] = MappingProxyType({})
    status: int = 0

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Both kinds of errors together, by path."""
        return sorted([*self.read_errors, *self.configuration_errors], key=itemgetter(0))


class Written(NamedTuple):
    """The text of a whole report, in pieces, and what has to be said of it on standard error."""

    pieces: Iterable[str]
    notes: tuple[str, ...] = ()


class Format(NamedTuple):
    """How findings are written.

    `of_file` gets the report of a file and its text; `of_run` gets what came of that for all files,
    in their order. `details` are those that the report of a file must hold. Values of `of_file` and
    the function itself go from process to process.
    """

    of_file: Callable[[FileReport, str], Any]
    of_run: Callable[[Sequence[Any], RunReport], Written]
    details: Details = NO_DETAILS


def text_format(*, colour: bool) -> Format:
    """For people."""
    return Format(partial(file_text, colour=colour), _whole_text)


def _whole_text(files: Sequence[str], run: RunReport) -> Written:
    total = f"{summary(run.tally)}\n" if run.tally.files else ""
    return Written([*files, total])


def json_format() -> Format:
    """One object, whose shape is public."""
    return Format(file_json, _whole_json, Details(identify=True))


def _whole_json(files: Sequence[Sequence[Numbered]], run: RunReport) -> Written:
    return Written(findings_json(files, run.errors, run.tally.files))


def shown_path(path: str) -> str:
    """A path that any encoding can write: bytes of a name that are no text become signs."""
    return _NO_TEXT.sub("\ufffd", path)


_NO_TEXT = re.compile("[\ud800-\udfff]")


def is_secret(entry: Entry) -> bool:
    """Whether the token of a finding may be a secret, which no report is to carry elsewhere."""
    return entry.rule in _secret_rules()


@lru_cache(maxsize=1)
def _secret_rules() -> frozenset[str]:
    from k8s_lsp.rules.catalogue import RULES

    return frozenset(rule.slug for rule in RULES if rule.family == "secrets")
