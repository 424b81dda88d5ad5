"""What is told of the findings at a token: one whole, of several what counts in the end."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from textwrap import dedent
from typing import NamedTuple

from k8s_lsp.engine.fixing import preferred_fix
from k8s_lsp.engine.results import Analysis, Diagnosis
from k8s_lsp.features.effective import PodField, brief, effective, in_effect
from k8s_lsp.features.fitting import Part
from k8s_lsp.features.known_images import will_start
from k8s_lsp.features.markdown import BREAK, LINE_LENGTH, literal, table
from k8s_lsp.features.rule_links import link_of
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.base import Rule
from k8s_lsp.rules.explanation import lines_of_difference, why
from k8s_lsp.text import Edit, apply_edits, line_end, line_start


class View(NamedTuple):
    """What a hover sees: the analysis of the text, its folder, and the line of an offset.

    `line_of` takes an offset of the unit that is looked at, and counts from 1.
    """

    analysis: Analysis
    folder: str
    line_of: Callable[[int], int]


def texts_of_findings(
    view: View, found: list[Diagnosis], special: Sequence[str] = ()
) -> Iterator[Part]:
    """What is told of findings at one token, the gravest first.

    `special` is what is known of the very value there, as of a capability: it says better why a
    finding matters than what holds for all of its kind.
    """
    if len(found) == 1:
        yield from _one(view, found[0], special)
    elif found:
        yield from _several(view, found)
        yield Part(BREAK.join(special), rank=3)


def reference(rule: Rule, label: str | None = None) -> str:
    """A link to the line of the rules' page that explains a rule, which every editor can open."""
    return f"[{label or rule.slug}]({link_of(rule)})"


def containers_of(reported: Diagnosis) -> Iterable[Container]:
    """The containers that a finding speaks for: its own, those it names, or all of the pod."""
    finding = reported.finding
    own = None if finding.path is None else reported.object.container_at(finding.path)
    if own is not None:
        return (own,)
    named = [each for each in reported.object.containers if each.path in finding.containers]
    return named or reported.object.containers


# One finding.


def _one(view: View, reported: Diagnosis, special: Sequence[str]) -> Iterator[Part]:
    rule = reported.rule
    yield Part(BREAK.join((f"**{rule.summary}.**", *special)) if special else why(rule))
    lines = _missing_lines(view.analysis, reported)
    is_code = lines.endswith("```")
    risk, images = _risk(reported), list(_images(view, [reported]))
    if is_code:
        yield Part(BREAK.join(images), rank=1)
        yield Part(risk, rank=3 if images else 1)
        yield Part(lines, rank=2, shrinks=True)
    else:
        yield Part(BREAK.join(each for each in (lines, *images) if each), rank=1)
        yield Part("" if images else risk, rank=4)
    place = _place_of(view, reported)
    told = [] if place is None else list(effective(place))
    explain = reference(rule, f"Explain {rule.slug}")
    if not told:
        # Only the message tells what this finding is about, and it is shown beside the hover too.
        yield Part(f"{literal(reported.finding.message)}.", rank=3)
    yield Part(BREAK.join((*told, f"{explain} ({_weight(reported)})")))


def _weight(reported: Diagnosis) -> str:
    level = f"; Pod Security: {reported.control.level}" if reported.control is not None else ""
    return f"{reported.severity}{level}"


def _risk(reported: Diagnosis) -> str:
    """What may break once the advice is followed, if anything may."""
    after, containers = reported.rule.after_fix, tuple(containers_of(reported))
    if after is None or not any(map(after.concerns, containers)):
        return ""
    told = after.text.format(containers=_named(containers), pods="the pod")
    return f"After the fix: {told.replace(': ', '; ')}."


def _images(view: View, found: list[Diagnosis]) -> Iterator[str]:
    """Whether the images that are known start then."""
    own = view.analysis.context.settings.images
    said = (
        line
        for reported in found
        for line in will_start(reported.rule.slug, containers_of(reported), own)
    )
    yield from dict.fromkeys(said)


def _named(containers: Sequence[Container]) -> str:
    if len(containers) > 2:
        return f"{len(containers)} containers"
    return " and ".join(literal(str(container)) for container in containers)


def _place_of(view: View, reported: Diagnosis) -> PodField | None:
    """The field of a pod that a finding is about; None where it is about something else."""
    obj, path = reported.object, reported.finding.path
    pod = None if path is None else obj.pod_at(path)
    if path is None or pod is None:
        return None
    field = obj.root.get(*path[len(obj.root.path) :])
    facts = view.analysis.context.facts
    return PodField(obj, pod, obj.container_at(path), field, facts, view.line_of)


# The lines that are missing.

MOST_YAML_LINES = 5
"""How many lines of YAML are shown, with one that tells of more."""


