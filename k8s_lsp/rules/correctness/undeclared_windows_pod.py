"""A pod for Windows nodes does not say that it is one.

A node selector, a node affinity or `windowsOptions` brings the pod to Windows, but only `os.name`
tells the API server. Without it, the level restricted of Pod Security asks for what Windows does
not have: capabilities, seccomp, `allowPrivilegeEscalation: false`. Whoever writes that has a pod
that looks hardened and is not: there the fields have no effect, and no server refuses them.

With `os.name: windows` Pod Security leaves them out, the API server rejects each of them, and a
kubelet of Linux rejects the pod. The field changes nothing for pods that run on Windows; what has
fields of Linux beside it has to lose those first. What is said to be missing on Linux is not told
of such a pod, unless a profile of Pod Security is asked for, which judges by `os.name` alone.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.kubernetes.windows import (
    BUILD_LABEL,
    OS_LABELS,
    OS_SINCE,
    linux_fields,
    sign_of_windows,
)
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, missing, rule


@rule(
    severity="information",
    subject=POD,
    requires_any_of=("nodeSelector", "nodeAffinity", "windowsOptions"),
    silences={
        "capabilities-not-dropped": "object",
        "host-user-namespace": "object",
        "missing-seccomp-profile": "object",
        "privilege-escalation-allowed": "object",
        "writable-root-filesystem": "object",
    },
)
def undeclared_windows_pod(pod: Pod, context: Context) -> Iterator[Finding]:
    system = pod.get("os", "name")
    if system.present or system.unknown or context.version < OS_SINCE:
        return
    sign = sign_of_windows(pod)
    if sign is not None:
        yield missing(
            pod,
            system,
            f"pod must set os.name to windows: {sign}",
            fixes=partial(_fixes, pod, context.version),
        )


def _fixes(pod: Pod, version: Version) -> tuple[Fix, ...]:
    """Say it, where the API server would not reject what else there is."""
    if any(linux_fields(pod, version)):
        return ()
    return fix("Set os.name to windows", pod.set(("os", "name"), "windows"))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  nodeSelector:
    kubernetes.io/os: windows
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
  nodeSelector:
    kubernetes.io/os: windows
  containers:
    - name: app
      image: example.com/app:1.4.2
  os:
    name: windows
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/workloads/pods/#pod-os",
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
    "https://kubernetes.io/docs/concepts/windows/user-guide/",
)

_OF_WINDOWS = (
    "term.?matchExpressions.orValue([]).exists(each, (each.key in variables.osLabels && "
    'each.operator == "In" && each.?values.orValue([]) == ["windows"]) || '
    '(each.key == variables.buildLabel && each.operator in ["In", "Exists"]))'
)

ADMISSION = Admission(
    (
        Violation(
            "pod",
            """
            variables.minor >= 25 && !has(variables.pod.spec.os) &&
              variables.sign != ""
            """,
            "'pod must set os.name to windows: ' + variables.sign",
        ),
    ),
    variables=(
        ("selected", "variables.pod.spec.?nodeSelector.orValue({})"),
        (
            "systems",
            "variables.osLabels.filter(each, each in variables.selected).map(each,\n"
            "  variables.selected[each])",
        ),
        (
            "terms",
            "variables.pod.spec.?affinity.?nodeAffinity\n"
            "  .?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms.orValue([])",
        ),
        (
            "sign",
            f"""
            variables.buildLabel in variables.selected ||
              (variables.systems.size() > 0 && variables.systems.all(each, each == "windows"))
            ? "its nodeSelector keeps it to Windows nodes"
            : variables.systems.size() > 0 ? ""
            : variables.terms.size() > 0 && variables.terms.all(term, {_OF_WINDOWS})
            ? "its node affinity keeps it to Windows nodes"
            : variables.owners.exists(owner, owner.securityContext.?windowsOptions.orValue({{}})
                .exists(option, option != "hostProcess" ||
                  owner.securityContext.windowsOptions.hostProcess))
            ? "its windowsOptions have an effect on Windows nodes alone" : ""
            """,
        ),
    ),
    constants=lambda settings, version: {
        "osLabels": tuple(sorted(OS_LABELS)),
        "buildLabel": BUILD_LABEL,
    },
)
