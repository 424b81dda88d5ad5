"""What must not happen while somebody types: that a finding leaves and comes back."""

from collections.abc import Iterable


def returning(seen: Iterable[Iterable[str]]) -> set[str]:
    """The rules that were shown, were not, and were again; an error of the syntax may be."""
    told: set[str] = set()
    gone: set[str] = set()
    back: set[str] = set()
    for rules in seen:
        now = {*rules} - {"yaml-syntax"}
        back |= now & gone
        gone = (gone | told) - now
        told |= now
    return back
