"""What hardening has done -> one message: what changed, what may break, what is left and why."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from k8s_lsp.engine.fixing import Left, left_for_you
from k8s_lsp.engine.hardened import Applied, Consequence, Hardened, consequences, gravest
from k8s_lsp.engine.results import Analysis
from k8s_lsp.kubernetes.fields import Path, path_text
from k8s_lsp.text import line_starts

HARDENED: Final = "k8s-lsp/hardened"
"""The notification for a client that tells by itself what hardening has done: it can offer to take
that back, and to show what may break."""

FIELDS_LIMIT = 10
LEFT_LIMIT = 3
"""How many fields, and how many findings that are left, a message names: it is read in passing."""

_OBVIOUS = ("securitycontext", "resources")
"""What is left out before a field's own name."""


class HardenedMessage(NamedTuple):
    """What to say of hardening, and all that may be different after it, of which that names few."""

    text: str
    consequences: tuple[Consequence, ...] = ()


def message_of(hardened: Hardened, unit: int | None = None, path: Path = ()) -> HardenedMessage:
    """The message about hardening everything, or one object or container of a unit."""
    text = hardened_message(hardened, unit, path)
    return HardenedMessage(text, consequences(hardened))


def hardened_params(uri: str, version: int | None, message: HardenedMessage) -> dict[str, Any]:
    """The parameters of HARDENED: the text that it was done to, and each consequence."""
    return {
        "uri": uri,
        "version": version,
        "message": message.text,
        "mayBreak": [{"rule": each.rule, "text": _sentence(each)} for each in message.consequences],
    }


def hardened_message(hardened: Hardened, unit: int | None = None, path: Path = ()) -> str:
    """The message, in one line of plain text; "" where nothing was changed.

    Where one object or container of a unit was hardened, at that `path`, only what is left in the
    same object is told.
    """
    if not hardened.applied:
        return ""
    sentences = [f"Changed: {_listed(changed_fields(hardened.applied), FIELDS_LIMIT, ', ')}"]
    sentences += map(_sentence, gravest(consequences(hardened)))
    left = list(_left(hardened, unit, path))
    if left:
        sentences.append(f"Left for you: {_listed(left, LEFT_LIMIT, '; ')}")
    # Some clients make a link of what is written like one, and a manifest must not write any.
    return " ".join(f"{sentence}." for sentence in sentences).replace("](", "] (")


def nothing_message(analysis: Analysis, title: str, unit: int, path: Path) -> str:
    """What to say where hardening an object changes nothing: what is left in it, and why."""
    left = list(_left(Hardened(analysis), unit, path))
    text = f"There is nothing to harden in {title}."
    if left:
        text += f" Left for you: {_listed(left, LEFT_LIMIT, '; ')}."
    return text.replace("](", "] (")


def _sentence(consequence: Consequence) -> str:
    """A consequence as a sentence begins; the name of a field stays as it is written."""
    text = str(consequence)
    first, _, _ = text.partition(" ")
    return text[0].upper() + text[1:] if first.islower() else text


def _listed(texts: Iterable[str], most: int, separator: str) -> str:
    known = list(dict.fromkeys(texts))
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return separator.join(known[:most]) + more


def changed_fields(applied: Iterable[Applied]) -> Iterator[str]:
    """The fields that were changed, below their container or pod, by their names."""
    for each in sorted(applied, key=lambda one: one.diagnosis.rule.slug):
        path = each.diagnosis.finding.path
        if path is None:
            continue
        obj = each.diagnosis.object
        container, pod = obj.container_at(path), obj.pod_at(path)
        if container is not None and len(path) > len(container.path):
            path = path[len(container.path) :]
        elif pod is not None and path[: len(pod.path)] == pod.path:
            path = path[len(pod.path) :]
        else:
            path = path[len(obj.root.path) :]
        # Below a context or amounts, whatever they are called, it is clear what is meant.
        obvious = (
            depth + 1
            for depth, name in enumerate(path[:-1])
            if isinstance(name, str) and name.lower().endswith(_OBVIOUS)
        )
        yield path_text(path[max(obvious, default=0) :])


def _left(hardened: Hardened, unit: int | None, path: Path) -> Iterator[str]:
    analysis = hardened.analysis
    starts: list[int] | None = None
    for left in left_for_you(analysis):
        root = left.diagnosis.object.root.path
        if unit is not None and (
            left.offset != analysis.offsets[unit] or path[: len(root)] != root
        ):
            continue
        if starts is None:
            starts = line_starts(analysis.text)
        yield f"line {_line(starts, left)}, {left.diagnosis.rule.slug}: {left.reason}"


def _line(starts: list[int], left: Left) -> int:
    return bisect_right(starts, left.offset + left.diagnosis.finding.span.start)
