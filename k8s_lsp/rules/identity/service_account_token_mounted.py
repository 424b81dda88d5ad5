"""A pod carries a token for the API server.

Unless the pod or its ServiceAccount says no, Kubernetes mounts a token of the ServiceAccount
into every container. Whoever can read a file in the container, through a path traversal for
instance, can talk to the API server with it, and has every right that anybody ever binds to
that account. Most programs never use it.

What breaks are programs that do talk to the API server: operators, controllers, service
meshes, anything that lists pods or reads Secrets by itself. They show "no such file" for
/var/run/secrets/kubernetes.io/serviceaccount/token. Give them a ServiceAccount of their own
and set the field to true there, in sight of whoever reads it.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, found, missing, rule
from k8s_lsp.settings import Severity

_FIELD = "automountServiceAccountToken"


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=WITH_POD | {"ServiceAccount"},
)
def service_account_token_mounted(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.pod is not None:
        yield from _in_pod(obj.pod, context)
    elif obj.kind == "ServiceAccount" and not obj.group and obj.name == "default":
        automount = obj.get(_FIELD)
        if automount.boolean is False or automount.unknown:
            return
        message = f"ServiceAccount default must set {_FIELD} to false: pods get it unasked"
        fixes = partial(_fixes, obj)
        if automount.present:
            yield found(automount, message, fixes=fixes, severity="information")
        else:
            yield missing(obj, automount, message, fixes=fixes, severity="information")


def _in_pod(pod: Pod, context: Context) -> Iterator[Finding]:
    """The pod's own word counts, else its ServiceAccount's, else it is true.

    Source: kubernetes, plugin/pkg/admission/serviceaccount/admission.go, shouldAutomount.
    """
    automount = pod.get(_FIELD)
    if automount.boolean is False or automount.unknown:
        return
    name = pod.get("serviceAccountName")
    name = name if name.present else pod.get("serviceAccount")
    if name.unknown:
        return
    # Who names a ServiceAccount has probably thought of what it may do.
    severity: Severity | None = None if name.text in (None, "", "default") else "information"
    message = f"pod must set {_FIELD} to false unless it talks to the API server"
    fixes = partial(_fixes, pod)
    if automount.present:
        yield found(automount, message, fixes=fixes, severity=severity)
    elif context.facts.automount(pod.namespace, name.text) is not False:
        yield missing(pod, automount, message, also=(name,), fixes=fixes, severity=severity)


def _fixes(owner: Pod | KubeObject) -> tuple[Fix, ...]:
    if isinstance(owner, Pod):
        edits = owner.set((_FIELD,), False)
    else:
        edits = owner.get(_FIELD).set(owner.text, False)
    return fix(f"Set {_FIELD} to false", edits)


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
  automountServiceAccountToken: false
"""

AFTER_FIX = (
    "function",
    "no token is mounted in {pods}: what asks the API server fails",
)

REFERENCES = (
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
)

BENCHMARKS = ("CIS 5.1.5", "CIS 5.1.6", "NSA/CISA")

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_38", "CKV_K8S_41"),
    "Trivy": ("KSV-0036",),
    "Polaris": ("automountServiceAccountToken",),
    "kubesec": ("AutomountServiceAccountToken",),
    "KICS": ("Service Account Token Automount Not Disabled",),
    "Kubescape": ("C-0034", "C-0189", "C-0190", "C-0261"),
    "Kyverno": ("restrict-automount-sa-token",),
    "Monokle": ("KBP106",),
}
