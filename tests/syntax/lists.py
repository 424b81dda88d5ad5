"""Lists that are large enough to be cut into their items."""

from k8s_lsp.syntax.units import CUT_LISTS_ABOVE

ITEM = """\
{0}- apiVersion: v1
{0}  kind: Pod
{0}  metadata:
{0}    name: pod-1
{0}  spec:
{0}    containers:
{0}    - name: app
{0}      args:
{0}      - |
{0}        - not an item
"""

COUNT = CUT_LISTS_ABOVE // len(ITEM.format("")) + 1


def list_of(item: str, *, above: str = "", below: str = "") -> str:
    return f"apiVersion: v1\nkind: List\n{above}items:\n{item * COUNT}{below}"
