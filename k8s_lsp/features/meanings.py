"""What security fields and their values mean, for people who hover over them. Data only."""

from typing import Final, NamedTuple

from k8s_lsp.kubernetes.versions import Version


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
        "namespace of its own: root in the container is nobody special on the node, so that Pod "
        "Security accepts root and `procMount: Unmasked` there, from 1.35 on.",
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
    "serviceAccount.automountServiceAccountToken": Meaning(
        "Whether pods of this account get its token, where they say nothing themselves. Who reads "
        "the token can do what the account may do.",
        "`true`",
    ),
    "pod.serviceAccountName": Meaning(
        "The identity under which the pod talks to the API server. Roles are bound to it.",
        "`default`, which every pod of the namespace without a name shares",
    ),
    "pod.serviceAccount": Meaning(
        "The old name of `serviceAccountName`; the API server keeps both in step.",
        "`default`",
    ),
    "pod.runtimeClassName": Meaning(
        "Which container runtime of the node runs the pod: with gVisor or Kata Containers there is "
        "more than the node's kernel between the pod and the node.",
        "the node's ordinary runtime",
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
    "pod.volumes.[].hostPath.path": Meaning(
        "The file or folder of the node. It decides how much the pod is given."
    ),
    "pod.volumes.[].hostPath.type": Meaning(
        "What has to be at the path before it is mounted, or is made there: `Directory`, "
        "`DirectoryOrCreate`, `File`, `FileOrCreate`, `Socket`, `CharDevice` or `BlockDevice`.",
        "nothing is checked",
    ),
    "pod.volumes.[].projected.sources.[].serviceAccountToken.audience": Meaning(
        "For whom the token is. One for another audience is of no use at the API server.",
        "the API server",
    ),
    "pod.volumes.[].projected.sources.[].serviceAccountToken.expirationSeconds": Meaning(
        "How many seconds the token is valid; the kubelet renews it in time.",
        "`3600`, and no less than `600`",
    ),
    # Of a container.
    "container.image": Meaning(
        "What the container runs. A tag can be moved to other content at any time; a digest "
        "(`@sha256:…`) cannot."
    ),
    "container.imagePullPolicy": Meaning(
        "When the node asks the registry for the image. Only `Always` checks each time that the "
        "pod may pull it.",
        "`Always` for the tag `latest` or none, else `IfNotPresent`",
    ),
    "container.securityContext": Meaning(
        "Security settings of this container, which win over the pod's field by field."
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
    "container.volumeMounts.[].recursiveReadOnly": Meaning(
        "Whether what is mounted below the volume is read-only too. With `readOnly` alone it may "
        "still be written.",
        "`Disabled`",
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
begins with `securityContext.` holds for containers and for pods.

Sources: the API reference of Kubernetes 1.37 (k8s.io/api, core/v1/types.go).
"""


class Since(NamedTuple):
    """The version in which a field came, and from which on servers take it by themselves."""

    first: Version
    by_default: Version | None = None


SINCE: Final[dict[str, Since]] = {
    "pod.hostUsers": Since(Version(1, 25), Version(1, 33)),
    "pod.shareProcessNamespace": Since(Version(1, 10), Version(1, 12)),
    "pod.automountServiceAccountToken": Since(Version(1, 6)),
    "pod.runtimeClassName": Since(Version(1, 12), Version(1, 14)),
    "pod.os.name": Since(Version(1, 23), Version(1, 24)),
    "pod.resources": Since(Version(1, 32), Version(1, 34)),
    "pod.securityContext.sysctls": Since(Version(1, 11)),
    "pod.securityContext.fsGroupChangePolicy": Since(Version(1, 18), Version(1, 20)),
    "pod.securityContext.supplementalGroupsPolicy": Since(Version(1, 31), Version(1, 33)),
    "pod.securityContext.seLinuxChangePolicy": Since(Version(1, 32), Version(1, 33)),
    "pod.volumes.[].emptyDir.sizeLimit": Since(Version(1, 7), Version(1, 10)),
    "pod.volumes.[].hostPath.type": Since(Version(1, 8)),
    "pod.volumes.[].projected.sources.[].serviceAccountToken": Since(
        Version(1, 11), Version(1, 12)
    ),
    "pod.volumes.[].csi": Since(Version(1, 15), Version(1, 16)),
    "pod.volumes.[].ephemeral": Since(Version(1, 19), Version(1, 21)),
    "pod.volumes.[].image": Since(Version(1, 31), Version(1, 35)),
    "container.resources.limits.ephemeral-storage": Since(Version(1, 8), Version(1, 10)),
    "container.resources.requests.ephemeral-storage": Since(Version(1, 8), Version(1, 10)),
    "container.resources.claims": Since(Version(1, 26), Version(1, 34)),
    "container.securityContext.allowPrivilegeEscalation": Since(Version(1, 8)),
    "container.securityContext.procMount": Since(Version(1, 12), Version(1, 33)),
    "container.volumeMounts.[].mountPropagation": Since(Version(1, 8), Version(1, 10)),
    "container.volumeMounts.[].recursiveReadOnly": Since(Version(1, 30), Version(1, 31)),
    "securityContext.runAsGroup": Since(Version(1, 10), Version(1, 14)),
    "securityContext.seccompProfile": Since(Version(1, 19)),
    "securityContext.appArmorProfile": Since(Version(1, 30)),
    "securityContext.windowsOptions": Since(Version(1, 14), Version(1, 16)),
    "securityContext.windowsOptions.runAsUserName": Since(Version(1, 16), Version(1, 17)),
    "securityContext.windowsOptions.hostProcess": Since(Version(1, 22), Version(1, 23)),
}
"""When the fields came that 1.6 or a later version has brought; those below one came with it.

Sources: the tags of k8s.io/api for the first version of a field; pkg/features/kube_features.go of
Kubernetes 1.37 and kubernetes.io, "Feature Gates" and "Feature Gates (removed)", for the other.
"""


def since(pattern: str) -> Since | None:
    """When the field at a path in a pod came; None where it was there before 1.6."""
    parts = pattern.split(".")
    for depth in range(len(parts), 1, -1):
        name = ".".join(parts[:depth])
        found = SINCE.get(name) or SINCE.get(name.partition(".")[2])
        if found is not None:
            return found
    return None


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

PULL_POLICIES: dict[str, str] = {
    "Always": "the registry is asked at each start, and whether the pod may pull the image",
    "IfNotPresent": "what another pod has pulled to the node is used, whoever may pull it",
    "Never": "only what is on the node already is used",
}
"""The values of `imagePullPolicy`."""

PROPAGATIONS: dict[str, str] = {
    "None": "mounts made later are seen on neither side",
    "HostToContainer": "later mounts of the node are seen in the container",
    "Bidirectional": "later mounts are seen on both sides: the container mounts on the node",
}
"""The values of `mountPropagation`."""

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

NAMESPACE_DEFAULTS: Final = {
    False: "`privileged`, unless the cluster's configuration of admission says otherwise",
    True: "`latest`",
}
"""What counts without a label: of a level, and of its version."""

OPERATING_SYSTEMS: dict[str, str] = {
    "linux": "Linux-only fields hold; Windows ones may not be set",
    "windows": "Linux-only fields may not be set, and Pod Security asks for fewer of them",
}

SELINUX_TYPE_WORDS: dict[str, str] = {
    "container_t": "an ordinary container",
    "container_init_t": "a container that runs an init system such as systemd",
    "container_kvm_t": "a container in a virtual machine, as of Kata Containers",
    "container_engine_t": "a container that runs containers; Pod Security knows it since 1.31",
    "spc_t": "a super-privileged container: SELinux does not confine it",
}
"""The values of `seLinuxOptions.type` (container-selinux)."""

VALUES: Final[dict[str, dict[str, str]]] = {
    "securityContext.seccompProfile.type": PROFILE_TYPES,
    "securityContext.appArmorProfile.type": PROFILE_TYPES,
    "securityContext.seLinuxOptions.type": SELINUX_TYPE_WORDS,
    "container.securityContext.procMount": PROC_MOUNTS,
    "container.imagePullPolicy": PULL_POLICIES,
    "container.volumeMounts.[].mountPropagation": PROPAGATIONS,
    "pod.securityContext.fsGroupChangePolicy": FS_GROUP_CHANGES,
    "pod.securityContext.supplementalGroupsPolicy": GROUP_POLICIES,
    "pod.securityContext.seLinuxChangePolicy": SELINUX_CHANGES,
    "pod.volumes.[].emptyDir.medium": MEDIA,
    "pod.os.name": OPERATING_SYSTEMS,
}
"""By the path in a pod, as FIELDS has it, the values of which there are a few."""

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
