"""What security fields and their values mean, for people who hover over them. Data only."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """One field: what it does, and what counts where nothing sets it. Both are Markdown."""

    text: str
    default: str = ""


FIELDS: dict[str, Meaning] = {
    # Of a pod.
    "pod.hostNetwork": Meaning(
        "The pod uses its node's network instead of one of its own: it sees the node's interfaces, "
        "reaches what listens on the node's loopback address, and network policies do not hold "
        "for it.",
        "`false`",
    ),
    "pod.hostPID": Meaning(
        "The pod sees every process of its node, with their environments and command lines, and "
        "may signal or trace those of the same user.",
        "`false`",
    ),
    "pod.hostIPC": Meaning(
        "The pod shares the node's System V IPC and POSIX message queues, so it can read the "
        "shared memory of other processes there.",
        "`false`",
    ),
    "pod.hostUsers": Meaning(
        "Whether user ids in the pod are user ids of the node. With `false` the pod gets a user "
        "namespace of its own: root in the container is nobody special on the node.",
        "`true`",
    ),
    "pod.shareProcessNamespace": Meaning(
        "The containers of the pod see each other's processes, and through `/proc` the files and "
        "environments of those of the same user.",
        "`false`",
    ),
    "pod.automountServiceAccountToken": Meaning(
        "Whether every container gets a token of the pod's ServiceAccount under "
        "`/var/run/secrets/kubernetes.io/serviceaccount`. Who reads the token can do what the "
        "ServiceAccount may do. A pod's own value wins over the ServiceAccount's.",
        "what the ServiceAccount says, else `true`",
    ),
    "pod.serviceAccountName": Meaning(
        "The identity under which the pod talks to the API server. Roles are bound to it.",
        "`default`, which every pod of the namespace without a name shares",
    ),
    "pod.serviceAccount": Meaning(
        "The old name of `serviceAccountName`; the API server keeps both in step.",
        "`default`",
    ),
    "pod.os.name": Meaning(
        "The operating system of the node. Pod Security and the API server treat Linux-only "
        "fields accordingly: under `windows` they may not be set.",
        "none: the scheduler goes by node selectors, and Pod Security assumes Linux",
    ),
    "pod.volumes": Meaning(
        "The storage that containers of this pod may mount. Pod Security judges the type of each "
        "volume, whether something mounts it or not.",
    ),
    "pod.securityContext": Meaning(
        "Settings for all containers of the pod. A container's own `securityContext` wins field "
        "by field. Capabilities, `privileged`, `allowPrivilegeEscalation` and "
        "`readOnlyRootFilesystem` do not exist here: each container sets them for itself."
    ),
    "pod.securityContext.sysctls": Meaning(
        "Kernel parameters of the pod's own namespaces. A kubelet refuses a pod with one that is "
        "not known as safe, unless its administrator allowed it.",
        "none: the node's namespaced defaults",
    ),
    "pod.securityContext.fsGroup": Meaning(
        "A group id that volumes are made accessible to, and that all containers have as an "
        "additional group.",
        "none: volumes keep their owners",
    ),
    "pod.securityContext.supplementalGroups": Meaning(
        "Additional group ids of the first process of each container.",
        "those that the image gives the user",
    ),
    "pod.securityContext.fsGroupChangePolicy": Meaning(
        "When the files of a volume get the group of `fsGroup`: `OnRootMismatch` spares the walk "
        "through a volume whose root has it already.",
        "`Always`",
    ),
    "pod.securityContext.supplementalGroupsPolicy": Meaning(
        "Whether the groups that the image gives the user in `/etc/group` count. Under `Strict` "
        "only those count that the pod names.",
        "`Merge`",
    ),
    "pod.securityContext.seLinuxChangePolicy": Meaning(
        "How volumes get the SELinux label of the pod: by a mount option, or file by file.",
        "`MountOption`, where the volume's driver can do it",
    ),
    "pod.securityContext.sysctls.[].name": Meaning("The name of the kernel parameter."),
    "pod.securityContext.sysctls.[].value": Meaning(
        "What the kernel parameter is set to, as a string: a number has to be quoted."
    ),
    "pod.resources": Meaning(
        "What all containers of the pod together are promised (`requests`) and may use at most "
        "(`limits`).",
        "the sum of what its containers have",
    ),
    "pod.volumes.[].emptyDir.sizeLimit": Meaning(
        "How much may be written into the volume; above it, the pod is evicted.",
        "none: all that the node has",
    ),
    "pod.volumes.[].emptyDir.medium": Meaning(
        "Where the files lie: on the node's disk, or with `Memory` in memory, which counts as that "
        "of the containers.",
        "the node's disk",
    ),
    # Of a container.
    "container.securityContext": Meaning(
        "Security settings of this container. What it sets wins over the pod's `securityContext`, "
        "field by field."
    ),
    "container.securityContext.privileged": Meaning(
        "The container holds every capability, sees every device of the node and runs without "
        "seccomp and AppArmor confinement. Its root is the node's root.",
        "`false`",
    ),
    "container.securityContext.allowPrivilegeEscalation": Meaning(
        "Whether a process may gain more privileges than its parent, as setuid programs like "
        "`sudo` do. With `false` the kernel's no_new_privs bit is set. There is no such field at "
        "pod level.",
        "`true`",
    ),
    "container.securityContext.readOnlyRootFilesystem": Meaning(
        "The container cannot write to its image's file system, only to mounted volumes, so an "
        "intruder cannot leave programs there.",
        "`false`",
    ),
    "container.securityContext.capabilities": Meaning(
        "Single privileges of root that the container's processes may have. `drop` is applied "
        "first, then `add`. There is no such field at pod level.",
        "the container runtime's set, about 14 capabilities",
    ),
    "container.securityContext.capabilities.add": Meaning(
        "Capabilities beyond the runtime's default set. Pod Security compares the names exactly: "
        "upper case, without `CAP_`.",
        "none",
    ),
    "container.securityContext.capabilities.drop": Meaning(
        "Capabilities to take away from the runtime's default set. `ALL` takes all of them, and is "
        "what the restricted level asks for.",
        "none: the runtime's set stays",
    ),
    "container.securityContext.procMount": Meaning(
        "How `/proc` is mounted. `Default` hides and write-protects the parts that reveal or "
        "change the node; `Unmasked` does not.",
        "`Default`",
    ),
    "container.resources": Meaning(
        "What the container is promised (`requests`) and what it may use at most (`limits`)."
    ),
    "container.resources.limits": Meaning(
        "What the container may use at most. Without limits one container can starve a node."
    ),
    "container.resources.requests": Meaning(
        "What the scheduler sets aside for the container. Under pressure, those who use more than "
        "they requested go first."
    ),
    "container.resources.limits.cpu": Meaning(
        "The processor time that the container may use; above it, it is slowed down. `1` is one "
        "core, `500m` half of one.",
        "none: all that the node has",
    ),
    "container.resources.limits.memory": Meaning(
        "The memory that the container may use; above it, the kernel kills a process of it. `Mi` "
        "and `Gi` count in powers of two, `M` and `G` in powers of ten, and `m` means thousandths.",
        "none: all that the node has",
    ),
    "container.resources.limits.ephemeral-storage": Meaning(
        "The disk space for logs, `emptyDir` volumes and written files; above it, the pod is "
        "evicted.",
        "none: all that the node has",
    ),
    "container.resources.requests.cpu": Meaning(
        "The processor time that is set aside for the container, and its share when the node is "
        "busy.",
        "the limit, if there is one, else nothing",
    ),
    "container.resources.requests.memory": Meaning(
        "The memory that is set aside for the container. What uses more than it requested is "
        "evicted first.",
        "the limit, if there is one, else nothing",
    ),
    "container.resources.requests.ephemeral-storage": Meaning(
        "The disk space that is set aside for the container.",
        "the limit, if there is one, else nothing",
    ),
    "container.resources.claims": Meaning(
        "Which of the pod's `resourceClaims`, devices for the most part, the container may use.",
        "none",
    ),
    "container.volumeMounts.[].readOnly": Meaning(
        "Whether the container may only read what is mounted.",
        "`false`",
    ),
    "container.ports.[].hostPort": Meaning(
        "A port of the node that leads into the container, past Services and often past network "
        "policies.",
        "none",
    ),
    "container.volumeMounts.[].mountPropagation": Meaning(
        "Whether mounts made later are seen on the other side. `Bidirectional` carries mounts of "
        "the container to the node, and needs a privileged container.",
        "`None`",
    ),
    # Of both.
    "securityContext.runAsNonRoot": Meaning(
        "The kubelet refuses to start a container whose user is root. It only checks; it changes "
        "no user.",
        "`false`: nothing is checked",
    ),
    "securityContext.runAsUser": Meaning(
        "The user id of the first process. `0` is root.",
        "the image's `USER`, which is root where the image sets none",
    ),
    "securityContext.runAsGroup": Meaning(
        "The primary group id of the first process. `0` is the group of root.",
        "the image's group, which is root's where the image sets none",
    ),
    "securityContext.seccompProfile": Meaning(
        "Which system calls the kernel accepts from the container.",
        "`Unconfined`, unless the kubelet runs with `seccompDefault`",
    ),
    "securityContext.seccompProfile.type": Meaning(
        "Where the seccomp profile comes from: `RuntimeDefault`, `Localhost` or `Unconfined`.",
    ),
    "securityContext.seccompProfile.localhostProfile": Meaning(
        "The file of the profile, relative to the kubelet's folder for seccomp profiles. Only with "
        "the type `Localhost`.",
    ),
    "securityContext.appArmorProfile": Meaning(
        "Which files and operations AppArmor allows to the container, on nodes that have AppArmor.",
        "the runtime's profile, where the node has AppArmor",
    ),
    "securityContext.appArmorProfile.type": Meaning(
        "Where the AppArmor profile comes from: `RuntimeDefault`, `Localhost` or `Unconfined`.",
    ),
    "securityContext.appArmorProfile.localhostProfile": Meaning(
        "The name of a profile that is loaded on the node. Only with the type `Localhost`.",
    ),
    "securityContext.seLinuxOptions": Meaning(
        "The SELinux label of the container's processes, on nodes that have SELinux.",
        "a label that the runtime makes for each container",
    ),
    "securityContext.seLinuxOptions.type": Meaning(
        "The SELinux type, which decides what a process may do. `spc_t` may do everything.",
        "`container_t`, as most runtimes have it",
    ),
    "securityContext.seLinuxOptions.user": Meaning(
        "The SELinux user of the label. Pod Security allows none to be set.",
        "the runtime's choice",
    ),
    "securityContext.seLinuxOptions.role": Meaning(
        "The SELinux role of the label. Pod Security allows none to be set.",
        "the runtime's choice",
    ),
    "securityContext.seLinuxOptions.level": Meaning(
        "The SELinux level of the label: its categories keep containers apart.",
        "categories that the runtime chooses for each pod",
    ),
    "securityContext.windowsOptions": Meaning(
        "Settings for Windows nodes alone. Linux nodes pass over them.",
        "none",
    ),
    "securityContext.windowsOptions.runAsUserName": Meaning(
        "The Windows user of the first process. `ContainerUser` is no administrator.",
        "the image's user",
    ),
    "securityContext.windowsOptions.gmsaCredentialSpecName": Meaning(
        "The name of the GMSACredentialSpec under whose account of Active Directory the container "
        "runs.",
        "none",
    ),
    "securityContext.windowsOptions.gmsaCredentialSpec": Meaning(
        "The content of a GMSA credential spec, which a webhook fills in by its name.",
        "none",
    ),
    "securityContext.windowsOptions.hostProcess": Meaning(
        "On Windows, the container runs as a process of the node itself, without isolation.",
        "`false`",
    ),
}
"""By the path in a pod: `container.` stands for each container list, `[]` for each item; what
begins with `securityContext.` holds for containers and for pods."""

PROFILE_TYPES: dict[str, str] = {
    "RuntimeDefault": "the profile that the container runtime ships, made for ordinary programs",
    "Localhost": "a profile that lies on the node, named by `localhostProfile`",
    "Unconfined": "no profile: nothing is filtered",
}
"""The values of `seccompProfile.type` and `appArmorProfile.type`."""

PROC_MOUNTS: dict[str, str] = {
    "Default": "the sensitive parts of `/proc` are hidden or read-only",
    "Unmasked": "all of `/proc` is visible; it needs `hostUsers: false`",
}

FS_GROUP_CHANGES: dict[str, str] = {
    "OnRootMismatch": "only where the root of the volume has another owner",
    "Always": "at each start, which takes long for many files",
}
"""The values of `fsGroupChangePolicy`."""

GROUP_POLICIES: dict[str, str] = {
    "Strict": "only the groups that the pod names",
    "Merge": "those of the image's `/etc/group` too, which no manifest shows",
}
"""The values of `supplementalGroupsPolicy`."""

SELINUX_CHANGES: dict[str, str] = {
    "MountOption": "the whole volume has the label at once, and pods of another label cannot mount "
    "it",
    "Recursive": "file by file, so that pods of different labels can share a volume",
}
"""The values of `seLinuxChangePolicy`."""

MEDIA: dict[str, str] = {
    "Memory": "in memory: gone with the pod, and counted as memory of the containers",
}
"""The values of an emptyDir's `medium`, but for those of huge pages."""

