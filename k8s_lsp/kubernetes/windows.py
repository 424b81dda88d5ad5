"""Pods that run on Windows: what shows it, and what they may not have."""

from collections.abc import Iterator
from typing import Final

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.profiles import security_contexts
from k8s_lsp.kubernetes.versions import Version

OS_SINCE = Version(1, 25)
"""From here on `os` is stable; before, a server may drop the field and judge nothing by it."""

_RESOURCES_SINCE = Version(1, 34)
"""From here on servers know the resources of a whole pod by default."""

# The fields that validateWindows of validation.go forbids.
LINUX_IF_TRUE: Final = ("hostPID", "hostIPC")
"""What a pod of Windows may set, though not to true."""

_LINUX_POD = ("hostUsers", "shareProcessNamespace")
_LINUX_EITHER_SECURITY = (
    "appArmorProfile",
    "runAsGroup",
    "runAsUser",
    "seLinuxOptions",
    "seccompProfile",
)
_LINUX_POD_SECURITY = (
    *_LINUX_EITHER_SECURITY,
    "fsGroup",
    "fsGroupChangePolicy",
    "seLinuxChangePolicy",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "sysctls",
)
_LINUX_CONTAINER_SECURITY = (
    *_LINUX_EITHER_SECURITY,
    "allowPrivilegeEscalation",
    "capabilities",
    "privileged",
    "procMount",
    "readOnlyRootFilesystem",
)


LINUX_ALONE: Final = {
    "PodSpec": frozenset((*LINUX_IF_TRUE, *_LINUX_POD)),
    "PodSecurityContext": frozenset(_LINUX_POD_SECURITY),
    "SecurityContext": frozenset(_LINUX_CONTAINER_SECURITY),
}
"""By the types of the API, the fields that a pod of Windows may not set, or not to true."""


def linux_pod_fields(version: Version) -> tuple[str, ...]:
    """The fields of a pod, not to true alone, that a pod of Windows may not set."""
    return _LINUX_POD if version < _RESOURCES_SINCE else (*_LINUX_POD, "resources")


def linux_fields(pod: Pod, version: Version) -> Iterator[tuple[Pod | Container, Field]]:
    """The fields of a Windows pod that only Linux has."""
    for name in LINUX_IF_TRUE:
        if pod.get(name).boolean:
            yield pod, pod.get(name)
    for name in linux_pod_fields(version):
        if pod.get(name).present:
            yield pod, pod.get(name)
    for owner, security in security_contexts(pod):
        names = _LINUX_POD_SECURITY if isinstance(owner, Pod) else _LINUX_CONTAINER_SECURITY
        for name in names:
            field = security.get(name)
            # Of sysctls alone, an empty list is accepted.
            if field.present and (name != "sysctls" or next(field.items(), None) is not None):
                yield owner, field


# What shows that a pod is meant for Windows, where it does not say so in `os.name`.

OS_LABELS = frozenset({"kubernetes.io/os", "beta.kubernetes.io/os"})
"""The labels by which a node says which system it has (Kubernetes, "Well-Known Labels")."""

BUILD_LABEL = "node.kubernetes.io/windows-build"
"""A label that nodes of Windows alone have."""


def sign_of_windows(pod: Pod) -> str | None:
    """What shows that a pod runs on Windows, as a clause; None where nothing does.

    Nothing does where another system is asked for. That a pod tolerates the taint of Windows nodes,
    or would rather run there, does not keep it from others.
    """
    selected = {
        str(label.path[-1]): label.text for label in pod.get("nodeSelector").entries(_LABELS)
    }
    if BUILD_LABEL in selected:
        return "its nodeSelector keeps it to Windows nodes"
    systems = {selected[label] for label in OS_LABELS & selected.keys()}
    if systems:
        return "its nodeSelector keeps it to Windows nodes" if systems == {"windows"} else None
    terms = tuple(pod.get(*_REQUIRED, "nodeSelectorTerms").items())
    if terms and all(_is_of_windows(term) for term in terms):
        return "its node affinity keeps it to Windows nodes"
    for _, security in security_contexts(pod):
        options = security.get("windowsOptions").entries()
        # To refuse what policies forbid, people write it in pods of Linux as well.
        if any(option.path[-1] != "hostProcess" or option.boolean for option in options):
            return "its windowsOptions have an effect on Windows nodes alone"
    return None


_LABELS = OS_LABELS | {BUILD_LABEL}

_REQUIRED = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")


def _is_of_windows(term: Field) -> bool:
    """Whether one of the expressions, all of which a node has to fulfil, names Windows alone."""
    for expression in term.get("matchExpressions").items():
        key, operator = expression.get("key").text, expression.get("operator").text
        values = [value.text for value in expression.get("values").items()]
        if key in OS_LABELS and operator == "In" and values == ["windows"]:
            return True
        if key == BUILD_LABEL and operator in ("In", "Exists"):
            return True
    return False
