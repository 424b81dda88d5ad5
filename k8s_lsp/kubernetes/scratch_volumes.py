"""Folders of containers: what is mounted there, and how they become writable by an emptyDir."""

import re
from collections.abc import Iterable, Iterator
from posixpath import normpath
from typing import NamedTuple

from k8s_lsp.edits import Data, Edits, together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import CONTAINER_LISTS, Container, PodSpec, cached_for_fixes
from k8s_lsp.settings import Resources

_WRITTEN_BY_KUBELET = frozenset({"configMap", "secret", "projected", "downwardAPI", "image"})
"""Volumes that hold what the cluster says; the others hold what somebody wrote."""

_NOT_HANDED_OVER = frozenset({"hostPath", "nfs"})
"""Volumes that `fsGroup` changes nothing of: their plugins support no ownership (GetAttributes of
kubernetes/pkg/volume/hostpath and nfs)."""

_SHARED_MEMORY = "/dev/shm"
"""What programs leave there they want to find in memory, not on the node's disk."""

_NAME_LENGTH = 63
"""Of a volume: a DNS label."""


class Mounted(NamedTuple):
    """What is mounted at a folder of a container; the volume of a claim template is None."""

    folder: str
    mount: Field
    volume: Field | None

    @property
    def keeps_data(self) -> bool:
        """Whether what is written there outlives the pod: a claim, or a disk of the node."""
        kinds = _kinds(self.volume)
        return not kinds & {*_WRITTEN_BY_KUBELET, "emptyDir"}

    @property
    def is_configuration(self) -> bool:
        """Whether it brings files that the cluster keeps, such as a ConfigMap."""
        return bool(_kinds(self.volume) & _WRITTEN_BY_KUBELET)

    @property
    def is_handed_over(self) -> bool:
        """Whether `fsGroup` makes it writable for the group."""
        return not _kinds(self.volume) & _NOT_HANDED_OVER


def _kinds(volume: Field | None) -> set[str]:
    """The source of a volume, by the name of its key; a claim template has none here."""
    return set() if volume is None else {str(each.path[-1]) for each in volume.entries()}


def folder_at(path: str) -> str:
    """A folder under one name: no slash at the end, and `/var/run` is a link to `/run`.

    So it is in Debian, Ubuntu and Alpine.
    """
    folder = normpath(path)
    return folder.removeprefix("/var") if f"{folder}/".startswith("/var/run/") else folder


def is_within(folder: str, other: str) -> bool:
    """Whether a folder is another one, or lies below it."""
    return f"{folder}/".startswith(f"{other.rstrip('/')}/")


@cached_for_fixes
def mounts_of(container: Container) -> list[Mounted]:
    """What is mounted into a container, devices too, as far as the text tells the paths."""
    volumes = {volume.get("name").text: volume for volume in container.pod.volumes()}
    mounts = ((mount, "mountPath") for mount in container.get("volumeMounts").items())
    devices = ((device, "devicePath") for device in container.get("volumeDevices").items())
    return [
        Mounted(folder_at(path), mount, volumes.get(mount.get("name").text))
        for mount, key in (*mounts, *devices)
        if (path := mount.get(key).text) and not _is_placeholder(path)
    ]


def _is_placeholder(path: str) -> bool:
    """Whether a path is filled in by somebody else: `<folder>`, `$FOLDER`, `/srv/$(NAME)`.

    The API server takes it as it stands, but only what is at its place is meant.
    """
    return not _PLACEHOLDERS.isdisjoint(path)


_PLACEHOLDERS = frozenset("$<>{}")


def undecided_place(container: Container) -> str | None:
    """Where something is mounted that the text leaves open; None where all places are told."""
    for mount in container.get("volumeMounts").items():
        path = mount.get("mountPath")
        if path.unknown:
            return "the path of a mount"
        if path.text and _is_placeholder(path.text):
            return path.text
    return None


def missing_folders(container: Container, folders: Iterable[str]) -> list[str]:
    """The folders at which nothing is mounted, nor above them; those within another one go."""
    taken = [each.folder for each in mounts_of(container)]
    missing: list[str] = []
    for path in sorted(folders, key=len):
        folder = folder_at(path)
        if not any(is_within(folder, other) for other in taken):
            taken.append(folder)
            missing.append(path)
    return sorted(missing)


def hidden_by(container: Container, folders: Iterable[str]) -> Mounted | None:
    """What keeps data below one of some folders, and would be hidden by a volume at the folder."""
    places = [folder_at(path) for path in folders]
    return next(
        (
            each
            for each in mounts_of(container)
            if each.keeps_data and any(is_within(each.folder, place) for place in places)
        ),
        None,
    )


def mounting(
    pod: PodSpec, wanted: Iterable[tuple[Container, list[str]]], resources: Resources
) -> Edits | None:
    """The edits that mount an emptyDir at each folder, one for each container.

    It is as large as the settings allow a container's own, on the disk or in memory.
    """
    wanted = [(container, folders) for container, folders in wanted if folders]
    if not wanted:
        return ()
    taken = set(_names_in_use(pod))
    volumes: list[Data] = []
    parts: list[Edits | None] = []
    for container, folders in wanted:
        mounts: list[Data] = []
        for path in folders:
            name = _free_name(path, taken)
            taken.add(name)
            mounts.append({"name": name, "mountPath": path})
            volumes.append({"name": name, "emptyDir": _empty_dir(path, resources)})
        parts.append(container.get("volumeMounts").extend(container.text, mounts))
    if volumes:
        parts.append(pod.get("volumes").extend(pod.text, volumes))
    return together(*parts)


def _empty_dir(path: str, resources: Resources) -> Data:
    if folder_at(path) == _SHARED_MEMORY:
        return {"medium": "Memory", "sizeLimit": resources.memory_limit}
    return {"sizeLimit": resources.ephemeral_storage_limit}


def _names_in_use(pod: PodSpec) -> Iterator[str]:
    """The names of volumes, and those that mounts speak of: a claim template stands elsewhere."""
    for volume in pod.volumes():
        yield volume.get("name").text or ""
    for containers, _ in CONTAINER_LISTS:
        for container in pod.get(containers).items():
            for mount in container.get("volumeMounts").items():
                yield mount.get("name").text or ""


def _free_name(path: str, taken: set[str]) -> str:
    """A volume's name that tells the folder: `var-cache-nginx`, or `tmp-2` where that is taken."""
    stem = re.sub(r"[^a-z0-9]+", "-", folder_at(path).lower()).strip("-")
    name, number = stem[:_NAME_LENGTH].strip("-"), 2
    while name in taken:
        name, number = f"{stem[: _NAME_LENGTH - 4]}-{number}", number + 1
    return name
