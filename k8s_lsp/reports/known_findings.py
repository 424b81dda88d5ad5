"""Which findings were there before: those of a file that was written, or of an earlier tree."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from k8s_lsp.reports.fingerprints import VERSION, Identity

Whereabouts = Literal["here", "gone", "elsewhere"]
"""What is known of a path: it was checked, it is no longer there, or it was not asked about."""


class Located(NamedTuple):
    """A finding, and the path of its file: that only tells which of several alike it is."""

    identity: Identity
    path: str


class Comparison(NamedTuple):
    """Which of the findings of a run are known, in their order, and what was known and is gone."""

    are_known: list[bool]
    gone: list[Located]


def compare(
    found: Sequence[Located],
    known: Iterable[Located],
    whereabouts: dict[str, Whereabouts],
) -> Comparison:
    """Tell what is new from what is known.

    A finding goes first with one that was known in its file, then with one of a file in which that
    is not found any more, or that is not there any more: it has moved. Those of paths that were not
    asked about stand where they did. Of several that are alike, the first ones are known.
    """
    left = Counter(known)
    are_known = []
    for located in found:
        is_known = left[located] > 0
        left[located] -= is_known
        are_known.append(is_known)
    moved: defaultdict[Identity, list[Located]] = defaultdict(list)
    for located in sorted(left.elements(), reverse=True):
        if whereabouts.get(located.path) != "elsewhere":
            moved[located.identity].append(located)
    for number, (identity, _) in enumerate(found):
        if not are_known[number] and moved[identity]:
            moved[identity].pop()
            are_known[number] = True
    return Comparison(are_known, sorted(located for rest in moved.values() for located in rest))


class BrokenFile(Exception):
    """Why a text holds no known findings, in words that follow the name of its file."""


_MEMBERS: Final = (*Identity._fields, "path")


def known_findings_text(found: Iterable[Located]) -> str:
    """Findings as the text of a file that is read again, the same however they are ordered.

    Each is a line, so that versions of the file can be compared and merged.
    """
    lines = []
    for (identity, path), count in sorted(Counter(found).items()):
        members: dict[str, str | int] = {**identity._asdict(), "path": path}
        if count > 1:
            members["count"] = count
        lines.append(f"\n  {json.dumps(members)}")
    return f'{{"version": {VERSION},\n "findings": [{",".join(lines)}]}}\n'


def read_known_findings(text: str) -> list[Located]:
    """The findings that such a text holds; raises BrokenFile."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenFile(f"is not JSON: {error}") from error
    version = data.get("version") if isinstance(data, dict) else None
    findings = data.get("findings") if isinstance(data, dict) else None
    if not isinstance(version, int) or not isinstance(findings, list):
        raise BrokenFile("holds no known findings; --write-known-findings writes such a file")
    if version != VERSION:
        raise BrokenFile(
            f"is of version {version}, and this k8s-lsp reads version {VERSION}; "
            "--write-known-findings writes it anew"
        )
    return [located for finding in findings for located in _read_finding(finding)]


def _read_finding(finding: object) -> list[Located]:
    if isinstance(finding, dict):
        *identity, path = (finding.get(member) for member in _MEMBERS)
        count = finding.get("count", 1)
        words = [word for word in (*identity, path) if isinstance(word, str)]
        if len(words) == len(_MEMBERS) and type(count) is int and 0 < count <= _MOST_ALIKE:
            return [Located(Identity(*words[:-1]), words[-1])] * count
    raise BrokenFile(f"holds what is no finding: {json.dumps(finding)[:80]}")


_MOST_ALIKE: Final = 1_000_000
"""The highest count that is read: no manifest has as many findings."""