LEVELS: dict[str, str] = {
    "restricted": "no root, no capabilities, no new privileges, a seccomp profile: made for "
    "ordinary applications",
    "baseline": "what is known to lead out of a container is refused; root is not",
    "privileged": "nothing is refused",
}
"""The levels of Pod Security, from the strictest."""

NAMESPACE_LABELS: dict[str, str] = {
    "enforce": "Pods that break this level of Pod Security are refused in the namespace.",
    "warn": "Who applies a pod or a workload that breaks this level is warned.",
    "audit": "Pods that break this level are noted in the audit log.",
    "enforce-version": "The Kubernetes version whose checks `enforce` goes by; `latest` follows "
    "the cluster.",
    "warn-version": "The Kubernetes version whose checks `warn` goes by; `latest` follows the "
    "cluster.",
    "audit-version": "The Kubernetes version whose checks `audit` goes by; `latest` follows the "
    "cluster.",
}
"""The labels `pod-security.kubernetes.io/…` of a namespace."""

VERBS: dict[str, str] = {
    "get": "Read one object by its name. Of Secrets, that is their content.",
    "list": "Read all objects at once, with their content: of Secrets no less than `get`.",
    "watch": "Be told of every change, with the content of what changes.",
    "create": "Make new objects. Who makes pods can use every Secret and every account of their "
    "namespace.",
    "update": "Replace objects.",
    "patch": "Change parts of objects.",
    "delete": "Remove one object.",
    "deletecollection": "Remove all objects at once.",
}
"""The verbs of requests for resources, those that only read first."""

