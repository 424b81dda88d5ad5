"""A container has what allowPrivilegeEscalation: false rules out.

A privileged container holds every privilege already, so the API server rejects
`allowPrivilegeEscalation: false` beside `privileged: true`. It also rejects it beside an added
`CAP_SYS_ADMIN`, in exactly that spelling: `SYS_ADMIN`, which is what runtimes understand, gets
through.

The fix keeps the restriction and gives up the privilege. Before you take it, find out which one
the program needs: a privileged container that reads a device or changes a sysctl can often do
with a device plugin or a single capability. Only where it must stay privileged is
`allowPrivilegeEscalation` the line to delete.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import Edits, together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.node_agents import agent_container
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Finding, Fix, fix, found, rule
from k8s_lsp.syntax.branches import may_exclude


@rule(
    severity="error",
    subject=CONTAINER,
    requires_any_of=("allowPrivilegeEscalation",),
)
def contradictory_privilege_escalation(container: Container, context: Context) -> Iterator[Finding]:
    allowed = container.security("allowPrivilegeEscalation")
    privileged = container.security("privileged")
    is_privileged = privileged.boolean is True
    if allowed.boolean is False and (is_privileged or _sys_admin(container)):
        if is_privileged and may_exclude(container.text, allowed.span, privileged.span):
            return
        given = "privileged: true" if is_privileged else "an added CAP_SYS_ADMIN"
        yield found(
            allowed,
            f"{container} must not set securityContext.allowPrivilegeEscalation to false "
            f"beside {given}: the API server rejects this",
            fixes=partial(_fixes, container),
        )


def _sys_admin(container: Container) -> list[Field]:
    """The added capabilities that the API server compares (validation.go, ValidateSecurityContext).

    It knows this one spelling only.
    """
    added = container.security("capabilities", "add").items()
    return [item for item in added if item.text == "CAP_SYS_ADMIN"]


def _fixes(container: Container) -> tuple[Fix, ...]:
    """Give up the privileges, and the mount propagation that only privileged containers may have.

    Removing allowPrivilegeEscalation would do for the API server, and loosen the container.
    """
    steps: dict[str, Edits | None] = {}
    if container.security("privileged").boolean is True:
        steps["set privileged to false"] = container.security("privileged").set(
            container.text, False
        )
        for mount in container.get("volumeMounts").items():
            propagation = mount.get("mountPropagation")
            if propagation.text == "Bidirectional":
                removal = propagation.remove(container.text, container.field.path)
                before = steps.get("remove Bidirectional mount propagation", ())
                steps["remove Bidirectional mount propagation"] = together(before, removal)
    for item in _sys_admin(container):
        steps["remove CAP_SYS_ADMIN from add"] = item.remove(container.text, container.field.path)
    title = " and ".join(steps)
    return fix(
        title[:1].upper() + title[1:],
        together(*steps.values()),
        left_because=agent_container(container),
    )


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
        allowPrivilegeEscalation: false
        privileged: true
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
        allowPrivilegeEscalation: false
        privileged: false
"""

REFERENCES = ("https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",)

ADMISSION = Admission(
    (
        Violation(
            "container",
            """
            !container.securityContext.?allowPrivilegeEscalation.orValue(true) &&
              (container.securityContext.?privileged.orValue(false) ||
                "CAP_SYS_ADMIN" in container.securityContext.?capabilities.?add.orValue([]))
            """,
            """
            container.title +
              ' must not set securityContext.allowPrivilegeEscalation to false beside ' +
              (container.securityContext.?privileged.orValue(false)
                ? 'privileged: true' : 'an added CAP_SYS_ADMIN') +
              ': the API server rejects this'
            """,
        ),
    )
)
