"""Messages as clients send them: what the protocol forbids in one is as if it was not there.

A client of a later version of the protocol sends values that this one does not know, and the
diagnostics that it sends along may come from programs that never read the protocol. That is no
reason to refuse the rest of a message.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from cattrs.errors import AttributeValidationNote, BaseValidationError, IterableValidationNote

T = TypeVar("T")

Place = tuple[str | int, ...]
"""Where a value stands in a message: names of members, and indexes of lists."""

MEANT: dict[str, Any] = {
    "capabilities": {},
    "context": {"diagnostics": []},
    "diagnostics": [],
    "languageId": "",
    "name": "",
    "version": 0,
}
"""What it means that a member is absent that the protocol asks for. Where nothing stands
here, that to which it belongs is of no use without it."""

LARGEST = 2**31 - 1
"""The largest number of a line or a character (`uinteger` of the protocol)."""

_ROUNDS = 50
"""More than any message is deep; a round mends all places at one depth, or more."""


def structured(structure: Callable[[Any], T], message: Mapping[str, Any]) -> T:
    """What `structure` makes of a message, without those parts that it cannot take.

    It is called again only where something is wrong. Raises what it raises where that tells no
    part, or where nothing is left of the parameters.
    """
    for _ in range(_ROUNDS):
        try:
            return structure(message)
        except Exception as error:
            places = {_existing(message, place) for place in _bad_places(error)}
            if not places or any(len(place) < 2 for place in places):
                raise
            mended: Any = message
            # The innermost first, and the last item of a list, so that no place is moved before.
            for place in sorted(places, key=lambda place: (len(place), place), reverse=True):
                mended = _mended(mended, place)
            message = mended
    return structure(message)


def _bad_places(error: BaseException) -> Iterator[Place]:
    """The places that cattrs complains of; pygls wraps its error into one of its own."""
    cause = error if isinstance(error, BaseValidationError) else error.__cause__
    if isinstance(cause, BaseValidationError):
        yield from _places_below(cause, ())


def _places_below(error: BaseException, place: Place) -> Iterator[Place]:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            place = (*place, note.name)
        elif isinstance(note, IterableValidationNote):
            place = (*place, note.index)
    if isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            yield from _places_below(inner, place)
    else:
        yield place


def _existing(value: Any, place: Place) -> Place:
    """That place of a message, with the names that it has there, or what lacks it.

    What may be absent after all is given as a place that does not exist.
    """
    found: list[str | int] = []
    for step in place:
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            found.append(step)
            value = value[step]
        elif isinstance(value, dict):
            letters = _letters(step)
            name = next((name for name in value if _letters(name) == letters), None)
            if name is None:
                absent = next((name for name in MEANT if _letters(name) == letters), None)
                return tuple(found) if absent is None else (*found, absent)
            found.append(name)
            value = value[name]
        else:
            break
    return tuple(found)


def _letters(name: object) -> str:
    """What a name has in common in the protocol and in Python."""
    return str(name).replace("_", "").lower()


def _mended(value: Any, place: Place) -> Any:
    """A copy of a value with another one at a place, or without it."""
    step, *rest = place
    if isinstance(value, list):
        index = int(step)
        return [*value[:index], *_kept(value[index], rest), *value[index + 1 :]]
    if step not in value:
        return {**value, step: MEANT[str(step)]}
    others = {name: member for name, member in value.items() if name != step}
    for kept in _kept(value[step], rest):
        others[step] = kept
    return others


def _kept(value: Any, place: list[str | int]) -> Iterator[Any]:
    """What stands in the place of a value with something wrong in it, if anything does."""
    if place:
        yield _mended(value, tuple(place))
    elif (near := _nearest_position(value)) is not None and near != value:
        yield near


def _nearest_position(value: Any) -> dict[str, int] | None:
    """The nearest position that there is: many clients send a large number for "the end"."""
    match value:
        case {"line": int() as line, "character": int() as character}:
            return {
                "line": min(max(line, 0), LARGEST),
                "character": min(max(character, 0), LARGEST),
            }
    return None
