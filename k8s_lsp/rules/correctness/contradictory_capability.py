"""A container adds a capability and drops it.

The API server accepts the same name in both lists. The container runtimes add first and drop
then, so that the drop wins and the program does not get what the file seems to give it. `ALL`
is different: `drop: [ALL]` beside `add` is the usual way to keep a few, and no contradiction.

The fix removes the name from `add`, which changes nothing for the running program. If the
program needs the capability, and fails with "operation not permitted" today, take it out of
`drop` instead.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.capabilities import canonical
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Finding, Fix, fix, found, rule


@rule(
    severity="warning",
    subject=CONTAINER,
    requires_any_of=("capabilities",),
)
def contradictory_capability(container: Container, context: Context) -> Iterator[Finding]:
    capabilities = container.security("capabilities")
    # The runtimes write names in capitals; what they do with a CAP_ in `drop` differs.
    dropped = {(item.text or "").upper() for item in capabilities.get("drop").items()}
    dropped -= {"", "ALL"}
    for item in capabilities.get("add").items():
        name = item.text or ""
        if name.upper() in dropped or canonical(name) in dropped:
            yield found(
                item,
                f'{container} must not add capability "{name}" and drop it too: the drop wins',
                fixes=partial(_fixes, container, item),
            )


def _fixes(container: Container, item: Field) -> tuple[Fix, ...]:
    return fix(f"Remove {item.text} from add", item.remove(container.text, container.path))


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
          add: [CHOWN, NET_RAW]
          drop: [NET_RAW]
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
          add: [CHOWN]
          drop: [NET_RAW]
"""

REFERENCES = (
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
    "#set-capabilities-for-a-container",
)

ADMISSION = Admission(
    (
        Violation(
            "container",
            """
            !(item.upperAscii() in ["", "ALL"]) &&
              container.securityContext.capabilities.?drop.orValue([]).exists(each,
                each.upperAscii() != "ALL" &&
                each.upperAscii() in [item.upperAscii(), item.upperAscii().startsWith("CAP_")
                  ? item.upperAscii().substring(4) : item.upperAscii()])
            """,
            """
            container.title + ' must not add capability "' + item +
              '" and drop it too: the drop wins'
            """,
            items="container.securityContext.?capabilities.?add.orValue([])",
        ),
    )
)