OPERATING_SYSTEMS: dict[str, str] = {
    "linux": "Linux-only fields hold; Windows ones may not be set",
    "windows": "Linux-only fields may not be set, and Pod Security asks for fewer of them",
}

CAPABILITIES: dict[str, str] = {
    "AUDIT_CONTROL": "Turn kernel auditing on and off, and change its rules.",
    "AUDIT_READ": "Read the kernel's audit log through a netlink socket.",
    "AUDIT_WRITE": "Write records into the kernel's audit log.",
    "BLOCK_SUSPEND": "Keep the node from suspending.",
    "BPF": "Load BPF programs and create BPF maps, which run in the node's kernel.",
    "CHECKPOINT_RESTORE": "Choose process ids and read what is needed to freeze and revive "
    "processes.",
    "CHOWN": "Give files another owner or group.",
    "DAC_OVERRIDE": "Read, write and execute files whatever their permissions say.",
    "DAC_READ_SEARCH": "Read any file and list any folder, and open files by handle, a known way "
    "out of a container.",
    "FOWNER": "Act as the owner of any file: change its mode, times and attributes.",
    "FSETID": "Keep setuid and setgid bits when a file is changed.",
    "IPC_LOCK": "Lock memory so that it is never swapped out, and use huge pages.",
    "IPC_OWNER": "Use System V IPC objects of others, whatever their permissions say.",
    "KILL": "Send signals to processes of other users.",
    "LEASE": "Take leases on any file, to be told when others open it.",
    "LINUX_IMMUTABLE": "Set and clear a file's immutable and append-only flags.",
    "MAC_ADMIN": "Change the configuration of the Smack security module.",
    "MAC_OVERRIDE": "Ignore what the Smack security module forbids.",
    "MKNOD": "Create device files.",
    "NET_ADMIN": "Configure interfaces, routes, firewalls and traffic of the network namespace; "
    "with `hostNetwork` those of the node.",
    "NET_BIND_SERVICE": "Listen on ports below 1024.",
    "NET_BROADCAST": "Send broadcasts and join multicast groups; current kernels do not ask for "
    "it.",
    "NET_RAW": "Open raw sockets: ping, but also forged packets that deceive neighbours on the "
    "network.",
    "PERFMON": "Watch performance counters and trace the kernel, which can leak what other "
    "processes do.",
    "SETFCAP": "Attach capabilities to program files.",
    "SETGID": "Take on any group id.",
    "SETPCAP": "Hand capabilities on within its bounding set, and lock their rules.",
    "SETUID": "Take on any user id, root included.",
    "SYS_ADMIN": "Mount file systems, enter namespaces and much more: close to being root on the "
    "node.",
    "SYS_BOOT": "Reboot the node and load another kernel.",
    "SYS_CHROOT": "Change the root folder and the mount namespace of a process.",
    "SYS_MODULE": "Load and remove kernel modules: whoever can do that controls the node.",
    "SYS_NICE": "Raise priorities and choose processors for any process.",
    "SYS_PACCT": "Turn process accounting on and off.",
    "SYS_PTRACE": "Trace other processes and read and write their memory; with `hostPID` those of "
    "the node.",
    "SYS_RAWIO": "Read and write I/O ports and raw device memory.",
    "SYS_RESOURCE": "Exceed quotas and resource limits.",
    "SYS_TIME": "Set the clock, which is the node's.",
    "SYS_TTY_CONFIG": "Configure terminals and hang them up.",
    "SYSLOG": "Read the kernel's messages and the addresses of its symbols.",
    "WAKE_ALARM": "Set timers that wake the node from sleep.",
}
"""What each capability lets a process do."""

