"""Limits and requests that a container's author left commented out, as charts and samples do.

    resources: {}
    # limits:
    #   cpu: 200m

They are the author's own numbers, and better than any default.
"""

from collections.abc import Iterator
from typing import Final

from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.kubernetes.quantities import quantity
from k8s_lsp.regexes import regex
from k8s_lsp.settings import Resources
from k8s_lsp.syntax.comments import end_with_comments
from k8s_lsp.syntax.nodes import Mapping
from k8s_lsp.text import line_start, may_hold_comments

_SIDE: Final = regex(r"""["']?(limits|requests)["']?:[ \t]*(?:#.*|\{[ \t]*\}.*)?""")
"""A line that begins the limits or the requests, commented out or not."""

_FLOW: Final = regex(r"""(limits|requests)["']?:[ \t]*(\{[^{}]*\})""")

_AMOUNT: Final = regex(
    r"""(?<![\w-])(cpu|memory|ephemeral-storage)["']?:[ \t]*["']?([0-9.][\w.]{0,30})"""
)


def with_commented_amounts(container: Container, resources: Resources) -> Resources:
    """The settings, with the amounts that stand in comments of the container in their place.

    Where they name a request alone, the limit is not below it.
    """
    numbers = container.cache.get(with_commented_amounts)
    if numbers is None:
        numbers = container.cache[with_commented_amounts] = dict(_amounts(container))
    for name in ("cpu", "memory", "ephemeral_storage"):
        request, limit = numbers.get(f"{name}_request"), f"{name}_limit"
        if request is not None and limit not in numbers:
            default = getattr(resources, limit)
            if (quantity(default) or 0) < (quantity(request) or 0):
                numbers[limit] = request
    return resources._replace(**numbers) if numbers else resources


def _amounts(container: Container) -> Iterator[tuple[str, str]]:
    """The names of settings, with the amounts that comments have for them."""
    for side, name, value in _commented(container):
        is_milli_bytes = name != "cpu" and value.endswith("m")
        if quantity(value) and not is_milli_bytes:
            yield f"{name.replace('-', '_')}_{side.removesuffix('s')}", value


def _commented(container: Container) -> Iterator[tuple[str, str, str]]:
    """Each amount in a comment: whether of the limits or the requests, of what, and how much."""
    side = None
    for line in _lines(container):
        content = line.strip()
        body = content.lstrip("# \t")
        is_comment = content.startswith("#")
        begun = _SIDE.fullmatch(body)
        if begun is not None:
            side = begun[1]
        elif is_comment:
            flows = _FLOW.findall(body)
            for flow_side, amounts in flows:
                yield from ((flow_side, *found) for found in _AMOUNT.findall(amounts))
            found = _AMOUNT.match(body)
            if side is not None and found is not None:
                yield side, found[1], found[2]
        elif content and not _AMOUNT.match(body):
            side = None


def _lines(container: Container) -> list[str]:
    """The lines of a container, with the comments below that are deeper than its keys."""
    text, node = container.text, container.field.written
    if not may_hold_comments(text) or not isinstance(node, Mapping) or node.flow:
        return []
    start, end = node.span
    region = text[start : end_with_comments(text, end, start - line_start(text, start) - 1)]
    is_there = "#" in region and ("limits" in region or "requests" in region)
    return region.splitlines() if is_there else []
