"""Pods that are agents of their node: what they take from it is their purpose.

A network or storage plug-in, a collector of logs or metrics, a scanner: it is known by its image,
by the part of the node that it mounts, by a command that works on the node, by the priority of what
a node cannot do without, or by a capability over the node that somebody added though the container
is privileged. That a pod is privileged or in the
node's network alone does not make an agent of it.
"""

from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from k8s_lsp.kubernetes.capabilities import canonical
from k8s_lsp.kubernetes.commands import Command, commands_in, commands_of, node_program_in
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.host_paths import is_within, normalised
from k8s_lsp.kubernetes.images import image_of
from k8s_lsp.kubernetes.pods import Container, PodSpec, cached_for_fixes
from k8s_lsp.regexes import regex

_IMAGES: Final = frozenset(
    """
    prom/node-exporter prometheus/node-exporter
    grafana/promtail grafana/alloy grafana/agent
    fluent/fluentd-kubernetes-daemonset fluent/fluent-bit timberio/vector
    sig-storage/livenessprobe k8scsi/livenessprobe
    sig-storage/csi-node-driver-registrar k8scsi/csi-node-driver-registrar
    sig-storage/nfsplugin longhornio/longhorn-manager
    istio/ztunnel release/ztunnel istio/install-cni release/install-cni
    calico/node calico/typha tigera/operator kube-proxy
    cilium/cilium cilium/operator cilium/operator-generic cilium/operator-alibabacloud
    cilium/operator-aws cilium/operator-azure
    flannel-io/flannel flannel/flannel coreos/flannel
    metallb/speaker aquasec/kube-bench
    moby/buildkit
    """.split()
)
"""The ends of the names of images that need host access by their nature.

Source: the Dockerfiles of these projects and the manifests that they publish themselves
(kubernetes/kubernetes, cluster/addons/kube-proxy; prometheus-operator/kube-prometheus;
projectcalico/calico, flannel-io/flannel, metallb/metallb, kubernetes-csi, istio/istio,
aquasecurity/kube-bench, grafana/helm-charts, fluent/fluentd-kubernetes-daemonset).
"""

_FILE_SERVER: Final = regex(
    r"(?:^|[-_.])(?:volume-nfs|nfs-(?:server|ganesha|provisioner|kernel)|nfs-server-\w+"
    r"|nfs-ganesha|provisioner-nfs|iscsi(?:-target|d)?|tgtd?)(?:$|[-_.])"
)
"""The names of images that serve NFS or iSCSI, which the kernel of the node exports for them."""

_NODE_PARTS: Final = regex(r"/(?:kubelet|cni|csi)(?![a-z])")
"""Folders of the kubelet, of network and of storage plug-ins, wherever a distribution has them.

`/var/lib/kubelet` (kubernetes.io, "Files and Paths Used by the Kubelet"), also below
`/var/snap/microk8s/common` and `/var/lib/k0s`; `/etc/cni/net.d` and `/opt/cni/bin` (CNI
specification, containerd's and CRI-O's defaults); the sockets and data of CSI drivers.
"""

_KERNEL: Final = ("/proc", "/sys", "/dev")
"""The node's processes, its kernel's settings, its devices."""

_NO_DEVICES: Final = ("/dev/log", "/dev/shm")
"""What is no device though it lies below /dev: the socket of syslog, and shared memory."""


_OF_NODE: Final = frozenset({"SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH"})
"""Capabilities that reach the node's file systems, modules and devices (capabilities(7)).

Whoever adds one to what is privileged anyway has thought of what the program does there. The others
do their work without the privilege: what adds `NET_ADMIN` needs no device of the node.
"""


@cached_for_fixes
def node_agent(pod: PodSpec) -> str | None:
    """By what a pod is known as an agent of its node, as a clause; None where it is none."""
    purposes = (_by_itself(each, tuple(commands_in(each))) for each in _containers_of(pod))
    by = _by_its_pod(pod) or next(filter(None, purposes), None)
    return None if by is None else f"{_IS_AGENT}: {by}"


