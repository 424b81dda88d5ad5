"""What a rule is, and what it yields."""

import inspect
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from k8s_lsp.edits import Edits
from k8s_lsp.kubernetes.facts import NOWHERE, ObjectFacts, Place
from k8s_lsp.kubernetes.fields import Field, Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.queries import Facts, place_of
from k8s_lsp.kubernetes.versions import NEWEST, OLDEST, Version
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.admission import Admission, Undecidable
from k8s_lsp.settings import Level, OptionValue, Settings, Severity
from k8s_lsp.syntax import nodes
from k8s_lsp.text import Span

PodSecurityLevel = Literal["baseline", "restricted"]

Safety = Literal["safe", "review"]
"""`safe`: the API server would store the same object, apart from a renamed alias of the same
field. `review`: the fix may change what the workload may do; it never runs on save."""

Scope = Literal["token", "field", "container", "item", "object"]
"""How far a finding silences another one: at its token, at its field and below (a volume's source),
for its containers, in the item of the object's list that it stands in (a rule of a Role), or
everywhere in its object."""


class Control(NamedTuple):
    """One check of the Pod Security Standards, by its upstream id, from a version on."""

    level: PodSecurityLevel
    id: str
    since: Version = OLDEST


class Option(NamedTuple):
    """What a user may choose about a rule beside its severity.

    The default's own type is `type`; `strings` are a list of them, which is a tuple here.
    """

    name: str
    type: Literal["boolean", "integer", "string", "strings"]
    default: OptionValue
    doc: str


class Fix(NamedTuple):
    """Edits of the object's unit, which together make a finding disappear.

    The title is a verb phrase. A finding has at most one preferred fix: "Harden" takes it. The
    others are alternatives that a person may choose. `left_because` is a reason for which no fix in
    bulk takes it, though it is the preferred one: what the file decides on purpose, or what would
    not start afterwards. It is a clause in words, for "left for you: …". `waits_for` names the
    rules whose fixes in the same object go first in bulk: this one would silence their findings,
    or is left as long as they are, and no longer.
    One that `is_last` waits for all others: what is right then depends on what they leave.
    `takes_nothing` says of a fix that what its rule tells afterwards does not hold for it.
    """

    title: str
    edits: Edits
    safety: Safety = "review"
    preferred: bool = True
    left_because: str | None = None
    is_last: bool = False
    waits_for: tuple[str, ...] = ()
    takes_nothing: bool = False


Risk = Literal["loss", "start", "crash", "limit", "function"]
"""What may go wrong after a fix, the gravest first: a container has lost what its author asked for,
so that it runs and does not do its work; it may not start any more, may end as soon as it has, may
need more than a number that was not measured, or fails at something it seldom does."""

LOST_ACCESS = "{containers} lost access to the node: what needs its devices or its kernel fails"
"""What rules tell together that take privileges, capabilities or namespaces of the node away."""


def _concerns_all(container: Container) -> bool:
    return True


class AfterFix(NamedTuple):
    """What is worth knowing once preferred fixes of a rule were taken in bulk, in one line.

    The rule's file has it as a tuple, AFTER_FIX; rules with the same `text` are told together.

    In the `text`, `{containers}` and `{pods}` stand for a number with its noun. `concerns` tells of
    a container, as it is after the fix, whether it may happen to that one.
    """

    risk: Risk
    text: str
    concerns: Callable[[Container], bool] = _concerns_all


class Related(NamedTuple):
    """Another place that helps to understand a finding: of the same unit, by its span.

    With a `path`, it is one in another file; then the `place` tells where, and the span nothing.
    """

    span: Span
    message: str
    path: str = ""
    place: Place = NOWHERE


def _no_fixes() -> Iterable[Fix]:
    return ()


@dataclass(slots=True, eq=False)
class Finding:
    """A fault of an object, at one token; it is never changed.

    `path` is the offending or missing field. `containers` are the paths of the containers that it
    speaks for, where that is not the one that `path` lies in. `absent_from` holds every mapping
    that was asked in vain: while one of them is open, or the object is a patch, it is not known
    what it holds, and the engine drops the finding. `fixes` is called when a client asks for them,
    and may yield none. `level` is the lowest Pod Security level that is violated, and `severity`
    that of this finding, where they are not the rule's; a severity that the user chose for the rule
    goes before both. A finding about a unit belongs to the object that it is `about`, else to the
    first one of the unit. `absent_block` is the path of the outermost mapping that the missing
    field would stand in and that is not there either; None where there is none.
    """

    span: Span
    message: str
    path: Path | None = None
    fixes: Callable[[], Iterable[Fix]] = _no_fixes
    related: tuple[Related, ...] = ()
    containers: tuple[Path, ...] = ()
    absent_from: tuple[nodes.Mapping, ...] = ()
    level: PodSecurityLevel | None = None
    severity: Severity | None = None
    about: KubeObject | None = None
    absent_block: Path | None = None


