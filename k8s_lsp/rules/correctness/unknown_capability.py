"""A capability is not spelled as Kubernetes spells it.

The API server takes any text for a capability, so that a wrong name is noticed by nobody. What
was to be dropped then stays: an attacker in the container still has it, while the manifest says
the opposite. What was to be added is missing, or keeps the container from starting.

The names are those of the kernel without their `CAP_`. containerd puts that prefix in front
itself and ignores `CAP_CAP_NET_RAW`; CRI-O takes either. Lower case works in both, but Pod
Security compares the exact text, so that `drop: [all]` counts as nothing.

Putting a name right makes it effective for the first time. Try it out where a capability is
dropped: the program may have come to rely on it.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.capabilities import BASELINE_CAPABILITIES, CAPABILITIES, canonical
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.base import CONTAINER, Context, Finding, Fix, fix, found, rule

_NAMES = CAPABILITIES | {"ALL"}


@rule(
    severity="error",
    subject=CONTAINER,
    requires_any_of=("capabilities",),
)
def unknown_capability(container: Container, context: Context) -> Iterator[Finding]:
    for verb in ("add", "drop"):
        for item in container.security("capabilities", verb).items():
            name = item.text
            if name is None or name in _NAMES:
                continue
            right = canonical(name)
            fixes = partial(_fixes, container, item, right)
            if right not in _NAMES:
                message = (
                    f'{container} must not {verb} capability "{name}": there is no such capability'
                )
                yield found(item, message)
            elif name.upper() != right:
                message = (
                    f'{container} must write capability "{name}" as "{right}": '
                    "containerd ignores names with a prefix"
                )
                yield found(item, message, fixes=fixes)
            else:
                message = (
                    f'{container} must write capability "{name}" as "{right}": '
                    "Pod Security compares the exact text"
                )
                yield found(item, message, fixes=fixes, severity="warning")


def _fixes(container: Container, item: Field, right: str) -> tuple[Fix, ...]:
    """Put the name right, unless that would grant what the baseline level forbids.

    Nor where the same name stands in the other list: it was the wrong spelling that kept the two
    from contradicting each other, and nobody knows which one is meant.
    """
    verb = item.path[-2]
    other = container.security("capabilities", "drop" if verb == "add" else "add")
    if verb == "add" and right not in BASELINE_CAPABILITIES:
        return ()
    if right != "ALL" and any(canonical(each.text or "") == right for each in other.items()):
        return ()
    assert item.parent is not None
    if any(each.text == right for each in item.parent.items()):
        removal = item.remove(container.text, container.field.path)
        return fix(f"Remove {item.text}, which {right} repeats", removal)
    title = f"Write {right} instead of {item.text}"
    if item.text is not None and item.text.upper() != right:
        title += f", so that it is {'added' if verb == 'add' else 'dropped'}"
    return fix(title, item.set(container.text, right))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        capabilities:
          drop:
            - CAP_NET_RAW
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        capabilities:
          drop:
            - NET_RAW
"""

REFERENCES = (
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
    "#set-capabilities-for-a-container",
    "https://man7.org/linux/man-pages/man7/capabilities.7.html",
)
