"""A container may write to a directory of its node.

What it writes there, the node and its other pods read: a manifest for the kubelet, a job for
cron, a program that somebody else starts. Under most paths one such file is enough to leave the
container. It also outlives the pod and fills a disk that no quota guards.

With `readOnly: true` a program that only reads goes on as before, and one that writes fails with
"read-only file system"; caches, lock files and sockets count as writing. `readOnly` covers the
directory itself, not the file systems that the node has mounted below it: for those add
`recursiveReadOnly: Enabled` (by default from Kubernetes 1.31 on, where the runtime supports it, and
without mountPropagation). On sockets and devices it has no effect, so that the rule does not ask
for it where the volume's type or name tells. Nor does it where a driver has a folder of its own
below /run, or the kubelet one for the sockets of plug-ins: they are there to be written to. So are
the BPF file system and, for a storage driver on Windows, the folder of the kubelet's pods. Of a
mount with Bidirectional propagation another rule speaks: it cannot do its work read-only, no more
than a container whose own command writes there, such as one that installs a plug-in. What is
created in order to be written, the folder of a database or of an agent of the node, is left to you:
it rather wants another volume.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from k8s_lsp.kubernetes.commands import writes_below
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.host_paths import (
    host_path_volumes,
    is_data,
    is_for_writing,
    is_mounted_into_on_windows,
    is_of_plugins,
    is_own_state,
    is_socket_or_pipe,
    is_within,
    normalised,
)
from k8s_lsp.kubernetes.node_agents import agent_container
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.regexes import regex
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, missing, rule

_SPECIAL_FILES = frozenset({"BlockDevice", "CharDevice", "Socket"})
"""Types of a hostPath for which a read-only mount changes nothing.

It keeps the file itself from being replaced, but nobody from connecting to a socket or from
writing to a device.
"""

_CREATED = frozenset({"DirectoryOrCreate", "FileOrCreate"})
"""Types of a hostPath that the kubelet creates, empty, where nothing is: nobody reads that."""

_DATA_OPTION = regex(r"(?i)(?<!\S)--?[a-z.-]{0,40}(?:data|db|stor)[a-z.-]{0,40}[= ](/\S*[^\s/])")
"""An option that tells a program where to keep its data: `--data-dir=/x`, `--storage.path /x`."""


@rule(
    severity="warning",
    subject=POD,
    requires_any_of=("hostPath",),
)
def writable_host_path(pod: Pod, context: Context) -> Iterator[Finding]:
    volumes = list(host_path_volumes(pod))
    writable = {
        volume.get("name").text: volume.get("hostPath")
        for volume, path in volumes
        if not _is_special(volume, path)
    }
    of_plugins = {volume.get("name").text for volume, path in volumes if is_of_plugins(path)}
    for container in pod.containers:
        mounts = list(container.get("volumeMounts").items())
        is_driver = any(mount.get("name").text in of_plugins for mount in mounts)
        for mount in mounts:
            name, read_only = mount.get("name").text, mount.get("readOnly")
            if name is None or name not in writable:
                continue
            if read_only.boolean is True or read_only.unknown:
                continue
            if mount.get("mountPropagation").text == "Bidirectional":
                continue
            path = writable[name].get("path").text or ""
            if writes_below(container, mount.get("mountPath").text or "/"):
                continue
            if is_driver and is_mounted_into_on_windows(path):
                continue
            message = f'{container} must mount hostPath volume "{name}" with readOnly set to true'
            fixes = partial(_fixes, container, mount, writable[name])
            if read_only.present:
                yield found(read_only, message, fixes=fixes)
            else:
                yield _missing(container, mount, message, fixes)


def _is_special(volume: Field, path: str) -> bool:
    if volume.get("hostPath", "type").text in _SPECIAL_FILES:
        return True
    if is_own_state(path) or is_of_plugins(path) or is_for_writing(path):
        return True
    return is_socket_or_pipe(path) or is_within(normalised(path), "/dev")


def _missing(
    container: Container, mount: Field, message: str, fixes: partial[tuple[Fix, ...]]
) -> Finding:
    """A finding at the mount's name: mounts of one container are told apart by it."""
    read_only, name = mount.get("readOnly"), mount.get("name")
    finding = missing(container, read_only, message, fixes=fixes)
    return finding if read_only.key is not None or name.shared else replace(finding, span=name.span)


def _fixes(container: Container, mount: Field, host_path: Field) -> tuple[Fix, ...]:
    read_only = mount.get("readOnly")
    if container.type == "ephemeral" and not read_only.present:
        return ()
    reason = _reason_to_write(container, mount, host_path)
    consequence = "" if reason is None else ": what writes there fails"
    return fix(
        f'Mount volume "{mount.get("name").text}" read-only{consequence}',
        read_only.set(container.text, True),
        left_because=reason,
    )


def _reason_to_write(container: Container, mount: Field, host_path: Field) -> str | None:
    """By what the file shows that a mount is there in order to be written, as a clause."""
    path, kind = (host_path.get(name).text or "" for name in ("path", "type"))
    if kind in _CREATED:
        return f"{path} is created where it does not exist, in order to be written"
    target = mount.get("mountPath").text or ""
    if is_data(path) or is_data(target):
        return f"{path if is_data(path) else target} holds data of the program"
    words = (word.text or "" for key in ("command", "args") for word in container.get(key).items())
    if any(target and at == target.rstrip("/") for at in _DATA_OPTION.findall(" ".join(words))):
        return f"the program keeps its data in {target}"
    return agent_container(container)


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      volumeMounts:
        - name: zones
          mountPath: /zones
  volumes:
    - name: zones
      hostPath:
        path: /usr/share/zoneinfo
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      volumeMounts:
        - name: zones
          mountPath: /zones
          readOnly: true
  volumes:
    - name: zones
      hostPath:
        path: /usr/share/zoneinfo
"""

AFTER_FIX = (
    "crash",
    "a host path is read-only for {containers}: what writes to it fails",
)

REFERENCES = (
    "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
    "https://kubernetes.io/docs/concepts/storage/volumes/#read-only-mounts",
)

BENCHMARKS = ("CIS 5.2.12",)

WEAKNESSES = ("CWE-732",)

OTHER_TOOLS = {
    "kube-linter": ("writable-host-mount",),
    "Kubescape": ("C-0045",),
    "Kyverno": ("ensure-readonly-hostpath",),
}

ADMISSION = Undecidable(
    "whether a container's command writes there, only a reader of scripts tells"
)