def _missing_lines(analysis: Analysis, reported: Diagnosis) -> str:
    """The lines that the preferred fix writes, else those of the good form of the rule.

    A fix that only takes something away is told by its title.
    """
    fix = preferred_fix(analysis, reported)
    text, path = reported.object.text, reported.finding.path
    names = [each for each in path or () if isinstance(each, str)]
    name = names[-1] if names else ""
    instead = ""
    if fix is not None:
        lines = _lines_about(name, _written_lines(name, text, tuple(fix.edits)))
        if not lines:
            return f"Quick fix: {literal(fix.title)}."
    else:
        bad, lines = lines_of_difference(reported.rule)
        if not (name and any(name in line for line in bad)):
            lines = []
        instead = "Instead, for example:\n"
    lines = dedent("\n".join(lines)).split("\n") if lines else []
    if len(lines) > MOST_YAML_LINES:
        lines[MOST_YAML_LINES - 1 :] = ["# …"]
    if any("```" in line for line in lines):
        # What a manifest says could end the fence.
        return ""
    # The good form of a rule is YAML, and a template may begin with a brace.
    is_json = fix is not None and text.lstrip().startswith(("{", "["))
    language = "json" if is_json and not analysis.is_template else "yaml"
    fence = "```"
    return "\n".join((f"{instead}{fence}{language}", *lines, fence)) if lines else ""


def _written_lines(name: str, text: str, edits: tuple[Edit, ...]) -> list[str]:
    """The lines that edits bring or change, in their order.

    In a text without lines, only what is new can be looked at, with the name of what it is.
    """
    after = apply_edits(text, edits)
    lines: dict[int, str] = {}
    moved = 0
    for span, new in sorted(edits, key=lambda edit: edit.span):
        start = span.start + moved
        moved += len(new) - (span.end - span.start)
        before = text[line_start(text, span.start) : line_end(text, span.end)].splitlines()
        place = line_start(after, start)
        for line in after[place : line_end(after, start + len(new))].splitlines(keepends=True):
            kept = line.rstrip()
            if kept and kept not in before and new.strip():
                lines[place] = kept if len(kept) <= LINE_LENGTH else _named_value(name, new)
            place += len(line)
    return [lines[place] for place in sorted(lines)]


def _named_value(name: str, new: str) -> str:
    bare = new.strip().strip(",").strip()
    return bare if name in bare else f'"{name}": {bare}'


def _lines_about(name: str, lines: list[str]) -> list[str]:
    """Of some lines that of a key with those around and below it; all, where no key is so called.

    A fix may write much more than what its finding is about, which is told in words.
    """
    keys = [line.lstrip(" \"'-") for line in lines]
    found = (each for each, key in enumerate(keys) if _is_called(key, name))
    index = next(found, None) if name else None
    if index is None:
        return lines
    chosen, depth = [lines[index]], _depth(lines[index])
    for line in reversed(lines[:index]):
        if _depth(line) < depth:
            depth = _depth(line)
            chosen.insert(0, line)
    for line in lines[index + 1 :]:
        if _depth(line) <= _depth(lines[index]):
            break
        chosen.append(line)
    return chosen


def _is_called(key: str, name: str) -> bool:
    return key.startswith(name) and key[len(name) :].lstrip("\"' ").startswith(":")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


# Several findings.

MOST_ROWS = 9
MOST_IMAGES = 2
"""How many fields, and how many consequences for images, are told of several findings."""


def _several(view: View, found: list[Diagnosis]) -> Iterator[Part]:
    """The fields that they are about, with what counts there; of others, what is wrong."""
    rows: list[tuple[str, str, str]] = []
    others: list[str] = []
    for reported in found:
        place = _place_of(view, reported)
        told = None if place is None else in_effect(place)
        if told is None:
            others.append(f"- {reported.rule.summary}: {reference(reported.rule)}")
        else:
            rows.append((f"`{told.name}`", brief(told.value), reference(reported.rule)))
    names = dict.fromkeys(_owner(reported) for reported in found)
    of = f" for {literal(next(iter(names)))}" if len(names) == 1 and next(iter(names)) else ""
    heading = f"**{len(found)} findings**{of}"
    if others:
        yield Part("\n".join((f"{heading}\n", *others)), rank=1, shrinks=True)
    else:
        yield Part(heading)
    if rows:
        yield Part(table(("Field", "In effect", "Explain"), rows[:MOST_ROWS]))
    yield Part(BREAK.join(islice(_images(view, found), MOST_IMAGES)), rank=2)


def _owner(reported: Diagnosis) -> str:
    obj: KubeObject = reported.object
    path = reported.finding.path
    container = None if path is None else obj.container_at(path)
    return str(container) if container is not None else ""
