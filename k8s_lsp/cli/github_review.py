"""The hardened diff as suggestions: a review of a pull request, for the action in `action.yml`.

GitHub takes comments only on lines that the pull request shows. What belongs together is not torn
apart: a file of which all changes can be suggested gets suggestions, any other one its diff in the
text of the review.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

MOST_COMMENTS: Final = 40
"""How many comments a review has at most: GitHub would refuse hundreds at once."""

LONGEST_BODY: Final = 60_000
"""How many characters the text of a review has at most; GitHub refuses more than 65,536."""

_HUNK: Final = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class Change(NamedTuple):
    """Lines that a diff replaces: `old` stand from the line `start` on, counted from 1.

    There is always an old line, because a comment needs one: beside a line that is added, the one
    above it, or the first of the file.
    """

    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]


class FileDiff(NamedTuple):
    """What a diff has of one file: its path, its changes, and its text."""

    path: str
    changes: tuple[Change, ...]
    text: str


def file_diffs(diff: str) -> Iterator[FileDiff]:
    """The files of what `k8s-lsp harden --diff` prints, in its order."""
    # A carriage return is a part of its line.
    for part in re.split(r"(?m)^(?=--- [^\n]*\n\+\+\+ )", diff):
        head, _, rest = part.partition("\n")
        if head.startswith("--- "):
            _, _, hunks = rest.partition("\n")
            yield FileDiff(_path_of(head[4:]), tuple(_changes(hunks.split("\n"))), part)


def _path_of(name: str) -> str:
    """The path that a line `--- path` names, as a pull request does."""
    return name.removesuffix("\t").removeprefix("./")


def _changes(lines: list[str]) -> Iterator[Change]:
    number, above = 1, None
    old: list[str] = []
    new: list[str] = []
    # What ends the last hunk is no line of the file.
    for line in [*lines, ""]:
        if line.startswith("-"):
            old.append(line[1:])
        elif line.startswith("+"):
            new.append(line[1:])
        elif not line.startswith("\\"):
            if old:
                yield Change(number, tuple(old), tuple(new))
            elif new and above is not None:
                yield Change(number - 1, (above,), (above, *new))
            elif new:
                yield Change(number, (line[1:],), (*new, line[1:]))
            number, above = number + len(old) + 1, line[1:]
            old, new = [], []
            hunk = _HUNK.match(line)
            if hunk is not None:
                number, above = int(hunk[1]), None


def shown_lines(patch: str) -> dict[int, str]:
    """The lines of the new version that the patch of a pull request shows, by their numbers."""
    lines: dict[int, str] = {}
    number = 0
    for line in patch.split("\n"):
        hunk = _HUNK.match(line)
        if hunk is not None:
            number = int(hunk[3])
        elif line[:1] in ("+", " "):
            lines[number] = line[1:]
            number += 1
    return lines


def review_of(
    head: str,
    diffs: Iterable[FileDiff],
    patches: Mapping[str, str],
    said: Iterable[tuple[str, str]],
) -> dict[str, Any] | None:
    """The review to post for the commit `head`; None where there is nothing that is not yet said.

    `patches` are those of the files of the pull request, `said` the paths and texts of earlier
    comments, and of earlier reviews, whose path is empty.
    """
    known = set(said)
    comments: list[dict[str, Any]] = []
    rest: list[FileDiff] = []
    for diff in diffs:
        if diff.path not in patches:
            continue
        own = _comments(diff, shown_lines(patches[diff.path]))
        if own is None or len(comments) + len(own) > MOST_COMMENTS:
            rest.append(diff)
        else:
            comments += own
    body = _body(len(comments), rest)
    comments = [each for each in comments if (each["path"], each["body"]) not in known]
    if not comments and (not rest or ("", body) in known):
        return None
    return {"commit_id": head, "event": "COMMENT", "body": body, "comments": comments}


def _comments(diff: FileDiff, shown: Mapping[int, str]) -> list[dict[str, Any]] | None:
    """The suggestions of a file; None where not all of its changes can be suggested."""
    comments = []
    end = 0
    for change in diff.changes:
        last = change.start + len(change.old) - 1
        # The first line may be the one beside two additions, and can be replaced once.
        is_taken, end = change.start <= end, last
        # The job has checked a merge out, whose lines may be others than those of the head.
        is_shown = all(
            shown.get(number) == line for number, line in enumerate(change.old, change.start)
        )
        if is_taken or not is_shown or any("\r" in line for line in (*change.old, *change.new)):
            return None
        comment = {"path": diff.path, "line": last, "side": "RIGHT", "body": _suggestion(change)}
        if last > change.start:
            comment |= {"start_line": change.start, "start_side": "RIGHT"}
        comments.append(comment)
    return comments


def _suggestion(change: Change) -> str:
    text = "".join(f"{line}\n" for line in change.new)
    fence = _fence(text)
    return f"{fence}suggestion\n{text}{fence}"


def _fence(text: str) -> str:
    """Backticks that end no block before its end."""
    return "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))


def _body(suggested: int, rest: Iterable[FileDiff]) -> str:
    body = "**k8s-lsp harden** would change what this pull request writes. "
    body += "Read it: a fix may change what a workload is allowed to do."
    if suggested:
        body += " The suggestions for one file belong together: add all of them to one batch."
    left = 0
    for path, _, text in rest:
        fence = _fence(text)
        summary = f"<details><summary><code>{_escaped(path)}</code></summary>"
        part = f"\n\n{summary}\n\n{fence}diff\n{text.rstrip()}\n{fence}\n\n</details>"
        if left or len(body) + len(part) > LONGEST_BODY:
            left += 1
        else:
            body += part
    if left:
        body += f"\n\nand {left} more; `k8s-lsp harden --diff` shows them."
    return body


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def main(head: str, diff: str, files: str, said: str) -> None:
    """Print the review as JSON, from the names of the files that the action has written."""
    patches = {each["path"]: each["patch"] for each in _records(files) if each["patch"]}
    earlier = [(each["path"], each["body"]) for each in _records(said)]
    with Path(diff).open(encoding="utf-8", newline="") as file:
        review = review_of(head, file_diffs(file.read()), patches, earlier)
    if review is not None:
        print(json.dumps(review))


def _records(file: str) -> list[Any]:
    with Path(file).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    main(*sys.argv[1:])
