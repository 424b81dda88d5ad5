"""A container sees the parts of /proc that the runtime hides.

Usually the runtime covers what tells about the node (/proc/kcore) and makes read-only what would
change it (/proc/sysrq-trigger). Unmasked leaves all of it open, so that root in the container can
read and set things that belong to the node.

Containers that start containers of their own need it, to mount a fresh /proc for them. The API
server accepts it only beside `hostUsers: false`, where root in the pod is an ordinary user of
the node; for that case baseline allows it from Kubernetes 1.35 on, and restricted never does.
If something breaks, it is a nested container that reports a failed mount of /proc.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, PodSpec
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Control, Finding, Fix, fix, found, rule


@rule(
    severity="error",
    subject=CONTAINER,
    requires_any_of=("procMount",),
    controls=(
        Control("baseline", "procMount"),
        Control("restricted", "procMount_restricted", Version(1, 35)),
    ),
)
def unmasked_proc_mount(container: Container, context: Context) -> Iterator[Finding]:
    mount = container.security("procMount")
    if mount.text is None or mount.text == "Default":
        return
    message = f'{container} must not set securityContext.procMount to "{mount.text}"'
    fixes = partial(_fixes, container, mount)
    if _is_isolated(container.pod, context.version):
        yield found(mount, message, fixes=fixes, level="restricted", severity="warning")
    else:
        yield found(mount, message, fixes=fixes)


def _is_isolated(pod: PodSpec, version: Version) -> bool:
    """Whether a user namespace is, or may be, what lets the baseline level pass over the mount."""
    return version >= (1, 35) and (not pod.uses_host_users or pod.get("hostUsers").unknown)


def _fixes(container: Container, mount: Field) -> tuple[Fix, ...]:
    return fix("Remove procMount", mount.remove(container.text, container.field.path))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostUsers: false
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        procMount: Unmasked
        readOnlyRootFilesystem: true
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostUsers: false
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        readOnlyRootFilesystem: true
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0027",),
    "kube-linter": ("unsafe-proc-mount",),
    "Polaris": ("procMount",),
    "KICS": ("Container Runs Unmasked",),
    "Kubescape": ("C-0211",),
    "Kyverno": ("disallow-proc-mount",),
    "Monokle": ("PSS109",),
}

ADMISSION = Admission(
    (
        Violation(
            "container",
            'container.securityContext.?procMount.orValue("Default") != "Default" &&\n'
            '    !(variables.isIsolated && variables.profile == "baseline")',
            "container.title + ' must not set securityContext.procMount to \"' +\n"
            "    container.securityContext.procMount + '\"'",
        ),
    ),
    variables=(
        (
            "isIsolated",
            "variables.minor >= 35 && !variables.pod.spec.?hostUsers.orValue(true)",
        ),
    ),
)
