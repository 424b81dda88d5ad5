"""A pod sets a kernel parameter that is not known to be safe.

Safe ones belong to the pod's own namespaces, so that a value changes nothing for the node. Nor can
one take memory or network buffers past the pod's limits. The others were not shown to be
harmless: a pod may starve its neighbours with them, or make an attack on the node easier.

The kubelet refuses them as well, unless its --allowed-unsafe-sysctls names them, so that the
pod is rejected on most nodes. Set what the whole node needs on the node. Without the parameter
the kernel's default applies; where performance depended on it, compare it under load. Pod
Security knows the names with dots only: the spelling with slashes is refused as well.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.baseline import SYSCTLS_SINCE
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Control, Finding, Fix, fix, found, rule

_EXCHANGED = str.maketrans("./", "/.")


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("sysctls",),
    controls=(Control("baseline", "sysctls"),),
)
def unsafe_sysctl(pod: Pod, context: Context) -> Iterator[Finding]:
    for sysctl in pod.security("sysctls").items():
        name = sysctl.get("name")
        if name.text and not _is_allowed(name.text, context.version):
            yield found(
                name,
                f'pod must not set sysctl "{name.text}"{_reason(name.text, context.version)}',
                fixes=partial(_fixes, pod, sysctl),
            )


def _is_allowed(name: str, version: Version) -> bool:
    return name in SYSCTLS_SINCE and SYSCTLS_SINCE[name] <= version


def _reason(name: str, version: Version) -> str:
    """What would be allowed instead, if it is nearly this."""
    if name in SYSCTLS_SINCE:
        return f", which Pod Security allows from Kubernetes {SYSCTLS_SINCE[name]} on"
    # With a slash for its first separator the two have changed places.
    dotted = name.translate(_EXCHANGED)
    if _is_allowed(dotted, version):
        return f', of which Pod Security accepts only the spelling "{dotted}"'
    return ""


def _fixes(pod: Pod, sysctl: Field) -> tuple[Fix, ...]:
    title = f"Remove sysctl {sysctl.get('name').text}"
    return fix(title, sysctl.remove(pod.text, pod.spec.path))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    sysctls:
      - name: net.ipv4.tcp_syncookies
        value: "1"
      - name: kernel.msgmax
        value: "65536"
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
  securityContext:
    sysctls:
      - name: net.ipv4.tcp_syncookies
        value: "1"
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0026",),
    "kube-linter": ("unsafe-sysctls",),
    "KICS": ("Cluster Allows Unsafe Sysctls",),
    "Kyverno": ("restrict-sysctls",),
    "Monokle": ("PSS111",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            'item.name != "" && !(item.name in variables.allowed)',
            "'pod must not set sysctl \"' + item.name + '\"' + (item.name in variables.later\n"
            "    ? ', which Pod Security allows from Kubernetes ' +\n"
            "      variables.later[item.name] + ' on'\n"
            "    : '')",
            items="variables.pod.securityContext.?sysctls.orValue([])",
        ),
    ),
    constants=lambda settings, version: {
        "allowed": tuple(name for name in SYSCTLS_SINCE if _is_allowed(name, version)),
        "later": {name: str(since) for name, since in SYSCTLS_SINCE.items() if since > version},
    },
)
