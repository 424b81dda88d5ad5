"""A container's processes may gain more privileges than their parent has.

Unless the field says false, a setuid binary in the image (`sudo`, `mount`, an old `ping`) makes an
ordinary user's process root. With it, the kernel's no_new_privs
bit is set and such a binary has no effect.

What breaks are programs that change their user through setuid binaries or file capabilities.
The default is true, and a pod has no such field: each container says it for itself.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Control, Finding, Fix, fix, found, missing, rule


@rule(
    severity="warning",
    subject=CONTAINER,
    controls=(Control("restricted", "allowPrivilegeEscalation", Version(1, 8)),),
)
def privilege_escalation_allowed(container: Container, context: Context) -> Iterator[Finding]:
    if context.version < (1, 8):
        return  # The field did not exist.
    if container.pod.is_windows and context.version >= (1, 25):
        return
    allowed = container.security("allowPrivilegeEscalation")
    if allowed.boolean is False or allowed.unknown:
        return
    message = f"{container} must set securityContext.allowPrivilegeEscalation to false"
    fixes = partial(_fixes, container)
    if allowed.present:
        yield found(allowed, message, fixes=fixes)
    else:
        yield missing(container, allowed, message, fixes=fixes)


def _fixes(container: Container) -> tuple[Fix, ...]:
    """Set it to false, where the API server accepts that.

    It rejects the value beside `privileged: true` and beside an added `CAP_SYS_ADMIN`, in exactly
    that spelling (validation.go, ValidateSecurityContext).
    """
    allowed = container.security("allowPrivilegeEscalation")
    added = {item.text for item in container.security("capabilities", "add").items()}
    if container.pod.is_windows:
        return ()
    if container.security("privileged").boolean or "CAP_SYS_ADMIN" in added:
        return ()
    if container.type == "ephemeral" and not allowed.present:
        return ()
    names = ("securityContext", "allowPrivilegeEscalation")
    return fix("Set allowPrivilegeEscalation to false", container.set(names, False))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
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
"""

AFTER_FIX = (
    "function",
    "{containers} cannot gain rights any more: sudo and other setuid programs fail",
)

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
)

BENCHMARKS = (
    "CIS 5.2.6",
    "NSA/CISA",
)

WEAKNESSES = ("CWE-250",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_20",),
    "Trivy": ("KSV-0001",),
    "kube-linter": ("privilege-escalation-container",),
    "Polaris": ("privilegeEscalationAllowed",),
    "kubesec": ("AllowPrivilegeEscalation",),
    "KICS": ("Privilege Escalation Allowed",),
    "Kubescape": ("C-0016",),
    "Kyverno": ("disallow-privilege-escalation",),
    "Snyk": ("SNYK-CC-K8S-9",),
    "Monokle": ("PSS202",),
}

ADMISSION = Admission(
    (
        Violation(
            "container",
            "variables.minor >= 8 && !(variables.minor >= 25 && variables.pod.isWindows) &&\n"
            "    container.securityContext.?allowPrivilegeEscalation.orValue(true)",
            "container.title + ' must set securityContext.allowPrivilegeEscalation to false'",
        ),
    )
)
