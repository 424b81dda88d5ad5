"""The amounts that fixes insert where a container has none: which there are, and their defaults."""

from collections.abc import Mapping
from typing import Any

from k8s_lsp.kubernetes.quantities import quantity
from k8s_lsp.settings import Resources

SIDES = ("limits", "requests")
RESOURCE_NAMES = ("cpu", "memory", "ephemeral-storage")

_DEFAULTS = Resources()


def default_amount(side: str, resource: str) -> str:
    """The quantity that is inserted unless another was chosen; the side is one of SIDES."""
    return str(getattr(_DEFAULTS, _attribute(side, resource)))


def is_above(request: str, limit: str) -> bool:
    """Whether a request is above its limit: the API server rejects that."""
    return (quantity(request) or 0) > (quantity(limit) or 0)


def resources_of(values: Mapping[str, Any]) -> Resources:
    """The amounts to insert; a default gives way where it would contradict what was chosen."""
    amounts: dict[str, str] = {}
    for resource in RESOURCE_NAMES:
        limit, request = (values.get(side, {}).get(resource) for side in SIDES)
        above = is_above(
            request or default_amount("requests", resource),
            limit or default_amount("limits", resource),
        )
        if above and limit is not None:
            request = limit
        elif above:
            limit = request
        for side, amount in zip(SIDES, (limit, request), strict=True):
            if amount is not None:
                amounts[_attribute(side, resource)] = amount
    return _DEFAULTS._replace(**amounts)


def _attribute(side: str, resource: str) -> str:
    """The attribute of Resources that holds an amount."""
    return f"{resource.replace('-', '_')}_{side[:-1]}"
