"""Paths of a node: how they are compared, and what a pod gets hold of with them."""

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.regexes import regex


def host_path_volumes(pod: Pod) -> Iterator[tuple[Field, str]]:
    """The volumes of a pod that say in so many words which path of the node they are."""
    for volume in pod.volumes():
        path = volume.get("hostPath", "path").text
        if path:
            yield volume, path


def volume_title(volume: Field) -> str:
    """How a message names a volume: `volume "data"`."""
    name = volume.get("name").text
    which = f'"{name}"' if name else f"{volume.path[-2]}[{volume.path[-1]}]"
    return f"volume {which}"


def normalised(path: str) -> str:
    """The one spelling of a path: no `.`, `..`, double or closing slash, /run for /var/run.

    /var/run is a link to /run on every distribution that systemd runs on (file-hierarchy(7)). A
    named pipe of Windows is written with slashes, in lower case. A relative path stays as it is.
    """
    pipe = path.replace("\\", "/").lower()
    if pipe.startswith(PIPES):
        return pipe
    if not path.startswith("/"):
        return path
    # POSIX lets two slashes at the start mean something else, and Linux does not.
    path = "/" + posixpath.normpath(path).lstrip("/")
    return path.removeprefix("/var") if is_within(path, "/var/run") else path


def is_within(path: str, folder: str) -> bool:
    """Whether a normalised path is the folder or lies below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


_DATA = ("/srv", "/data", "/mnt", "/var/cache", "/var/lib", "/var/spool")
"""Where programs keep what they write (Filesystem Hierarchy Standard 3.0, chapters 3 and 5)."""

_DATA_NAMES = frozenset("cache data database db pgdata storage".split())
"""Names of folders that programs write to, wherever they lie."""

_DATA_OF_NODE = (
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/kubelet",
)
"""What the node itself writes, and pods at most read."""


def is_data(path: str) -> bool:
    """Whether a path is, by its place or its name, a folder in which a program keeps its data."""
    path = normalised(path)
    if any(is_within(path, folder) for folder in _DATA_OF_NODE):
        return False
    is_named = not _DATA_NAMES.isdisjoint(path.lower().split("/"))
    return is_named or any(is_within(path, folder) for folder in _DATA)


# Container runtimes.

PIPES = "//./pipe/"

RUNTIME_SOCKETS = frozenset(
    "containerd.sock containerd.sock.ttrpc cri-dockerd.sock crio.sock docker.sock dockershim.sock"
    " podman.sock".split()
)
"""The files behind which a container runtime listens, wherever they lie.

containerd, CRI-O and cri-dockerd: kubernetes.io, "Container Runtimes". They keep their name and
change their folder: /run/k3s/containerd, /run/k0s, /var/snap/microk8s/common/run, /run/user/1000.
"""

RUNTIME_FOLDERS = frozenset(
    "/run/containerd /run/crio /run/k0s /run/k3s/containerd /run/podman".split()
)
"""The folders that hold such a file."""

RUNTIME_PIPES = frozenset(
    f"{PIPES}{name}" for name in ("containerd-containerd", "cri-dockerd", "docker_engine")
)
"""The same on Windows."""


def is_runtime_socket(path: str) -> bool:
    """Whether a path of the node is a container runtime's socket, or a folder that holds it."""
    path = normalised(path)
    if path in RUNTIME_PIPES or path in RUNTIME_FOLDERS:
        return True
    return path.startswith("/") and posixpath.basename(path) in RUNTIME_SOCKETS


def is_socket_or_pipe(path: str) -> bool:
    """Whether the name of a path of the node tells that programs listen behind it."""
    return path.endswith(".sock") or normalised(path).startswith(PIPES)


# What else is worth having.


class Exposure(NamedTuple):
    """A sensitive place of the node, and what whoever reads or writes there gets."""

    place: str
    what: str


SENSITIVE = (
    Exposure("/", "the whole file system of the node"),
    Exposure("/var/lib/kubelet", "the kubelet's credentials and the Secrets of the node's pods"),
    Exposure("/var/lib/etcd", "the database of the cluster with all its Secrets"),
    Exposure("/etc", "the node's configuration, passwords and keys"),
    Exposure("/root", "the SSH keys and kubeconfig files of root"),
    Exposure("/run", "the sockets of the node's services, the container runtime's among them"),
    Exposure("/proc", "the processes of the node and the settings of its kernel"),
    Exposure("/sys", "the devices, control groups and settings of the node's kernel"),
    Exposure("/dev", "the disks and other devices of the node"),
    Exposure("/boot", "the node's kernel and boot loader"),
    Exposure("/var/lib/containerd", "the images and file systems of all containers of the node"),
    Exposure("/var/lib/containers", "the images and file systems of all containers of the node"),
    Exposure("/var/lib/docker", "the images and file systems of all containers of the node"),
    Exposure("/var/log", "the logs of the node and of all its containers"),
)
"""The gravest first: it speaks for a path that contains several of them."""

