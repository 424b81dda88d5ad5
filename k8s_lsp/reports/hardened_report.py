"""What `harden` has done, for people and for programs: what was set, what to look at, what is left.

The JSON's shape is public and has a version.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from k8s_lsp.engine.hardened import Consequence, gravest
from k8s_lsp.reports.entries import AppliedFix, Entry, HardenedReport
from k8s_lsp.reports.json_report import error_json, finding_json, object_json
from k8s_lsp.reports.text_report import Tally, counted, one_line, printable, silence, tally_of

VERSION = 1
"""Goes up when a reader of the former shape would no longer understand the JSON."""


@dataclass
class HardenedTally:
    """Totals over files; `left` is the tally of what remains in them."""

    left: Tally = field(default_factory=Tally)
    found: int = 0
    changed: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    """How many fixes of each rule were taken."""
    consequences: list[Consequence] = field(default_factory=list)

    def add(self, report: HardenedReport, *, changed: bool) -> None:
        """Count a file; its consequences join those of the same kind."""
        self.left.add(tally_of(report.after))
        self.found += report.found
        self.changed += changed
        self.rules.update(applied.rule for applied in report.applied)
        self.consequences += report.consequences


# For people.


def hardened_text(report: HardenedReport, *, changed: bool, written: bool, colour: bool) -> str:
    """What became of the findings of one file, and those that are left for a person to decide."""
    path, rest = report.after.path, report.after.entries
    if changed:
        head = f"{printable(path)}: {_fixed(report.found, len(rest), written)}"
    else:
        head = f"{printable(path)}: unchanged, {counted(report.found, 'finding')} left"
    lines = (head, *(f"  {_left(path, entry, colour)}" for entry in rest))
    return "".join(f"{line}\n" for line in lines)


def _left(path: str, entry: Entry, colour: bool) -> str:
    """One finding that remains; where that has a reason, the reason says more than its message."""
    if entry.fix is None or entry.fix.left_because is None:
        return one_line(path, entry, colour=colour)
    reason = entry._replace(message=entry.fix.left_because)
    return f"left for you: {one_line(path, reason, colour=colour)}"


def hardened_summary(tally: HardenedTally, *, written: bool) -> str:
    """What became of all findings, what to look at now, and how to learn more."""
    left, found = tally.left, tally.found
    would = "changed" if written else "would change"
    files = f"{tally.changed} of {counted(left.files, 'file')} {would}"
    if not found:
        return f"{files}; no findings{silence(left)}"
    lines = [f"{files}; {_fixed(found, left.findings, written)}, {left.findings} left"]
    if tally.rules:
        told = gravest(tally.consequences)
        if told:
            lines.append("look at this before you deploy it:")
            lines += (f"  {consequence}" for consequence in told)
        slugs = sorted(tally.rules)
        lines.append(f"rules applied: {', '.join(slugs)}")
        explained = told[0].rule if told else tally.rules.most_common(1)[0][0]
        lines.append(f"why, and what may break: k8s-lsp explain {explained}")
    return "\n".join(lines)


def _fixed(total: int, left: int, written: bool) -> str:
    # A fix may bring a finding to light that another one had implied.
    fixed = max(total - left, 0)
    return f"{fixed} of {counted(total, 'finding')} {'fixed' if written else 'would be fixed'}"


# For programs.


def hardened_json(report: HardenedReport) -> dict[str, str]:
    """What became of one file: the members of the object that lists have for it, each in JSON."""
    path = json.dumps(report.after.path)
    entries = report.after.entries
    lists: dict[str, Iterator[str]] = {
        "applied": (_applied(path, applied) for applied in report.applied),
        "left": (
            finding_json(path, entry, reason=entry.fix.left_because)
            for entry in entries
            if entry.fix is not None and entry.fix.left_because is not None
        ),
        "findings": (finding_json(path, entry) for entry in entries),
    }
    return {name: ",".join(items) for name, items in lists.items()}


def _applied(path: str, applied: AppliedFix) -> str:
    """A fix that was taken in the file of that name, which is JSON already."""
    return (
        f'\n  {{"path": {path}, "rule": "{applied.rule}", "severity": "{applied.severity}", '
        f'"object": {object_json(applied.object)}, "field": {json.dumps(applied.field)}, '
        f'"fix": "{applied.safety}", "title": {json.dumps(applied.title)}}}'
    )


def hardened_file(
    files: Iterable[dict[str, str]],
    errors: Iterable[tuple[str, str]],
    tally: HardenedTally,
    *,
    written: bool,
    diff: str | None,
) -> Iterator[str]:
    """The whole object, in pieces; `files` is what `hardened_json` gave for each file.

    An error is a path and a message. `diff` is what would be changed, where nothing was written.
    """
    files = list(files)
    yield f'{{"version": {VERSION},\n "files": {tally.left.files},\n "changed": {tally.changed},\n'
    yield f' "written": {json.dumps(written)},\n "errors": [{",".join(map(error_json, errors))}],\n'
    told = [
        {"rule": consequence.rule, "message": str(consequence)}
        for consequence in gravest(tally.consequences)
    ]
    yield f' "consequences": {json.dumps(told)},\n'
    for name in ("applied", "left", "findings"):
        yield f' "{name}": [{",".join(filter(None, (of_file[name] for of_file in files)))}],\n'
    yield f' "diff": {json.dumps(diff)}}}\n'
