"""The smallest same-length repair that makes a half-typed unit parse.

Half of all states of a text do not parse while it is typed. What a repair touched is remembered:
the tree says of no collection around it what is missing there.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from k8s_lsp.syntax.nodes import Node
from k8s_lsp.syntax.repair.attempt import ParseAttempt, ParseFailure
from k8s_lsp.syntax.repair.candidates import candidates
from k8s_lsp.syntax.repair.repairs import Repair, apply_repairs

TRIES: Final = 24
"""How many repaired texts are read for one broken unit, at most."""

READ: Final = 4_000_000
"""How many characters the repaired texts of one broken unit have together, past three of them."""

Read: TypeAlias = Callable[[str, tuple[Repair, ...]], ParseAttempt]
"""Reads a repaired text; the repairs say which of its characters are not the user's."""


class Hints(NamedTuple):
    """What is known of a broken text beside the text.

    Where lines have to be given up, the one with the offset `suspect` goes first: it is where the
    text stopped being whole. No candidate counts that `sacrifices` what is known, nor an attempt
    that does not preserve it. The documents that `fallback` gives are taken where no attempt is
    left; then not more than so many `tries` are worth their time.
    """

    suspect: int | None = None
    sacrifices: Callable[[tuple[Repair, ...]], bool] = lambda _: False
    preserves: Callable[[ParseAttempt], bool] = lambda _: True
    fallback: Callable[[], tuple[Node, ...]] | None = None
    tries: int = TRIES


NO_HINTS: Final = Hints()


def _whole(attempt: ParseAttempt) -> ParseAttempt:
    """An attempt that has failed where its document ends before the text does.

    What the user's own text says is the end of a document, a repair must not say.
    """
    if attempt.dropped is None:
        return attempt
    failure = ParseFailure("document", attempt.dropped, attempt.dropped)
    return attempt._replace(failure=failure, dropped=None)


def recover(
    text: str,
    broken: ParseAttempt,
    read: Read,
    done: tuple[Repair, ...] = (),
    hints: Hints = NO_HINTS,
) -> ParseAttempt:
    """The best reading of a text whose plain reading is `broken`.

    Repairs one failure after the other and takes, each time, the first of the candidates that lets
    the whole text be read, or else the one with which reading gets furthest. Candidates that give
    up whole lines come last. Where none gets further, what was read before the failure is all
    there is, unless the hints have something that stands in for it.

    `done` are the repairs that `broken` was already read with.
    """
    tries = min(hints.tries, max(3, READ // (len(text) + 1)))
    lossy: ParseAttempt | None = None
    while broken.failure is not None and tries > 0:
        best: tuple[ParseAttempt, tuple[Repair, ...]] | None = None
        reach = broken.failure.offset
        source = apply_repairs(text, done)
        seen = {source}
        for is_lossy, candidate in candidates(source, broken, broken.failure, hints.suspect):
            repaired = apply_repairs(source, candidate)
            if repaired in seen or (is_lossy and hints.sacrifices(candidate)):
                continue
            if tries == 0:
                break
            seen.add(repaired)
            attempt = _whole(read(repaired, done + candidate))
            tries -= 1
            got = len(text) + 1 if attempt.failure is None else attempt.failure.offset
            if got <= reach or not hints.preserves(attempt):
                continue
            if attempt.failure is not None:
                best, reach = (attempt, done + candidate), got
            elif best is None or not is_lossy:
                return attempt._replace(repairs=done + candidate)
            else:
                # A repair of this line alone was found, but there is another broken line below.
                lossy = lossy or attempt
                break
        if best is None:
            break
        broken, done = best
    if lossy is not None or hints.fallback is None:
        return lossy or broken
    return ParseAttempt(hints.fallback(), None)
