"""An SELinux type, user or role is set that may not confine.

On nodes with SELinux the type of a process decides which files, sockets and processes it may
touch. The container types keep it inside of its container. Others do not: spc_t, the
"super-privileged container", is next to unconfined, and a node's own types belong to its
services. User and role have no use for a container, and can lead to such types.

Without these keys the container runtime chooses a type that confines; `level`, which separates
pods from each other, stays free. What a container is denied then stands in the node's audit
log as `avc: denied`. Often the cause is a volume with a foreign label, and a level that matches
is the cure. On nodes without SELinux nothing changes.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.baseline import SELINUX_TYPES, SELINUX_TYPES_SINCE_31
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.node_agents import agent_container, node_agent
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.profiles import security_contexts
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Control, Finding, Fix, fix, found, rule


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("seLinuxOptions",),
    controls=(Control("baseline", "seLinuxOptions"),),
)
def custom_selinux_options(pod: Pod, context: Context) -> Iterator[Finding]:
    for owner, security in security_contexts(pod):
        options = security.get("seLinuxOptions")
        for name in ("type", "user", "role"):
            value = options.get(name)
            if value.text and not (name == "type" and _is_allowed(value.text, context.version)):
                yield found(
                    value,
                    f'{owner} must not set securityContext.seLinuxOptions.{name} to "{value.text}"',
                    fixes=partial(_fixes, owner, value),
                    affected=pod.inheriting("seLinuxOptions") if owner is pod else (),
                )


def _is_allowed(label: str, version: Version) -> bool:
    return label in (SELINUX_TYPES if version < (1, 31) else SELINUX_TYPES_SINCE_31)


def _fixes(owner: Pod | Container, value: Field) -> tuple[Fix, ...]:
    """Remove it; what an agent of the node has is left to a person."""
    if isinstance(owner, Pod):
        is_agent_by, stop = node_agent(owner), owner.spec.path
    else:
        is_agent_by, stop = agent_container(owner), owner.field.path
    consequence = ": SELinux then confines the node agent" if is_agent_by else ""
    return fix(
        f"Remove seLinuxOptions.{value.path[-1]}{consequence}",
        value.remove(owner.text, stop),
        left_because=is_agent_by,
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
        seLinuxOptions:
          type: spc_t
          level: s0:c123,c456
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
        seLinuxOptions:
          level: s0:c123,c456
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
    "#assign-selinux-labels-to-a-container",
)

BENCHMARKS = ("NSA/CISA",)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0025",),
    "Kyverno": ("disallow-selinux",),
    "Monokle": ("PSS108",),
}

ADMISSION = Admission(
    (
        Violation(
            "owner",
            'item in ["type", "user", "role"] && owner.securityContext.seLinuxOptions[item] != ""\n'
            '    && !(item == "type" &&\n'
            "      owner.securityContext.seLinuxOptions[item] in variables.allowed)",
            "owner.title + ' must not set securityContext.seLinuxOptions.' + item + ' to \"' +\n"
            "    owner.securityContext.seLinuxOptions[item] + '\"'",
            items="owner.securityContext.?seLinuxOptions.orValue({})",
        ),
    ),
    constants=lambda settings, version: {
        "allowed": tuple(sorted(SELINUX_TYPES if version < (1, 31) else SELINUX_TYPES_SINCE_31))
    },
)
