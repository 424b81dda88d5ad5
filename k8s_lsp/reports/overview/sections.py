"""What a report tells, in its order: sentences, tables and numbers of charts, for any format."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from k8s_lsp.reports.entries import ObjectName
from k8s_lsp.reports.overview.found import place_of
from k8s_lsp.reports.overview.totals import ObjectPlace, ObjectShare, Share, Totals
from k8s_lsp.reports.text_report import counted
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import SEVERITIES, Severity

RULES_TO_START: Final = 5
OBJECTS_TO_START: Final = 10
"""How many rules, and objects, are named to begin with."""

REASONS: Final = 3
"""How many reasons why Harden leaves findings are told of a rule."""

ROWS: Final = 50
"""How many rows a table has whose number no catalogue limits."""

BARS: Final = 12
"""How many bars a chart has."""


class Code(NamedTuple):
    """What is typed, or stands in a file, as it is."""

    text: str


class Graded(NamedTuple):
    """A severity, shown so that it is not told by colour alone."""

    severity: Severity


Cell: TypeAlias = str | int | Code | Graded


class Table(NamedTuple):
    """A table, of whose rows so many `more` are left out."""

    caption: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    more: int = 0


class Part(NamedTuple):
    """What a part of a bar stands for; the `tone` says how it looks."""

    name: str
    tone: str


class Bar(NamedTuple):
    """A bar with the length of each of its parts."""

    label: str
    lengths: tuple[int, ...]


class Chart(NamedTuple):
    """Bars of several parts; in what `diverges`, the last part goes the other way."""

    title: str
    parts: tuple[Part, ...]
    bars: tuple[Bar, ...]
    diverges: bool = False


class Section(NamedTuple):
    """A section, by whose `name` others lead to it. Its chart tells what the first table does.

    In the `text`, which holds nothing of a manifest, words between backquotes are code.
    """

    name: str
    title: str
    text: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    chart: Chart | None = None


class Headline(NamedTuple):
    """A number that the report begins with; what has a `target` is told there in full."""

    value: int
    label: str
    tone: str = ""
    note: str = ""
    target: str | None = None


class Report(NamedTuple):
    """A whole report; `notes` are what a reader has to know before all else."""

    title: str
    summary: str
    notes: tuple[str, ...]
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]


def report_of(totals: Totals, title: str, notes: Sequence[str], *, with_teams: bool) -> Report:
    """What is told of a run whose totals are whole; `with_teams` if files are assigned to some."""
    candidates: list[Section | None] = [
        _start(totals),
        _changes(totals, with_teams=with_teams),
        _rules(totals),
        _levels(totals),
        _teams(totals) if with_teams else None,
        _repositories(totals),
        _unjudged(totals),
    ]
    sections = tuple(section for section in candidates if section is not None)
    return Report(title, _summary(totals), tuple(notes), tuple(_headlines(totals)), sections)


# The beginning.


def number(count: int) -> str:
    """A number as it is read: 12,345."""
    return f"{count:,}"


def _summary(totals: Totals) -> str:
    share = totals.all
    text = _counted(share.findings, "finding")
    # Of what has no findings, no name is known.
    named = [name for name, each in totals.repositories.items() if name and each.findings]
    if named:
        text += f" in {_counted(len(named), 'repository', 'repositories')}"
    if share.findings:
        text += (
            f": one Harden mends {number(share.mended)}, {number(share.left_count)} "
            f"{'is' if share.left_count == 1 else 'are'} left to a person"
        )
    text += f". {_counted(totals.files, 'file')} {'was' if totals.files == 1 else 'were'} judged"
    if totals.unjudged:
        text += f"; {_unjudged_files(totals)} could not be, or not whole."
    else:
        text += ", and all of it." if totals.files == 1 else ", all of them whole."
    if totals.earlier is not None:
        text += f" Since the last run: {_change(share)}."
    return text


def _counted(count: int, singular: str, plural: str | None = None) -> str:
    return counted(count, singular, plural).replace(str(count), number(count), 1)


def _unjudged_files(totals: Totals) -> str:
    return _counted(len({(file.repository, file.path) for file in totals.unjudged}), "file")


def _change(share: Share) -> str:
    told = f"{number(share.new)} new, {number(share.gone)} gone, {number(share.stayed)} stayed"
    if share.unknown:
        told += f", {number(share.unknown)} in files that could not be judged this time"
    return told


def _headlines(totals: Totals) -> Iterable[Headline]:
    share = totals.all
    for severity in SEVERITIES:
        noun = severity if severity == "information" else f"{severity}s"
        yield Headline(share.severities[severity], noun, severity)
    yield Headline(
        share.mended, "mended by Harden", "mended", f"of {_counted(share.findings, 'finding')}"
    )
    files = {(file.repository, file.path) for file in totals.unjudged}
    yield Headline(
        len(files),
        "not judged",
        "unjudged" if files else "",
        f"of {_counted(totals.files, 'file')}",
        "not-judged" if files else None,
    )
    if totals.earlier is not None:
        yield Headline(share.new, "new", "new", "since the last run", "changes")
        yield Headline(share.gone, "gone", "gone", "since the last run", "changes")


# Where to begin.


def _start(totals: Totals) -> Section | None:
    if not totals.all.findings:
        return None
    mended = [item for item in _by_size(totals.rules, _mended_first) if item[1].mended]
    mended = mended[:RULES_TO_START]
    tables = []
    chart = None
    if mended:
        rows = [
            (Code(slug), _summaries().get(slug, ""), share.findings, share.mended)
            for slug, share in mended
        ]
        title = "Rules of which one Harden mends the most"
        header = ("Rule", "What is wrong", "Findings", "Harden mends")
        tables.append(Table(title, header, rows))
        chart = _mended_chart(title, mended)
    worst = sorted(totals.objects.items(), key=_gravest_first)[:OBJECTS_TO_START]
    tables.append(
        Table(
            "Objects with the gravest findings",
            ("Object", "File", "Errors", "Warnings", "Findings", "Harden mends"),
            [_object_row(place, share) for place, share in worst],
        )
    )
    text = (
        "Harden takes the preferred fix of every finding that needs no decision: the command "
        "`k8s-lsp harden` in the folder of a repository, or a click in the editor. Read the diff; "
        "`k8s-lsp explain RULE` tells why, and what may break.",
    )
    return Section("start", "Start here", text, tuple(tables), chart)


def _mended_chart(title: str, shares: Sequence[tuple[str, Share]]) -> Chart:
    bars = tuple(Bar(name, (share.mended, share.left_count)) for name, share in shares)
    return Chart(title, (Part("Harden mends", "mended"), Part("left", "left")), bars)


def _mended_first(item: tuple[str, Share]) -> tuple[int, int, str]:
    return -item[1].mended, -item[1].findings, item[0]


def _gravest_first(item: tuple[ObjectPlace, ObjectShare]) -> tuple[list[int], str, str, str]:
    place, share = item
    counts = [-count for count in share.severities]
    return counts, place.repository or "", place.path, object_text(place.object)


def _object_row(place: ObjectPlace, share: ObjectShare) -> tuple[Cell, ...]:
    errors, warnings = share.severities[:2]
    return (
        object_text(place.object),
        Code(place_of(place.repository, place.path)),
        errors,
        warnings,
        sum(share.severities),
        share.mended,
    )


def object_text(name: ObjectName) -> str:
    """An object as people call it: `Deployment shop/web`."""
    return f"{name.kind} {'/'.join(filter(None, (name.namespace, name.name)))}".rstrip()


@lru_cache(maxsize=1)
def _summaries() -> dict[str, str]:
    return {rule.slug: rule.summary for rule in RULES}


# What has changed.


def _changes(totals: Totals, *, with_teams: bool) -> Section | None:
    if totals.earlier is None:
        return None
    text = [
        f"{_change(totals.all).capitalize()}, of {_counted(totals.earlier.findings, 'finding')} "
        f"in {_counted(totals.earlier.files, 'file')} then. A finding stays the same when lines "
        "or files move."
    ]
    silent = [share for share in totals.repositories.values() if share.gone and not share.findings]
    if silent:
        gone = sum(share.gone for share in silent)
        text.append(
            f"In {_counted(len(silent), 'repository', 'repositories')} of then nothing is found "
            f"any more, or it was not judged this time: {number(gone)} of what is gone."
        )
    changed = [item for item in _by_size(totals.rules, _changed_first) if _is_changed(item[1])]
    tables = [_change_table("By rule", "Rule", [(Code(slug), share) for slug, share in changed])]
    if with_teams:
        teams = _by_size(totals.teams, _changed_first)
        tables.append(_change_table("By team", "Team", teams))
    bars = tuple(Bar(slug, (share.new, share.gone)) for slug, share in changed[:BARS])
    parts = (Part("new", "new"), Part("gone", "gone"))
    chart = Chart("New and gone findings by rule", parts, bars, diverges=True) if bars else None
    if not changed:
        text.append("No rule has more findings or fewer than then.")
        tables = tables[1:]
    return Section("changes", "Since the last run", tuple(text), tuple(tables), chart)


def _is_changed(share: Share) -> bool:
    return bool(share.new or share.gone or share.unknown)


def _changed_first(item: tuple[str, Share]) -> tuple[int, int, str]:
    return -(item[1].new + item[1].gone), -item[1].findings, item[0]


def _change_table(caption: str, noun: str, shares: Sequence[tuple[Cell, Share]]) -> Table:
    rows = [(cell, share.new, share.gone, share.stayed) for cell, share in shares]
    return Table(caption, (noun, "New", "Gone", "Stayed"), rows)


# Shares.


def _by_size(
    shares: dict[str, Share], key: Callable[[tuple[str, Share]], tuple[int, int, str]]
) -> list[tuple[str, Share]]:
    return sorted(shares.items(), key=key)


def _most_first(item: tuple[str, Share]) -> tuple[int, int, str]:
    return -item[1].findings, -item[1].mended, item[0]


def _rules(totals: Totals) -> Section | None:
    found = [item for item in _by_size(totals.rules, _most_first) if item[1].findings]
    if not found:
        return None
    rows = [
        (
            Code(slug),
            Graded(_gravest(share)),
            share.level or "",
            share.findings,
            share.mended,
            share.left_count,
        )
        for slug, share in found
    ]
    header = ("Rule", "Severity", "Level", "Findings", "Harden mends", "Left")
    left = [row for slug, share in found for row in _left_rows(slug, share)]
    tables = [Table("Findings by rule", header, rows)]
    if left:
        tables.append(Table("What Harden leaves, and why", ("Rule", "Left", "Why"), left))
    text = ("Level is that of the Pod Security Standards which a finding breaks, if it does.",)
    chart = _mended_chart("Findings by rule, and what one Harden mends", found[:BARS])
    return Section("rules", "By rule", text, tuple(tables), chart)


def _gravest(share: Share) -> Severity:
    return next(severity for severity in SEVERITIES if share.severities[severity])


def _left_rows(slug: str, share: Share) -> Iterable[Sequence[Cell]]:
    reasons = sorted(share.reasons.items(), key=lambda item: (-item[1], item[0]))
    # One more takes no more room than to say that there is one.
    shown = REASONS if len(reasons) > REASONS + 1 else len(reasons)
    for why, count in reasons[:shown]:
        yield Code(slug), count, why
    rest = reasons[shown:]
    if rest:
        count = sum(count for _, count in rest)
        yield Code(slug), count, f"{_counted(len(rest), 'other reason')}"


def _levels(totals: Totals) -> Section | None:
    # Where no rule of a level ran, nothing is known of it.
    asked = {level for level, _ in totals.controls}
    levels = {level: share for level, share in totals.levels().items() if level in asked}
    if not levels:
        return None
    rows = [
        (level, share.objects, share.lifted, share.objects - share.lifted, share.findings)
        for level, share in levels.items()
    ]
    header = ("Level", "Objects kept from it", "Harden lifts", "Need a decision", "Findings")
    controls = sorted(totals.controls.items(), key=lambda item: (-item[1].findings, item[0]))
    of_controls = Table(
        "Findings by control",
        ("Control", "Level", "Findings", "Harden mends", "Left"),
        [
            (Code(control), level, share.findings, share.mended, share.left_count)
            for (level, control), share in controls
        ],
    )
    text = (
        "Kubernetes' Pod Security Standards have two levels to meet: baseline keeps pods from "
        "taking over their node, restricted is current best practice. What breaks baseline "
        "breaks restricted too. Harden lifts an object to a level where it mends all that keeps it "
        "from it. Objects without findings are not counted here.",
    )
    chart = Chart(
        "Objects that findings keep from a level",
        (Part("Harden lifts", "mended"), Part("need a decision", "left")),
        tuple(
            Bar(level, (share.lifted, share.objects - share.lifted))
            for level, share in levels.items()
        ),
    )
    tables = (Table("Objects by level", header, rows), of_controls)
    return Section("levels", "By Pod Security level", text, tables, chart)


def _teams(totals: Totals) -> Section:
    shares = _by_size(totals.teams, _gravest_share_first)
    text = ("The last pattern that means a file tells its team; no team is whose file none means.",)
    title = "Findings by team and severity"
    tables, chart = _share_table("Team", shares, totals, title)
    return Section("teams", "By team", text, tables, chart)


def _repositories(totals: Totals) -> Section | None:
    named = {
        name or "(files that stand alone)": share for name, share in totals.repositories.items()
    }
    if not any(totals.repositories):
        return None
    shares = _by_size(named, _gravest_share_first)
    title = "Findings by repository and severity"
    tables, chart = _share_table("Repository", shares, totals, title)
    return Section("repositories", "By repository", (), tables, chart)


def _gravest_share_first(item: tuple[str, Share]) -> tuple[int, int, str]:
    counts = item[1].severities
    return -counts["error"], -item[1].findings, item[0]


def _share_table(
    noun: str, shares: Sequence[tuple[str, Share]], totals: Totals, title: str
) -> tuple[tuple[Table, ...], Chart | None]:
    is_compared = totals.earlier is not None
    header = (
        *(noun, "Errors", "Warnings", "Information", "Hints", "Findings", "Harden mends"),
        *(("New", "Gone") if is_compared else ()),
    )
    rows = [
        (
            name,
            *(share.severities[severity] for severity in SEVERITIES),
            share.findings,
            share.mended,
            *((share.new, share.gone) if is_compared else ()),
        )
        for name, share in shares[:ROWS]
    ]
    table = Table(title, header, rows, max(len(shares) - ROWS, 0))
    bars = tuple(
        Bar(name, tuple(share.severities[severity] for severity in SEVERITIES))
        for name, share in shares[:BARS]
        if share.findings
    )
    parts = tuple(Part(severity, severity) for severity in SEVERITIES)
    return (table,), Chart(title, parts, bars) if bars else None


def _unjudged(totals: Totals) -> Section | None:
    if not totals.unjudged:
        return None
    by_reason = Counter(file.message for file in totals.unjudged)
    rows = [
        (Code(place_of(file.repository, file.path)), file.message)
        for file in totals.unjudged[: 2 * ROWS]
    ]
    text = (
        "Of these files, nothing or not all is known: that no finding is told in one does not "
        f"mean that it has none. {_counted(len(by_reason), 'reason')} in all.",
    )
    more = max(len(totals.unjudged) - len(rows), 0)
    table = Table("Files that were not judged, or not whole", ("File", "Why"), rows, more)
    return Section("not-judged", "Not judged", text, (table,))