ALL_CAPABILITIES = "Every capability at once."

SYSCTLS: dict[str, str] = {
    "kernel.shm_rmid_forced": "Shared memory goes when the last process that uses it goes.",
    "net.ipv4.ip_local_port_range": "The ports that outgoing connections use.",
    "net.ipv4.ip_local_reserved_ports": "Ports that outgoing connections leave free.",
    "net.ipv4.ip_unprivileged_port_start": "The first port that needs no privilege; `0` makes "
    "`NET_BIND_SERVICE` unnecessary.",
    "net.ipv4.ping_group_range": "The groups that may send pings without raw sockets.",
    "net.ipv4.tcp_fin_timeout": "How many seconds a closed connection waits for its end.",
    "net.ipv4.tcp_keepalive_intvl": "The seconds between two keepalive probes.",
    "net.ipv4.tcp_keepalive_probes": "How many unanswered probes end a connection.",
    "net.ipv4.tcp_keepalive_time": "The idle seconds before keepalive probes begin.",
    "net.ipv4.tcp_notsent_lowat": "How much unsent data a socket takes before it says it is full.",
    "net.ipv4.tcp_rmem": "The sizes of TCP receive buffers.",
    "net.ipv4.tcp_slow_start_after_idle": "Whether a connection starts slowly again after a pause.",
    "net.ipv4.tcp_syncookies": "Protection against floods of half-open connections.",
    "net.ipv4.tcp_wmem": "The sizes of TCP send buffers.",
}
"""The parameters that Pod Security allows, some of them only from a Kubernetes version on."""

