"""Pods that are agents of their node: what they take from it is their purpose.

A network or storage plug-in, a collector of logs or metrics, a scanner: it is known by its image,
or by the part of the node that it mounts. That a pod is privileged or in the node's network alone
does not make an agent of it.
"""

import re
from typing import Final

from k8s_lsp.kubernetes.host_paths import is_within, normalised
from k8s_lsp.kubernetes.images import image_of
from k8s_lsp.kubernetes.pods import PodSpec

_IMAGES: Final = frozenset(
    """
    prom/node-exporter prometheus/node-exporter
    grafana/promtail grafana/alloy grafana/agent
    fluent/fluentd-kubernetes-daemonset fluent/fluent-bit timberio/vector
    sig-storage/livenessprobe k8scsi/livenessprobe
    sig-storage/csi-node-driver-registrar k8scsi/csi-node-driver-registrar
    sig-storage/nfsplugin longhornio/longhorn-manager
    istio/ztunnel release/ztunnel istio/install-cni release/install-cni
    calico/node cilium/cilium kube-proxy flannel-io/flannel flannel/flannel coreos/flannel
    metallb/speaker aquasec/kube-bench
    """.split()
)
"""The ends of the names of images that need host access by their nature.

Source: the Dockerfiles of these projects and the manifests that they publish themselves
(kubernetes/kubernetes, cluster/addons/kube-proxy; prometheus-operator/kube-prometheus;
projectcalico/calico, flannel-io/flannel, metallb/metallb, kubernetes-csi, istio/istio,
aquasecurity/kube-bench, grafana/helm-charts, fluent/fluentd-kubernetes-daemonset).
"""

_NODE_PARTS: Final = re.compile(r"/(?:kubelet|cni|csi)(?![a-z])")
"""Folders of the kubelet, of network and of storage plug-ins, wherever a distribution has them.

`/var/lib/kubelet` (kubernetes.io, "Files and Paths Used by the Kubelet"), also below
`/var/snap/microk8s/common` and `/var/lib/k0s`; `/etc/cni/net.d` and `/opt/cni/bin` (CNI
specification, containerd's and CRI-O's defaults); the sockets and data of CSI drivers.
"""

_KERNEL: Final = ("/proc", "/sys", "/dev")
"""The node's processes, its kernel's settings, its devices."""

_NO_DEVICES: Final = ("/dev/log", "/dev/shm")
"""What is no device though it lies below /dev: the socket of syslog, and shared memory."""


def node_agent(pod: PodSpec) -> str | None:
    """By what a pod is known as an agent of its node, as a clause; None where it is none."""
    if _node_agent not in pod.cache:
        pod.cache[_node_agent] = _node_agent(pod)
    known_by: str | None = pod.cache[_node_agent]
    return known_by


def is_of_node(path: str) -> bool:
    """Whether a path of the node is one that only its agents have a use for."""
    path = normalised(path)
    if any(is_within(path, place) for place in _NO_DEVICES):
        return False
    return any(is_within(path, part) for part in _KERNEL) or _NODE_PARTS.search(path) is not None


def _node_agent(pod: PodSpec) -> str | None:
    for volume in pod.volumes():
        path = volume.get("hostPath", "path").text
        if path and is_of_node(path):
            return f"the pod is an agent of its node: it mounts {path}"
    for key in ("initContainers", "containers"):
        for container in pod.get(key).items():
            text = container.get("image").string or ""
            image = image_of(text)
            parts = image.repository.split("/") if image is not None else []
            if parts and not _IMAGES.isdisjoint((parts[-1], "/".join(parts[-2:]))):
                return f"the pod is an agent of its node: {text} is made for that"
    return None
