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

from k8s_lsp.kubernetes.capabilities import NAMES, canonical, meant, respelled
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Finding, Fix, fix, found, rule


@rule(
    severity="error",
    subject=CONTAINER,
    requires_any_of=("capabilities",),
)
def unknown_capability(container: Container, context: Context) -> Iterator[Finding]:
    for verb in ("add", "drop"):
        for item in container.security("capabilities", verb).items():
            name = item.text
            if name is None or name in NAMES:
                continue
            right = canonical(name)
            fixes = partial(_fixes, container, item)
            if right not in NAMES:
                near = meant(name)
                message = (
                    f'{container} must not {verb} capability "{name}": there is no such capability'
                    + (f', but there is "{near}"' if near else "")
                )
                yield found(item, message, fixes=fixes)
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


def _fixes(container: Container, item: Field) -> tuple[Fix, ...]:
    respelling = respelled(container, item)
    return () if respelling is None else fix(*respelling)


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

_CANONICAL = (
    '(item.upperAscii().startsWith("CAP_") ? item.upperAscii().substring(4) : item.upperAscii())'
)

ADMISSION = Admission(
    tuple(
        Violation(
            "container",
            "!(item in variables.names)",
            f"""
            container.title + (!({_CANONICAL} in variables.names)
              ? ' must not {verb} capability "' + item + '": there is no such capability'
              : ' must write capability "' + item + '" as "' + {_CANONICAL} + '": ' +
                (item.upperAscii() != {_CANONICAL}
                  ? 'containerd ignores names with a prefix'
                  : 'Pod Security compares the exact text'))
            """,
            items=f"container.securityContext.?capabilities.?{verb}.orValue([])",
        )
        for verb in ("add", "drop")
    ),
    constants=lambda settings, version: {"names": tuple(sorted(NAMES))},
)
