"""What the baseline level of Pod Security allows.

Source: the checks of k8s.io/pod-security-admission, policy/check_*.go.
"""

from typing import Final

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
