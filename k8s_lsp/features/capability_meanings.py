"""What each capability of Linux is, for people who type one or hover over one. Data only.

Sources: capabilities(7) of Linux man-pages 6.9 for what one allows; for what runtimes grant by
themselves, `defaultUnixCaps` in pkg/oci/spec.go of containerd 2.1 (Docker has the same) and
`Default` in internal/config/capabilities of CRI-O 1.34. The programs are examples.
"""

from typing import Final, NamedTuple


class Capability(NamedTuple):
    """One capability, in Markdown: what it allows, what an intruder makes of it, who needs it.

    `text` is a whole sentence, `attack` the rest of one that begins with "An intruder", `programs`
    a list in words.
    """

    text: str
    attack: str
    programs: str


_STARTS_AS_ROOT: Final = "what starts as root and changes to a user: nginx, Apache, sshd, `gosu`"

CAPABILITIES: Final[dict[str, Capability]] = {
    "AUDIT_CONTROL": Capability(
        "Turn kernel auditing on and off, and change its rules.",
        "switches the node's audit log off and leaves no trace",
        "`auditd`, `auditctl`",
    ),
    "AUDIT_READ": Capability(
        "Read the kernel's audit log through a netlink socket.",
        "learns what others do on the node",
        "`systemd-journald`, shippers of audit logs",
    ),
    "AUDIT_WRITE": Capability(
        "Write records into the kernel's audit log.",
        "hides what it did among false records",
        "`sshd`, `login`, `su` and `sudo`, through PAM",
    ),
    "BLOCK_SUSPEND": Capability(
        "Keep the node from suspending.",
        "wins next to nothing on a server",
        "power managers; hardly anything in a container",
    ),
    "BPF": Capability(
        "Load BPF programs and create BPF maps, which run in the node's kernel.",
        "runs code in the node's kernel; with `PERFMON` or `NET_ADMIN` it watches and changes what "
        "other pods do",
        "Falco, Cilium, Tetragon and other tools by eBPF",
    ),
    "CHECKPOINT_RESTORE": Capability(
        "Choose process ids and read what is needed to freeze and revive processes.",
        "takes the process id that another program trusts",
        "CRIU",
    ),
    "CHOWN": Capability(
        "Give files another owner or group.",
        "takes over the files of others on mounted volumes",
        "entrypoints that hand a data folder over: PostgreSQL, MySQL, Redis started as root",
    ),
    "DAC_OVERRIDE": Capability(
        "Read, write and execute files whatever their permissions say.",
        "reads and overwrites every file on mounted volumes, whoever owns it",
        "what works as root on files of others: package managers, backups",
    ),
    "DAC_READ_SEARCH": Capability(
        "Read any file and list any folder, and open files by handle.",
        "opens files of the node that the container does not even see (the exploit Shocker)",
        "backup agents, NFS-Ganesha",
    ),
    "FOWNER": Capability(
        "Act as the owner of any file: change its mode, times and attributes.",
        "opens the files of others to itself, by their mode",
        "`tar`, `rsync` and package managers that keep modes and times",
    ),
    "FSETID": Capability(
        "Keep setuid and setgid bits when a file is changed.",
        "overwrites a setuid program that stays one",
        "`tar` and package managers, when they unpack",
    ),
    "IPC_LOCK": Capability(
        "Lock memory so that it is never swapped out, and use huge pages.",
        "holds memory that the node cannot swap out, within the memory limit",
        "Vault, Elasticsearch with `memory_lock`, DPDK, databases with huge pages",
    ),
    "IPC_OWNER": Capability(
        "Use System V IPC objects of others, whatever their permissions say.",
        "reads the shared memory of other processes; with `hostIPC` that of the node",
        "hardly anything",
    ),
    "KILL": Capability(
        "Send signals to processes of other users.",
        "stops other processes of the container; with `hostPID` those of the node",
        "supervisors that run as root: `supervisord`, `s6`, nginx's master process",
    ),
    "LEASE": Capability(
        "Take leases on any file, to be told when others open it.",
        "delays whoever opens a file of a shared volume",
        "Samba, NFS servers",
    ),
    "LINUX_IMMUTABLE": Capability(
        "Set and clear a file's immutable and append-only flags.",
        "makes its files on a volume undeletable, and clears the flag of logs",
        "`chattr`, tools that harden files",
    ),
    "MAC_ADMIN": Capability(
        "Change the configuration of a security module: Smack, and profiles of AppArmor.",
        "loads a profile that allows everything",
        "`apparmor_parser`, loaders of profiles",
    ),
    "MAC_OVERRIDE": Capability(
        "Ignore what the Smack security module forbids.",
        "passes over Smack, where a node has it",
        "hardly anything in a container",
    ),
    "MKNOD": Capability(
        "Create device files.",
        "names the disks of the node; to open one, the container must be allowed the device",
        "`udev`, builders of disk images",
    ),
    "NET_ADMIN": Capability(
        "Configure interfaces, routes, firewalls and traffic of the network namespace; with "
        "`hostNetwork` those of the node.",
        "redirects and reads the pod's traffic, and takes a service mesh's rules away",
        "network plug-ins, VPNs, keepalived, Istio's init container",
    ),
    "NET_BIND_SERVICE": Capability(
        "Listen on ports below 1024.",
        "poses as a service on a well-known port; with `hostNetwork` on the node's address",
        "nginx, Caddy, HAProxy and CoreDNS on 80, 443 or 53 without root",
    ),
    "NET_BROADCAST": Capability(
        "Send broadcasts and join multicast groups; current kernels do not ask for it.",
        "wins nothing: no kernel asks for it",
        "nothing",
    ),
    "NET_RAW": Capability(
        "Open raw and packet sockets.",
        "forges ARP and DNS answers, and so takes over its neighbours' connections",
        "`tcpdump`, `arping`, `nmap`, old versions of `ping`",
    ),
    "PERFMON": Capability(
        "Watch performance counters and trace the kernel.",
        "learns what other processes of the node do, their secrets included",
        "`perf`, profilers by eBPF such as Parca and Pyroscope",
    ),
    "SETFCAP": Capability(
        "Attach capabilities to program files.",
        "leaves a program on a volume that gives its starter more rights",
        "`setcap`, package managers, builders of images",
    ),
    "SETGID": Capability(
        "Take on any group id.",
        "joins every group, and reads what is open to it on volumes",
        _STARTS_AS_ROOT,
    ),
    "SETPCAP": Capability(
        "Hand capabilities on within its bounding set, and lock their rules.",
        "hands on what the container holds already",
        "container runtimes, `capsh`, `setpriv`",
    ),
    "SETUID": Capability(
        "Take on any user id, root included.",
        "becomes every user of the container, and root again",
        _STARTS_AS_ROOT,
    ),
    "SYS_ADMIN": Capability(
        "Mount file systems, enter namespaces and much more: close to being root on the node.",
        "mounts the node's disk or leaves by way of cgroups, and owns the node",
        "Docker in Docker, CSI drivers, FUSE and NFS servers",
    ),
    "SYS_BOOT": Capability(
        "Reboot, and load another kernel.",
        "starts a kernel of its own on the node; with `hostPID` it reboots it",
        "tools that reboot nodes, such as kured",
    ),
    "SYS_CHROOT": Capability(
        "Change the root folder and the mount namespace of a process.",
        "leaves a root folder that was to hold it, where it has a way into another one",
        "`sshd`, vsftpd, Postfix, BIND",
    ),
    "SYS_MODULE": Capability(
        "Load and remove kernel modules.",
        "loads a module of its own and owns the node's kernel",
        "installers of drivers, `modprobe`, kube-proxy with IPVS",
    ),
    "SYS_NICE": Capability(
        "Raise priorities and choose processors for any process.",
        "takes processor time away from others on the node",
        "MySQL, QEMU, what needs real time",
    ),
    "SYS_PACCT": Capability(
        "Turn process accounting on and off.",
        "switches accounting off, and its traces with it",
        "`accton`; hardly anything in a container",
    ),
    "SYS_PTRACE": Capability(
        "Trace other processes and read and write their memory; with `hostPID` those of the node.",
        "takes keys out of the memory of other processes and puts code into them",
        "`strace`, `gdb`, py-spy, Falco, agents that watch processes",
    ),
    "SYS_RAWIO": Capability(
        "Read and write I/O ports and raw device memory.",
        "reads and writes the node's memory past its kernel",
        "`smartctl`, `hdparm`, X servers",
    ),
    "SYS_RESOURCE": Capability(
        "Exceed quotas and resource limits.",
        "uses up disk space, processes and open files beyond every quota",
        "tools by eBPF before Linux 5.11, databases that raise their own limits",
    ),
    "SYS_TIME": Capability(
        "Set the clock, which is the node's.",
        "makes expired certificates and tokens count again, for all of the node",
        "`chronyd`, `ntpd`",
    ),
    "SYS_TTY_CONFIG": Capability(
        "Configure terminals and hang them up.",
        "hangs up the node's terminals",
        "`getty`, X servers",
    ),
    "SYSLOG": Capability(
        "Read the kernel's messages and the addresses of its symbols.",
        "learns the addresses that an exploit of the kernel needs",
        "`dmesg`, rsyslog with `imklog`",
    ),
    "WAKE_ALARM": Capability(
        "Set timers that wake the node from sleep.",
        "wins next to nothing on a server",
        "timers of systemd; hardly anything in a container",
    ),
}

ALL_CAPABILITIES: Final = "Every capability at once."

GRANTED_BY_CONTAINERD: Final = frozenset(
    """
    AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID
    SETPCAP SETUID SYS_CHROOT
    """.split()
)
GRANTED_BY_CRIO: Final = frozenset(
    "CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETGID SETPCAP SETUID".split()
)
"""What the runtimes grant to a container that neither adds nor drops any."""


def granted(name: str) -> str:
    """Which runtimes grant a capability by themselves, in a sentence."""
    if name in GRANTED_BY_CRIO:
        return "containerd and CRI-O grant it by default."
    if name in GRANTED_BY_CONTAINERD:
        return "containerd grants it by default, CRI-O does not."
    return "No runtime grants it by default."


def meaning_of(name: str) -> str:
    """What a capability or `ALL` allows, in a sentence."""
    return CAPABILITIES[name].text if name in CAPABILITIES else ALL_CAPABILITIES
