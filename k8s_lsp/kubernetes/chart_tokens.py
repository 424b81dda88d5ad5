"""What the templates of a chart tell of accounts whose names a template makes.

A template names an account by an expression, and the same expression stands wherever the chart
means that account. So it is known, without a run of Helm, which account a value of the chart gives
a token to, and whether a binding of the chart gives that account a role.
"""

from typing import Final, NamedTuple

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.regexes import regex
from k8s_lsp.syntax.nodes import Scalar


class ChartToken(NamedTuple):
    """Where a template takes from the values of its chart whether an account's token is mounted.

    The `values` are paths below the root of the values (`web.serviceAccount.automount`). The
    `account` is as `account_in_chart` has it.
    """

    values: tuple[str, ...]
    account: str


_VALUE: Final = regex(r"\.Values\.([\w.-]+)")
_NAMED: Final = regex(r'\{\{-?\s*\(?(?:include|template)\s+["`]([^"`]*)["`][^}]*\}\}')
"""A template of its own that an action takes, as `include` and `template` both do."""


def chart_token(automount: Field, account: Field, text: str) -> ChartToken | None:
    """What a template says of a token; None where no value of the chart decides about it.

    `automount` and `account` are the fields of the pod or the ServiceAccount in the `text`.
    """
    written = _expression(automount, text)
    values = () if written is None else tuple(_VALUE.findall(written))
    name = account_in_chart(account, text) or "default"
    return ChartToken(values, name) if values else None


def account_in_chart(name: Field, text: str) -> str | None:
    """How an account is called within a chart: by its name, or by the expression that makes it.

    None where nothing stands in the field. In which way a helper is taken, makes no difference.
    """
    written = _expression(name, text)
    return name.text if written is None else _NAMED.sub(r"{{\1}}", written).strip("\"'")


def _expression(field: Field, text: str) -> str | None:
    """What a template has in a field, where an expression stands in it."""
    node = field.node
    if not isinstance(node, Scalar) or node.style != "{{":
        return None
    return text[node.span.start : node.span.end]