class Context(NamedTuple):
    """What a rule may know beside its object: nothing of it is read from a clock or a disk."""

    settings: Settings = Settings()
    version: Version = NEWEST
    facts: Facts = Facts()


class UnitView(NamedTuple):
    """What a rule may know of a whole unit, which holds at least one object.

    `problems` are the syntax errors of its text. `unused_ignores` gives, once all other rules have
    run, what is wrong with the ignore comments of the unit.
    """

    objects: tuple[KubeObject, ...]
    problems: tuple[nodes.Problem, ...]
    unused_ignores: Callable[[], Iterable[Finding]]


S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Subject(Generic[S]):
    """What a check is called with, beside the context: each of what there is `of` an object."""

    of: Callable[[KubeObject], Iterable[S]]


OBJECT: Subject[KubeObject] = Subject(lambda obj: (obj,))
"""The check is called with every object."""

POD: Subject[Pod] = Subject(lambda obj: obj.pods)
"""The check is called with each pod that an object holds."""

CONTAINER: Subject[Container] = Subject(lambda obj: obj.containers)
"""The check is called with each container of an object's pods: init, regular, ephemeral."""

UNIT: Subject[UnitView] = Subject(lambda obj: ())
"""The check is called with a whole unit, once all its objects were checked: with none of them."""


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule, whole: what it says, why, and how it finds out.

    `module` is the name of its file. The docstring there is the explanation, and the constants at
    its end are the rest of what people are shown; they are read when a client or the command asks
    for them, because most runs show none.

    `severity` is that of the recommended profile; `off` means that only the profile `all` or an
    explicit setting runs it. `subject` says what the `check` is called with, and `kinds` are those
    of the objects that it looks at, where it does not look at all of them. `requires_any_of` are
    keys, never values, which a client may be typing: where none stands in the text, there is
    nothing to find. `silences` maps
    the slugs of findings that this rule's finding implies to the scope in which it does so.
    `in_every_profile` says that it also runs under the profiles of the Pod Security Standards,
    which do not ask for it. `is_unnecessary` says that what it finds is text without effect: a
    client may grey it out, and since taking it away is the only cure, no comment to ignore it is
    offered.
    """

    slug: str
    module: str
    severity: Level
    subject: Subject[Any]
    check: Callable[[Any, Context], Iterator[Finding]]
    kinds: frozenset[str] | None
    requires_any_of: tuple[str, ...]
    controls: tuple[Control, ...]
    silences: Mapping[str, Scope]
    options: tuple[Option, ...]
    in_every_profile: bool
    is_unnecessary: bool

    def findings(self, obj: KubeObject, context: Context) -> Iterator[Finding]:
        """What the rule finds in an object: nothing, where its subject is a whole unit."""
        for subject in self.subject.of(obj):
            yield from self.check(subject, context)

    @property
    def family(self) -> str:
        """The folder that its file lies in."""
        return self.module.split(".")[-2]

    @cached_property
    def _docstring(self) -> tuple[str, str]:
        summary, _, explanation = inspect.cleandoc(self._written("__doc__", "")).partition("\n")
        return summary.rstrip("."), explanation.strip()

    @property
    def summary(self) -> str:
        """What is wrong, in one sentence without its point."""
        return self._docstring[0]

    @property
    def explanation(self) -> str:
        """Why it matters, and what to do."""
        return self._docstring[1]

    @property
    def bad(self) -> str:
        """A manifest that yields exactly this finding."""
        return self._written("BAD", "")

    @property
    def good(self) -> str:
        """What the preferred fix makes of the bad one, where there is one."""
        return self._written("GOOD", "")

    @property
    def references(self) -> tuple[str, ...]:
        """The addresses of pages that tell more."""
        return self._written("REFERENCES", ())

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """The sections of the CIS Kubernetes Benchmark 1.12 that ask for it (`CIS 5.2.2`).

        `NSA/CISA` stands for the Kubernetes Hardening Guidance of these agencies.
        """
        return self._written("BENCHMARKS", ())

    @property
    def weaknesses(self) -> tuple[str, ...]:
        """The weaknesses of MITRE's Common Weakness Enumeration that it is one of (`CWE-250`)."""
        return self._written("WEAKNESSES", ())

    @property
    def other_tools(self) -> Mapping[str, tuple[str, ...]]:
        """The names of other tools, with their names for this rule."""
        return self._written("OTHER_TOOLS", {})

    @property
    def after_fix(self) -> AfterFix | None:
        """What is worth knowing once preferred fixes of it were taken in bulk, if anything is."""
        written: tuple[Any, ...] = self._written("AFTER_FIX", ())
        return AfterFix(*written) if written else None

    @property
    def admission(self) -> Admission | Undecidable:
        """How the admission control of a cluster decides it, or why none can."""
        return self._written("ADMISSION", _UNDECIDED)

    def _written(self, name: str, default: T) -> T:
        """What the rule's file says under a name."""
        value: T = getattr(sys.modules[self.module], name, default)
        return value

    def control_at(self, version: Version, level: PodSecurityLevel) -> Control | None:
        """The control that reports this rule's findings under a Pod Security level.

        At `restricted`, a restricted check overrides the baseline one that it repeats. None where
        the level of that version does not ask for it.
        """
        found = None
        for control in self.controls:
            if control.since <= version and control.level in ("baseline", level):
                found = control
        return found


