"""Which objects are patches: a part of an object, of which another file or a tool has the rest.

What a patch does not set is not missing: it stands in what the patch changes. So nothing is
concluded from an absence, and nothing is filled in, because a value in a patch goes before the one
that somebody chose where the whole object stands. An object that is still being typed looks the
same, and is treated the same: what it lacks is yet to come.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.fields import Field, Path
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.syntax.nodes import Mapping, Node, Scalar, Sequence

_NEED_SELECTOR = frozenset({"apps/v1", "apps/v1beta2"})
"""The versions in which each kind with a pod must name its pods: older ones took the labels of the
template (apis/apps/v1beta1/defaults.go), these refuse the object (apps/validation, "selector")."""

DIRECTIVES = ("$patch", "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/")
"""How the keys begin that tell the API server how to merge a strategic merge patch, and stand in no
object (apimachinery, pkg/util/strategicpatch/patch.go)."""


def may_hold_directives(text: str) -> bool:
    """Whether a key may stand in the text that tells how to merge it."""
    return "$" in text and any(directive in text for directive in DIRECTIVES)


def why_patch(
    root: Field,
    api_version: str,
    name: str | None,
    pod_place: Path | None,
    pod: Pod | None,
    *,
    may_hold_directives: bool,
) -> str | None:
    """What makes an object a patch, as a clause; None for a whole one.

    `pod_place` is where the kind keeps its pod, None where it holds none. `may_hold_directives` is
    what the function of that name says of the text. A container that has got no more than its name
    is being typed, and does not make the others a patch: what was found in them stays.
    """
    if pod_place is not None:
        if api_version in _NEED_SELECTOR and root.get("spec", "selector").lacking:
            return "it has no spec.selector"
        if pod is None:
            if root.get(*pod_place, "spec").lacking:
                return "it has no pod"
        else:
            if _holds_no_containers(pod):
                return "its pod has no containers"
            for container in pod.containers:
                if _is_patched(container):
                    return f"{container} has no image"
    if name and not name.strip("_-."):
        return f'"{name}" is no name, and stands for one'
    if may_hold_directives:
        directive = next(_directives(root.node), None)
        if directive is not None:
            return f"it has {directive}, which tells how to merge it"
    return None


def _holds_no_containers(pod: Pod) -> bool:
    """Whether it is certain that nothing runs but what goes before, beside, or debugs it."""
    if any(container.type == "container" for container in pod.containers):
        return False
    containers = pod.get("containers")
    if containers.key is None or containers.unknown:
        return containers.lacking
    node = containers.node
    if isinstance(node, Sequence):
        # As long as the first container is a dash, or a word behind one, there is none.
        return bool(node.items) and not node.open
    return not (isinstance(node, Mapping) and node.open)


def _is_patched(container: Container) -> bool:
    """Whether a container sets something, and leaves its image to what it is merged into."""
    node = container.field.node
    return (
        container.is_partial
        and isinstance(node, Mapping)
        and not node.names.keys() <= {"name"}
        and container.get("image").lacking
    )


def _directives(root: Node | None) -> Iterator[str]:
    """The keys at or below a node that tell how to merge it."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            for key, value in node.entries:
                if isinstance(key, Scalar) and key.value.startswith(DIRECTIVES):
                    yield key.value
                waiting.append(value)
        elif isinstance(node, Sequence):
            waiting += node.items
