"""Figures side by side: ours, and beside them each rival's from the same run."""

from collections.abc import Iterable, Sequence
from math import ceil
from typing import NamedTuple


class Figures(NamedTuple):
    """What one of them reached: samples in the unit of their table; none where it is missing."""

    who: str
    samples: Sequence[float]
    note: str = ""


HEADS = ("", "n", "p50", "p99", "min – max", "p50 ×", "p99 ×", "")


def table(title: str, groups: Iterable[tuple[str, Sequence[Figures]]]) -> str:
    """A table of groups that are compared in themselves.

    The ratios say how many times the first one's figures another one's are: more than 1 is in
    favour of the first one.
    """
    rows: list[Sequence[str]] = []
    for name, group in groups:
        rows.append((name, *HEADS[1:]))
        rows += [_row(each, group[0]) for each in group]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [title, "=" * len(title)]
    for row in rows:
        first, *middle, last = row
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(middle, widths[1:-1], strict=True)]
        lines.append("  ".join([*cells, last]).rstrip())
    return "\n".join(lines) + "\n"


def _row(each: Figures, first: Figures) -> Sequence[str]:
    if not each.samples:
        return (f"  {each.who}", *[""] * (len(HEADS) - 2), each.note)
    shares = (0.5, 0.99)
    ratios = (
        "" if each is first or not first.samples else _ratio(each.samples, first.samples, share)
        for share in shares
    )
    return (
        f"  {each.who}",
        str(len(each.samples)),
        *(_written(quantile(each.samples, share)) for share in shares),
        f"{_written(min(each.samples))} – {_written(max(each.samples))}",
        *ratios,
        each.note,
    )


def quantile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least that share of the samples does not exceed."""
    return sorted(samples)[max(ceil(share * len(samples)) - 1, 0)]


def _ratio(theirs: Sequence[float], ours: Sequence[float], share: float) -> str:
    least = quantile(ours, share)
    return _written(quantile(theirs, share) / least) if least else ""


def _written(value: float) -> str:
    """A number with three figures, or with all that stand before its point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