_UNDECIDED = Undecidable("its file does not say how")


def rule(
    *,
    severity: Level,
    subject: Subject[S],
    kinds: frozenset[str] | None = None,
    requires_any_of: tuple[str, ...] = (),
    controls: tuple[Control, ...] = (),
    silences: Mapping[str, Scope] | None = None,
    options: tuple[Option, ...] = (),
    in_every_profile: bool = False,
    is_unnecessary: bool = False,
) -> Callable[[Callable[[S, Context], Iterator[Finding]]], Rule]:
    """Make a Rule of a generator function, which is named for the slug; the rest is as in Rule.

    The docstring of its file explains it: the first line is the summary. The file ends with BAD,
    GOOD, and AFTER_FIX, REFERENCES, BENCHMARKS, WEAKNESSES and OTHER_TOOLS where there are any; its
    folder is the family.
    Nothing is registered: `catalogue.py` lists the rules. A rule about pods or containers looks at
    the kinds that hold a pod. `controls` are ordered from baseline to restricted, and from old to
    new.
    """

    def make(check: Callable[[S, Context], Iterator[Finding]]) -> Rule:
        return Rule(
            check.__name__.replace("_", "-"),
            check.__module__,
            severity,
            subject,
            check,
            WITH_POD if subject in (POD, CONTAINER) else kinds,
            requires_any_of,
            controls,
            silences or {},
            options,
            in_every_profile,
            is_unnecessary,
        )

    return make


def fix(
    title: str,
    edits: Edits | None,
    *,
    safety: Safety = "review",
    preferred: bool = True,
    left_because: str | None = None,
    is_last: bool = False,
    waits_for: tuple[str, ...] = (),
    takes_nothing: bool = False,
) -> tuple[Fix, ...]:
    """The fix, or nothing where its edits are None because the place cannot be changed safely."""
    if edits is None:
        return ()
    return (Fix(title, edits, safety, preferred, left_because, is_last, waits_for, takes_nothing),)


def found(
    field: Field,
    message: str,
    *,
    fixes: Callable[[], Iterable[Fix]] = _no_fixes,
    at: Literal["value", "key"] = "value",
    affected: Iterable[Container] = (),
    level: PodSecurityLevel | None = None,
    severity: Severity | None = None,
) -> Finding:
    """A finding about something that stands in the text: its value, or the key that is the fault.

    `affected` are the containers that inherit the value: they become related places.
    """
    key_span = field.key.span if at == "key" and field.key is not None else None
    containers = tuple(affected)
    return Finding(
        key_span or field.span,
        _as_named(message, field),
        field.path,
        fixes,
        tuple(Related(container.anchor, f"{container} inherits it") for container in containers),
        tuple(container.path for container in containers),
        (),
        level,
        severity,
    )


_NAMES = (("securityContext", "securityContext."), ("resources", "resources."))
"""The fields of pods and containers that custom resources have under names that end in these."""


def _as_named(message: str, field: Field) -> str:
    """The message with the name that a field has in the text."""
    for name, start in _NAMES:
        if name not in field.path and start in message:
            own = [key for key in field.path if str(key).lower().endswith(name.lower())]
            return message.replace(start, f"{own[-1]}.") if own else message
    return message