def agent_container(container: Container) -> str | None:
    """By what a container is known to work on its node, as a clause; else None.

    What another container of the pod calls or adds does not count: `sysctl` in an init container
    makes no agent of the program that it prepares the node for.
    """
    by = _by_its_pod(container.pod) or _by_itself(container.field, commands_of(container))
    return None if by is None else f"{_IS_AGENT}: {by}"


def network_of_node(pod: PodSpec) -> str | None:
    """By what a pod is known to need the network of its node, as a clause; None where it is not."""
    agent = node_agent(pod)
    if agent is not None:
        return agent
    for toleration in pod.get("tolerations").items():
        key = toleration.get("key").text
        if key in _NO_NETWORK_YET:
            return f"the pod has to run before pods have a network: it tolerates {key}"
    return None


_NO_NETWORK_YET: Final = frozenset(
    """
    node.kubernetes.io/network-unavailable node.cloudprovider.kubernetes.io/uninitialized
    node.cilium.io/agent-not-ready
    """.split()
)
"""The taints of nodes on which pods have no network of their own yet.

Source: kubernetes.io, "Well-Known Labels, Annotations and Taints"; docs.cilium.io, "Considerations
on Node Pool Taints and Unmanaged Pods".
"""


def is_of_node(path: str) -> bool:
    """Whether a path of the node is one that only its agents have a use for."""
    path = normalised(path)
    if any(is_within(path, place) for place in _NO_DEVICES):
        return False
    return any(is_within(path, part) for part in _KERNEL) or _NODE_PARTS.search(path) is not None


_IS_AGENT: Final = "the pod is an agent of its node"


def _containers_of(pod: PodSpec) -> Iterator[Field]:
    for key in ("initContainers", "containers"):
        yield from pod.get(key).items()


@cached_for_fixes
def _by_its_pod(pod: PodSpec) -> str | None:
    """By what it mounts, by which image it runs, or by its priority, a pod is an agent."""
    mounted = (volume.get("hostPath", "path").text for volume in pod.volumes())
    images = (container.get("image").string or "" for container in _containers_of(pod))
    found = chain(
        (f"it mounts {path}" for path in mounted if path and is_of_node(path)),
        (f"{text} is made for that" for text in images if _is_made_for_node(text)),
    )
    is_critical = pod.get("priorityClassName").text == _CRITICAL
    return next(found, f"its priority is {_CRITICAL}" if is_critical else None)


_CRITICAL: Final = "system-node-critical"
"""The priority of pods without which a node does not work.

Source: kubernetes.io, "Guaranteed Scheduling For Critical Add-On Pods".
"""


_ENDPOINT: Final = "CSI_ENDPOINT"
"""The variable by which about every storage driver is told the socket that it serves.

Source: kubernetes-csi.github.io, "Developing a CSI Driver for Kubernetes", and the manifests of its
drivers. What asks at the socket has it as ADDRESS.
"""


def _by_itself(container: Field, commands: Collection[Command]) -> str | None:
    """By what it calls, or adds to its privileges, a container works on its node."""
    program = node_program_in(commands)
    if program is not None:
        return f"a command has {program}"
    if any(each.get("name").text == _ENDPOINT for each in container.get("env").items()):
        return f"it serves {_ENDPOINT}"
    if container.get("securityContext", "privileged").boolean is True:
        added = next(_added_over_node(container), None)
        return None if added is None else f"it adds {added} to what is privileged"
    return None


def rules_node(container: Field) -> bool:
    """Whether somebody has given a container a capability over the node itself."""
    return next(_added_over_node(container), None) is not None


def _added_over_node(container: Field) -> Iterator[str]:
    for item in container.get("securityContext", "capabilities", "add").items():
        if item.text and canonical(item.text) in _OF_NODE:
            yield item.text


@lru_cache(maxsize=512)
def _is_made_for_node(text: str) -> bool:
    """Whether an image, which texts name again and again, has host access by its nature."""
    image = image_of(text)
    if image is None:
        return False
    *_, name = parts = image.repository.split("/")
    if not _IMAGES.isdisjoint((name, "/".join(parts[-2:]))):
        return True
    if name == "buildkit" and "rootless" in (image.tag or ""):
        return False
    if name == "docker":
        return "dind" in (image.tag or "") and "rootless" not in (image.tag or "")
    return _FILE_SERVER.search(name) is not None
