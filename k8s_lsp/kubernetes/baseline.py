"""Whether a pod breaks the baseline level of Pod Security: what its namespace may not refuse.

The rules of the folder `pod_security` say the same, each with its place and its fix; a test holds
the two together. Here it is asked of every pod of a file, before any rule runs, so that a text
without the words for it is answered by those alone.

Source: the checks of k8s.io/pod-security-admission, policy/check_*.go, of the newest version. Older
ones allow some sysctls and SELinux types less, and older than 1.34 any host of a probe.
"""

from typing import Final

from k8s_lsp.kubernetes.capabilities import BASELINE_CAPABILITIES
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.profiles import APPARMOR_ANNOTATIONS
from k8s_lsp.kubernetes.versions import OLDEST, Version

SYSCTLS_SINCE: Final = {
    "kernel.shm_rmid_forced": OLDEST,
    "net.ipv4.ip_local_port_range": OLDEST,
    "net.ipv4.ip_unprivileged_port_start": OLDEST,
    "net.ipv4.ping_group_range": OLDEST,
    "net.ipv4.tcp_syncookies": OLDEST,
    "net.ipv4.ip_local_reserved_ports": Version(1, 27),
    "net.ipv4.tcp_fin_timeout": Version(1, 29),
    "net.ipv4.tcp_keepalive_intvl": Version(1, 29),
    "net.ipv4.tcp_keepalive_probes": Version(1, 29),
    "net.ipv4.tcp_keepalive_time": Version(1, 29),
    "net.ipv4.tcp_rmem": Version(1, 32),
    "net.ipv4.tcp_wmem": Version(1, 32),
    "net.ipv4.tcp_notsent_lowat": Version(1, 37),
    "net.ipv4.tcp_slow_start_after_idle": Version(1, 37),
}
"""The sysctls that the baseline level allows, and from which version on (check_sysctls.go)."""

SELINUX_TYPES: Final = frozenset({"container_t", "container_init_t", "container_kvm_t"})
SELINUX_TYPES_SINCE_31: Final = SELINUX_TYPES | {"container_engine_t"}
"""What the baseline level allows, until and from 1.31 (check_seLinuxOptions.go)."""

PROBE_HANDLERS: Final = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)
PROBE_ACTIONS: Final = ("httpGet", "tcpSocket")
"""The actions that have a host (check_hostProbesAndhostLifecycle.go)."""

_WORDS: Final = (
    "hostNetwork", "hostPID", "hostIPC", "hostPath", "hostPort", "hostProcess", "privileged",
    "capabilities", "procMount", "seLinuxOptions", "sysctls", "nconfined",
)  # fmt: skip
"""Words without one of which no check finds anything, but that of the probes."""

_HOST_KEYS: Final = ("host:", 'host"', "host'", "host :")


def may_break_baseline(text: str) -> bool:
    """Whether a pod of a text can break the level, by the words that stand there."""
    # Where characters are escaped, a word may be written in another way.
    return (
        any(word in text for word in _WORDS)
        or (any(word in text for word in PROBE_ACTIONS) and any(key in text for key in _HOST_KEYS))
        or "\\" in text
    )


def breaks_baseline(pod: Pod) -> bool:
    """Whether the newest baseline level refuses a pod."""
    if any(pod.get(name).boolean for name in ("hostNetwork", "hostPID", "hostIPC")):
        return True
    if any(volume.get("hostPath").present for volume in pod.volumes()):
        return True
    if any(_is_unsafe(sysctl.get("name").text) for sysctl in pod.security("sysctls").items()):
        return True
    if any(_is_unconfined_annotation(each) for each in pod.metadata.get("annotations").entries()):
        return True
    return _is_lax(pod) or any(
        _is_lax(container) or _is_strong(container) for container in pod.containers
    )


def _is_unsafe(sysctl: str | None) -> bool:
    return bool(sysctl) and sysctl not in SYSCTLS_SINCE


def _is_unconfined_annotation(annotation: Field) -> bool:
    """Whether an annotation, which counts for AppArmor alone, takes the profile away."""
    name, value = str(annotation.path[-1]), annotation.text
    return (
        name.startswith(APPARMOR_ANNOTATIONS)
        and value not in (None, "", "runtime/default")
        and not str(value).startswith("localhost/")
    )


def _is_lax(owner: Pod | Container) -> bool:
    """Whether the `securityContext` of a pod or container takes confinement away.

    A profile of no type or of an unknown one is rejected before anybody asks for its level.
    """
    if not owner.security().present:
        return False
    options = owner.security("seLinuxOptions")
    return (
        owner.security("windowsOptions", "hostProcess").boolean is True
        or owner.security("seccompProfile", "type").text == "Unconfined"
        or owner.security("appArmorProfile", "type").text == "Unconfined"
        or bool(options.get("user").text or options.get("role").text)
        or (options.get("type").text or "container_t") not in SELINUX_TYPES_SINCE_31
    )


def _is_strong(container: Container) -> bool:
    """Whether a container is given more than others."""
    is_isolated = not container.pod.uses_host_users or container.pod.get("hostUsers").unknown
    return (
        container.security("privileged").boolean is True
        or any(
            item.text is not None and item.text not in BASELINE_CAPABILITIES
            for item in container.security("capabilities", "add").items()
        )
        or ((container.security("procMount").text or "Default") != "Default" and not is_isolated)
        or any(port.get("hostPort").integer for port in container.get("ports").items())
        or any(
            action.get("host").text
            for handler in PROBE_HANDLERS
            for action in container.get(*handler).entries(PROBE_ACTIONS)
        )
    )
