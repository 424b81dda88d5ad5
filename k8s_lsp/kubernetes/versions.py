"""Kubernetes minor versions, which decide what Pod Security asks and what the API server knows."""

import re
from typing import NamedTuple


class Version(NamedTuple):
    """A minor version, as `1.34`; versions compare in their order."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


OLDEST = Version(1, 0)
NEWEST = Version(1, 37)
"""The newest version that these rules know; a newer one behaves as this one, as upstream does."""

_PATTERN = re.compile(r"v?(\d{1,4})\.(\d{1,4})")


def version_of(text: str) -> Version:
    """The version that `latest`, `1.34` or `v1.34` names, never above NEWEST.

    Raises ValueError, with a message for people, where the text is no version or is below 1.0.
    """
    if text == "latest":
        return NEWEST
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a Kubernetes version: write 1.34, v1.34 or latest')
    version = Version(int(match[1]), int(match[2]))
    if version < OLDEST:
        raise ValueError(f"Kubernetes {version} is below 1.0, the first one that has Pod Security")
    return min(version, NEWEST)


def is_newer_than_known(text: str) -> bool:
    """Whether the text names a version above the newest one that these rules know."""
    match = _PATTERN.fullmatch(text)
    return match is not None and Version(int(match[1]), int(match[2])) > NEWEST
