"""What the findings of a run come to, counted as they come: none of them is kept.

What is kept grows with the rules, teams and repositories, and with the objects that have findings.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from k8s_lsp.reports.entries import ObjectName
from k8s_lsp.reports.overview.found import (
    JudgedFiles,
    ReportedFinding,
    Told,
    UnjudgedFile,
    key_of,
    place_of,
)
from k8s_lsp.settings import SEVERITIES, Severity

NO_FIX: Final = "no fix is offered: it takes a decision"
IN_CLUSTER: Final = "it was read from a cluster, and there is no file to harden"
"""Why Harden leaves a finding, where the finding itself does not say it."""

LEVELS: Final = ("baseline", "restricted")
"""The levels of the Pod Security Standards that may not be met, the lower one first."""

Change: TypeAlias = Literal["new", "stayed"]
"""Whether a finding was there in the earlier run."""

TeamOf: TypeAlias = Callable[[str], str]
"""From a path below its repository to the team that answers for it."""


@dataclass(slots=True)
class Share:
    """How many findings belong to a rule, a team or a repository.

    `gone` are those of the earlier run that are there no more, `unknown` those in files that could
    not be judged this time. `reasons` are those why Harden leaves some.
    """

    severities: Counter[Severity] = field(default_factory=Counter)
    level: str | None = None
    mended: int = 0
    new: int = 0
    stayed: int = 0
    gone: int = 0
    unknown: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def findings(self) -> int:
        """How many there are."""
        return self.severities.total()

    @property
    def left_count(self) -> int:
        """How many of them Harden leaves."""
        return self.findings - self.mended


@dataclass(slots=True)
class ObjectShare:
    """How many findings an object has, by SEVERITIES, and by LEVELS, of which Harden leaves some.

    There may be as many objects as findings: the lists take less memory than counters.
    """

    severities: list[int] = field(default_factory=lambda: [0] * len(SEVERITIES))
    mended: int = 0
    levels: list[int] = field(default_factory=lambda: [0] * len(LEVELS))
    left: list[int] = field(default_factory=lambda: [0] * len(LEVELS))


class ObjectPlace(NamedTuple):
    """An object, and the file in which it is."""

    repository: str | None
    path: str
    object: ObjectName


@dataclass(slots=True)
class LevelShare:
    """What keeps objects from a level of the Pod Security Standards.

    Of the `objects` that it keeps, so many Harden lifts: it takes all the findings that count.
    """

    findings: int = 0
    mended: int = 0
    objects: int = 0
    lifted: int = 0


class EarlierFinding(NamedTuple):
    """What is told of a finding that was there in the earlier run, if it is gone."""

    repository: str | None
    path: str
    rule: str
    severity: Severity
    team: str


class Earlier:
    """The findings of the earlier run: those that are found again are taken out."""

    def __init__(self, told: Iterable[Told], team_of: TeamOf) -> None:
        self._left: dict[bytes, EarlierFinding] = {}
        same: dict[EarlierFinding, EarlierFinding] = {}
        self.files = 0
        for piece in told:
            if isinstance(piece, JudgedFiles):
                self.files += piece.files
            elif isinstance(piece, ReportedFinding):
                repository, path, rule, severity = piece[:4]
                team = team_of(place_of(repository, path))
                earlier = EarlierFinding(repository, path, rule, severity, team)
                # Many findings of a file are alike in this, and take no memory of their own.
                self._left[key_of(piece)] = same.setdefault(earlier, earlier)
        self.findings = len(self._left)

    def change_of(self, finding: ReportedFinding) -> Change:
        """Whether a finding is new, or was there."""
        return "new" if self._left.pop(key_of(finding), None) is None else "stayed"

    def not_found_again(self) -> Iterator[EarlierFinding]:
        """Those that were not asked about."""
        yield from self._left.values()


class Row(NamedTuple):
    """A finding with all that is known of it among others."""

    finding: ReportedFinding
    team: str
    change: Change | None


class Totals:
    """What a run comes to."""

    def __init__(self, team_of: TeamOf, earlier: Earlier | None = None) -> None:
        self.files = 0
        self.all = Share()
        self.rules: dict[str, Share] = {}
        self.teams: dict[str, Share] = {}
        self.repositories: dict[str | None, Share] = {}
        self.controls: dict[tuple[str, str], Share] = {}
        self.objects: dict[ObjectPlace, ObjectShare] = {}
        self.unjudged: list[UnjudgedFile] = []
        self.earlier = earlier
        self._team_of = team_of

    def add(self, piece: Told) -> Row | None:
        """Count a piece of what the run tells; of a finding, tell whose it is."""
        if isinstance(piece, JudgedFiles):
            self.files += piece.files
            return None
        if isinstance(piece, UnjudgedFile):
            self.unjudged.append(piece)
            self.repositories.setdefault(piece.repository, Share())
            return None
        team = self._team_of(place_of(piece.repository, piece.path))
        change = None if self.earlier is None else self.earlier.change_of(piece)
        self._add_finding(piece, team, change)
        return Row(piece, team, change)

    def finish(self) -> None:
        """Count what the earlier run had found, and this one has not, after all that it tells."""
        self.unjudged.sort(key=lambda file: (file.repository or "", file.path, file.message))
        if self.earlier is None:
            return
        unjudged = {(file.repository, file.path) for file in self.unjudged}
        for gone in self.earlier.not_found_again():
            is_unknown = (gone.repository, gone.path) in unjudged
            for share in self._shares(gone.rule, gone.team, gone.repository):
                share.unknown += is_unknown
                share.gone += not is_unknown

    def levels(self) -> dict[str, LevelShare]:
        """What keeps objects from each level; what counts for a level counts for the next one."""
        told = {level: LevelShare() for level in LEVELS}
        for share in self.objects.values():
            findings = left = 0
            for number, of_level in enumerate(told.values()):
                findings += share.levels[number]
                left += share.left[number]
                of_level.findings += findings
                of_level.mended += findings - left
                of_level.objects += findings > 0
                of_level.lifted += findings > 0 and not left
        return told

    def _add_finding(self, finding: ReportedFinding, team: str, change: Change | None) -> None:
        severity, level = finding.severity, finding.level
        shares = self._shares(finding.rule, team, finding.repository)
        if level is not None and finding.control is not None:
            shares.append(self.controls.setdefault((level, finding.control), Share()))
        is_mended = finding.is_fixed_in_bulk
        for share in shares:
            share.severities[severity] += 1
            share.mended += is_mended
            share.new += change == "new"
            share.stayed += change == "stayed"
        of_rule = self.rules[finding.rule]
        of_rule.level = level or of_rule.level
        if not is_mended:
            of_rule.reasons[_why_left(finding)] += 1
        place = ObjectPlace(finding.repository, finding.path, finding.object)
        of_object = self.objects.setdefault(place, ObjectShare())
        of_object.severities[SEVERITIES.index(severity)] += 1
        of_object.mended += is_mended
        if level in LEVELS:
            of_object.levels[LEVELS.index(level)] += 1
            of_object.left[LEVELS.index(level)] += not is_mended

    def _shares(self, rule: str, team: str, repository: str | None) -> list[Share]:
        return [
            self.all,
            self.rules.setdefault(rule, Share()),
            self.teams.setdefault(team, Share()),
            self.repositories.setdefault(repository, Share()),
        ]


def _why_left(finding: ReportedFinding) -> str:
    if finding.left_because is not None:
        return finding.left_because
    return IN_CLUSTER if finding.has_fix else NO_FIX