_RUNTIME = "the state of all containers of the node, and the sockets of their runtime"

IN_RUN = (
    Exposure("/run/cloud-init", "what the cloud told the node, credentials among it"),
    Exposure("/run/containerd", _RUNTIME),
    Exposure("/run/containers", _RUNTIME),
    Exposure("/run/credentials", "the credentials of the node's services"),
    Exposure("/run/crio", _RUNTIME),
    Exposure("/run/dbus", "the bus over which the node's services are controlled"),
    Exposure("/run/docker", _RUNTIME),
    Exposure("/run/k0s", _RUNTIME),
    Exposure("/run/k3s", _RUNTIME),
    Exposure("/run/kubernetes", "the keys of the API server"),
    Exposure("/run/libvirt", "the sockets that control the node's virtual machines"),
    Exposure("/run/log", "the logs of the node and of all its containers"),
    Exposure("/run/netns", "the networks of the node's pods"),
    Exposure("/run/podman", _RUNTIME),
    Exposure("/run/secrets", "the node's secrets"),
    Exposure("/run/systemd", "the sockets over which the node's services are controlled"),
    Exposure("/run/udev", "the devices of the node, and the socket that controls them"),
    Exposure("/run/user", "the sockets of the programs that people run on the node"),
)
"""What of /run belongs to the node itself.

Every driver and agent has a folder of its own there (/run/istio-cni, /run/cilium, /run/spire), in
which is what it puts there: a lock, a socket for its own pods. Sources: file-hierarchy(7),
systemd.exec(5) for credentials; k3s, k0s and the API server's default of --cert-dir for theirs.
"""

_ENDINGS_OF_SOCKETS = (".sock", ".socket")

PUBLIC = (
    "/etc/ca-certificates",
    "/etc/localtime",
    "/etc/os-release",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/ssl/certs",
)
"""What every program may read, and what tells nothing: the time zone, certificates to trust.

Whether it may be written is a question of its own.
"""


def exposure_of(path: str) -> Exposure | None:
    """What a path of the node exposes: the sensitive place that it is, lies in or contains."""
    path = normalised(path)
    if not path.startswith("/") or path.startswith(PIPES):
        return None
    if any(is_within(path, public) for public in PUBLIC):
        return None
    for exposure in SENSITIVE:
        # Every path lies below the root, which says nothing about it.
        below = exposure.place != "/" and is_within(path, exposure.place)
        if path == exposure.place or is_within(exposure.place, path):
            return exposure
        if below:
            return exposure if exposure.place != "/run" else _exposure_in_run(path, exposure)
    return None


OF_PLUGINS = regex(r"[/\\]kubelet[/\\](?:device-plugins|plugins|plugins_registry)(?:[/\\]|\Z)")
"""Where the kubelet has plug-ins put their sockets, below its folder, wherever that is.

Sources: kubernetes.io, "Device Plugins" (implementation); kubernetes-csi.github.io, "Deploying a
CSI Driver on Kubernetes" and "Node Driver Registrar".
"""


def is_of_plugins(path: str) -> bool:
    """Whether a path of the node is a folder in which plug-ins of the kubelet have to write."""
    return OF_PLUGINS.search(normalised(path)) is not None


PODS_ON_WINDOWS = regex(r"[A-Za-z]:[/\\](?:[^/\\]+[/\\])*kubelet(?:[/\\]pods)?[/\\]?")
"""The kubelet's folder, and that of its pods, on Windows."""


def is_mounted_into_on_windows(path: str) -> bool:
    """Whether a path of a Windows node is one into which a storage driver puts the volumes of pods.

    Windows knows no propagation, by which a driver of Linux tells that it mounts for others.
    """
    return PODS_ON_WINDOWS.fullmatch(path) is not None


def is_for_writing(path: str) -> bool:
    """Whether a path of the node is of no use to whoever may only read there.

    A program is put into the BPF file system in order to stay loaded (bpf(2), BPF_OBJ_PIN).
    """
    return is_within(normalised(path), "/sys/fs/bpf")


def why_sensitive(path: str) -> str | None:
    """What makes a path of the node sensitive, as a clause; None where nothing does."""
    exposure = exposure_of(path)
    if exposure is None:
        return None
    plain = normalised(path)
    if plain == exposure.place:
        return f"it holds {exposure.what}"
    if is_within(plain, exposure.place):
        return f"it lies in {exposure.place} with {exposure.what}"
    return f"it contains {exposure.place} with {exposure.what}"


def is_own_state(path: str) -> bool:
    """Whether a path of the node is what a driver or agent has for itself below /run."""
    return is_within(normalised(path), "/run") and exposure_of(path) is None


def _exposure_in_run(path: str, run: Exposure) -> Exposure | None:
    """What a path below /run exposes: that of the node, not what drivers have for themselves."""
    if posixpath.dirname(path) == "/run" and path.endswith(_ENDINGS_OF_SOCKETS):
        return run
    return next((exposure for exposure in IN_RUN if is_within(path, exposure.place)), None)
