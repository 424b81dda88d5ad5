"""Branches of a template: whether two places of a text may never come together."""

import re

from k8s_lsp.text import Span

_BRANCHES = re.compile(r"\{\{-?[ ]*(?:if|else|end|with|range)\b")
"""An action that begins, changes or ends a branch (text/template)."""


def may_exclude(text: str, one: Span, other: Span) -> bool:
    """Whether two places may stand in branches of which a template never writes both.

    An action between them may be one of a whole branch that neither is in: these are not told
    apart, so that what is said of both places is certain.
    """
    first, second = sorted((one, other))
    return "{{" in text and _BRANCHES.search(text, first.end, second.start) is not None