def unless_incomplete(finding: Finding, obj: KubeObject) -> Finding:
    """The finding, which the engine drops in a template, in a patch and in what is half typed.

    What it says of an object among others may not be so there, though the field is.
    """
    node = obj.root.node
    return replace(finding, absent_from=(node,) if isinstance(node, nodes.Mapping) else ())


def related_to(facts: Facts, obj: ObjectFacts, message: str, mark: str = "") -> tuple[Related, ...]:
    """The place of an object of another file, or what it marks so; nothing for one of the text."""
    if not obj.path:
        return ()
    return (Related(_NO_SPAN, message, obj.path, facts.ask(place_of, obj, mark)),)


_NO_SPAN = Span(0, 0)


def found_within(
    field: Field, text: str, parts: Collection[tuple[int, int, str]]
) -> Iterator[Finding]:
    """Findings about parts of a value, from an offset in it to another one, with their messages.

    `text` is that of the unit. Of several parts that cannot be told from one another in it, the
    first one is reported.
    """
    reported = None
    spans = field.parts(text, [(start, end) for start, end, _ in parts])
    for (_, _, message), span in zip(parts, spans, strict=True):
        if span != reported:
            yield replace(found(field, message), span=span)
            reported = span


def missing(
    owner: Container | Pod | KubeObject,
    field: Field,
    message: str,
    *,
    also: Iterable[Field] = (),
    fixes: Callable[[], Iterable[Fix]] = _no_fixes,
    severity: Severity | None = None,
) -> Finding:
    """A finding about a field that the owner does not have.

    `field` is the one that is reported; `also` are the other places where a value would have been
    good enough. It points to the field's own key where that has no value, else to the key of the
    deepest existing ancestor below the owner, else to the owner itself: a container's name, or the
    key that holds the pod spec. Nothing is concluded about a container that has no image yet.
    """
    anchor = owner.anchor
    if isinstance(owner, Container):
        root: Field = owner.field
        ends: tuple[nodes.Node | None, ...] = (owner.field.node, owner.pod.spec.node)
    else:
        root = owner.spec if isinstance(owner, Pod) else owner.root
        ends = (root.node,)
    ancestor: Field | None = field
    absent = field
    depth = len(root.path)
    while ancestor is not None and len(ancestor.path) > depth:
        if ancestor.key is None:
            if ancestor.written is None:
                absent = ancestor
        elif not ancestor.shared:
            anchor = ancestor.key.span
            break
        ancestor = ancestor.parent
    asked: list[nodes.Mapping] = []
    is_unread = False
    if not isinstance(owner, KubeObject):
        is_unread = owner.is_partial
        if owner.is_placed:
            is_unread = is_left_open(owner, (field, *also))
            if isinstance(owner, Pod) and owner.lacks(field):
                is_unread = True
            # No operator makes a mount read-only that it was told to make.
            if owner.handling.kind == "overlay" and "volumeMounts" not in field.path:
                message = _unless_set(message)
            message = _as_named(message, field)
    for place in (field, *also):
        asked += _mappings_above(place, ends)
        is_unread = is_unread or place.unknown
    if is_unread:
        asked.append(_UNREAD)
    return Finding(
        anchor,
        message,
        field.path,
        fixes,
        (),
        (),
        tuple(asked),
        None,
        severity,
        None,
        None if absent is field else absent.path,
    )


def _unless_set(message: str) -> str:
    """The message about what an operator may set; the clause stands before the reason."""
    must, colon, reason = message.partition(": ")
    unless = " or" if " unless " in must else ", unless"
    return f"{must}{unless} its operator sets it{colon}{reason}"


def is_left_open(owner: Container | Pod, places: Iterable[Field]) -> bool:
    """Whether what is not written in some places of a custom resource may be set all the same.

    What a pod lacks of which only a part stands here may stand in its other parts.
    """
    if isinstance(owner, Pod) and owner.shape == "part":
        return True
    return any(owner.leaves_open(place) for place in places)


_UNREAD = nodes.Mapping(Span(0, 0), (), open=True)
"""Stands for text that is not here: what an alias would have named, or what is still to come."""


def _mappings_above(field: Field, ends: tuple[nodes.Node | None, ...]) -> list[nodes.Mapping]:
    """The mappings that were asked on the way to a field, from its container or pod spec down."""
    asked: list[nodes.Mapping] = []
    above = field.parent
    while above is not None:
        node = above.node
        if type(node) is nodes.Mapping:
            asked.append(node)
            if node in ends:
                break
        above = above.parent
    return asked