OTHER_SYSCTL = (
    "This parameter is not among those that Pod Security knows as safe: it may reach beyond the "
    "pod, or let the pod disturb its node. A kubelet refuses it unless `allowedUnsafeSysctls` "
    "names it."
)

VOLUME_TYPES: dict[str, str] = {
    "awsElasticBlockStore": "A disk of AWS, by its id; replaced by CSI.",
    "azureDisk": "A disk of Azure; replaced by CSI.",
    "azureFile": "A file share of Azure; replaced by CSI.",
    "cephfs": "A Ceph file system; removed in Kubernetes 1.31.",
    "cinder": "A disk of OpenStack; replaced by CSI.",
    "configMap": "The entries of a ConfigMap as files.",
    "csi": "A volume that a CSI driver makes for this pod.",
    "downwardAPI": "Fields of the pod itself as files.",
    "emptyDir": "An empty folder that lives as long as the pod, shared by its containers. With "
    "`medium: Memory` it counts as memory; `sizeLimit` bounds it.",
    "ephemeral": "A claim that is made with the pod and deleted with it.",
    "fc": "A Fibre Channel device.",
    "flexVolume": "A volume of an old driver that runs on the node; replaced by CSI.",
    "flocker": "A Flocker volume; removed in Kubernetes 1.25.",
    "gcePersistentDisk": "A disk of Google Cloud; replaced by CSI.",
    "gitRepo": "A clone of a git repository, which the node makes as root; deprecated and "
    "dangerous.",
    "glusterfs": "A Gluster file system; removed in Kubernetes 1.26.",
    "hostPath": "A file or folder of the node. Depending on the path the pod can read the node's "
    "secrets, change its files or control its container runtime.",
    "image": "The content of an OCI image, read-only.",
    "iscsi": "An iSCSI device.",
    "nfs": "A folder of an NFS server, mounted by the node.",
    "persistentVolumeClaim": "Storage that a claim of this namespace holds; what lies behind it "
    "is the administrator's choice.",
    "photonPersistentDisk": "A disk of VMware Photon; no longer supported.",
    "portworxVolume": "A Portworx volume; replaced by CSI.",
    "projected": "Secrets, ConfigMaps, tokens and pod fields together in one folder.",
    "quobyte": "A Quobyte volume; removed in Kubernetes 1.25.",
    "rbd": "A Ceph block device; removed in Kubernetes 1.31.",
    "scaleIO": "A ScaleIO volume; no longer supported.",
    "secret": "The entries of a Secret as files, kept in memory on the node.",
    "storageos": "A StorageOS volume; removed in Kubernetes 1.25.",
    "vsphereVolume": "A disk of vSphere; replaced by CSI.",
}

RESTRICTED_VOLUME_TYPES = frozenset(
    """
    configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret
    """.split()
)
"""What the restricted level allows (pod-security-admission, check_restrictedVolumes)."""
