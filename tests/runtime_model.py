"""Whether a container of a known image would start: a model of kubelet, runtime, kernel and image.

It goes by what was measured and by what starting such images showed, and by records of images that
are given to it; it knows nothing of the package, so that what a fix writes can be judged by it.
Where nothing was measured, it is strict: what a record says is written to must be writable.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import yaml

Spec = Mapping[str, Any]
"""A part of a manifest, as PyYAML reads it."""

Record = Mapping[str, Any]
"""What is known of an image."""

DEFAULT_CAPABILITIES = frozenset(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID"
    " SETPCAP SETUID SYS_CHROOT".split()
)
"""What a runtime gives a container that asks for nothing."""

FIRST_START_WITHOUT = frozenset({"DAC_OVERRIDE", "FOWNER"})
"""What only data of another owner needs: postgres starts without, on an empty volume."""

RUNS_WITHOUT = {("php", "apache"): {"/tmp"}, ("postgres", None): {"/tmp"}}
"""Folders of a record without which the image started all the same."""

FAILS_LATER_WITHOUT = {"redis": {"/data"}}
"""Folders without which the image starts and serves, until it wants to save."""

OWNER_ONLY = frozenset({"rabbitmq"})
"""Images that keep a file that their group must not read."""

NEEDS_OWN_DIRECTORY = frozenset({"PGDATA"})
"""Variables that name a folder whose mode the image changes, so that it must have made it."""

READABLE_ONLY = ("configMap", "downwardAPI", "image", "projected", "secret")
"""Volumes that nothing can be written to."""

TAKEN_FROM_HUB = re.compile(
    r"(index\.docker\.io|docker\.io|public\.ecr\.aws/docker|mirror\.gcr\.io)/(library/)?|library/"
)


class Outcome(NamedTuple):
    """What becomes of a container, and why."""

    result: Literal["runs", "fails later", "dies", "refused"]
    """`refused`: the kubelet starts no process; `dies`: a process it needs ends at once."""
    why: str = ""

    @property
    def works(self) -> bool:
        """Whether it serves, and goes on to."""
        return self.result == "runs"


def outcome(pod: Spec, container: Spec, needs: Record, *, port_start: int = 1024) -> Outcome:
    """What becomes of a container of a pod spec.

    `port_start` is the first port that anybody may listen on where the pod does not say:
    1024 unless the runtime is told otherwise.
    """
    process = _Process(pod, container, needs, port_start)
    stages = (
        _refused(process),
        _wrong_user(process),
        _lacks_capabilities(process),
        _lacks_setting(process),
        _lacks_files(process),
        _cannot_write(process),
        _cannot_listen(process),
        _lacks_token(process),
    )
    found = [result for stage in stages for result in stage]
    for kind in ("refused", "dies", "fails later"):
        for each in found:
            if each.result == kind:
                return each
    return Outcome("runs")


def outcomes_in(
    text: str, records: Sequence[Record], *, port_start: int = 1024
) -> Iterator[tuple[str, Outcome]]:
    """The name and the outcome of each container in a text whose image is among the records."""
    for document in yaml.safe_load_all(text):
        for pod in _pod_specs(document):
            for container in (*(pod.get("initContainers") or ()), *pod["containers"]):
                needs = record_of(container.get("image", ""), records)
                if needs is not None:
                    yield container["name"], outcome(pod, container, needs, port_start=port_start)


def record_of(image: str, records: Iterable[Record]) -> Record | None:
    """The record of an image: a version and the words of its tag decide between those of a name."""
    name, _, tag = image.partition("@")[0].partition(":")
    name = TAKEN_FROM_HUB.sub("", name, count=1)
    fitting = [
        each
        for each in records
        if any(_named(name, other) for other in (each["image"], *each.get("also", ())))
        and all((word.strip("!") in tag) != ("!" in word) for word in each.get("tags", "").split())
        and _has_version(tag, each["versions"])
    ]
    exact = [each for each in fitting if "*" not in each["image"]] or fitting
    tagged = [each for each in exact if each.get("tags", "!")[0] != "!"] or exact
    return max(tagged, key=lambda each: each["versions"].startswith(">"), default=None)


# The process.


class _Process:
    """The first process of a container, with what the pod gives it."""

    def __init__(self, pod: Spec, container: Spec, needs: Record, port_start: int) -> None:
        self.pod, self.container, self.needs = pod, container, needs
        self.of_pod: Spec = pod.get("securityContext") or {}
        self.own: Spec = container.get("securityContext") or {}
        self.of_image = str(needs.get("user") or "0").partition(":")[0]
        self.chosen = self.context("runAsUser")
        usual = int(self.of_image) if self.of_image.isdigit() else int(needs["uid"])
        self.uid = usual if self.chosen is None else int(self.chosen)
        self.is_changed = self.uid != usual
        self.has_entrypoint = not container.get("command")
        self.is_step = not self.has_entrypoint and any(
            each is container and each.get("restartPolicy") != "Always"
            for each in pod.get("initContainers") or ()
        )
        """It runs a command before the others start, not what the image is made for."""
        self.is_read_only = bool(self.own.get("readOnlyRootFilesystem"))
        listed = self.own.get("capabilities") or {}
        self.added = {_capability(each) for each in listed.get("add") or ()}
        dropped = {_capability(each) for each in listed.get("drop") or ()}
        kept = set() if "ALL" in dropped else DEFAULT_CAPABILITIES - dropped
        self.capabilities = kept | self.added
        sysctls = {each["name"]: each["value"] for each in self.of_pod.get("sysctls") or ()}
        written = sysctls.get("net.ipv4.ip_unprivileged_port_start")
        self.sysctl = None if written is None else int(written)
        self.port_start = port_start if self.sysctl is None else self.sysctl
        self.env = {each["name"]: each.get("value") for each in container.get("env") or ()}
        self.volumes = {each["name"]: each for each in pod.get("volumes") or ()}

    def context(self, name: str) -> Any:
        """A field of the security context: the container's own wins."""
        return self.own[name] if self.own.get(name) is not None else self.of_pod.get(name)

    @property
    def lists_root_capabilities(self) -> bool:
        return self.uid == 0 and self.has_entrypoint

    def places(self, key: str) -> list[str]:
        """The folders of a list of the record, without its remarks."""
        app = str(self.container.get("image", "")).partition(":")[0].rpartition("/")[2]
        bare = (place.partition(" ")[0].replace("<app>", app) for place in self.needs.get(key, ()))
        return [_resolved(place) for place in bare if place.startswith("/")]

    @property
    def places_with_files(self) -> list[str]:
        """The folders whose files the image brings along, and changes."""
        written = self.needs.get("writes", ())
        return [_resolved(_first_word(each)) for each in written if "cop" in each.partition(" ")[2]]

    def mount_over(self, place: str) -> Spec | None:
        """The mount that a folder lies in: the deepest one at it or above it."""
        mounts = self.container.get("volumeMounts") or ()
        over = [each for each in mounts if _is_in(place, _resolved(each["mountPath"]))]
        return max(over, key=lambda each: len(each["mountPath"]), default=None)

    def is_writable(self, mount: Spec) -> bool:
        """Whether this process may write to a mounted volume.

        An emptyDir is everybody's; a claim is root's, unless fsGroup opens it to a group, and a
        folder of the node is root's, whatever fsGroup says.
        """
        if mount.get("readOnly"):
            return False
        volume = self.volumes.get(mount["name"])
        if volume is not None and any(kind in volume for kind in READABLE_ONLY):
            return False
        if self.uid == 0 or (volume is not None and "emptyDir" in volume):
            return True
        if volume is not None and "hostPath" in volume:
            return False
        return self.of_pod.get("fsGroup") is not None

    def is_claim(self, mount: Spec) -> bool:
        """Whether it mounts a claim; what no volume of the pod is, a template claims."""
        volume = self.volumes.get(mount["name"])
        return volume is None or "persistentVolumeClaim" in volume


# What goes wrong, in the order of time.


def _refused(process: _Process) -> Iterator[Outcome]:
    """Refusals of the kubelet: verifyRunAsNonRoot, and sysctls of a network that is the node's."""
    if process.context("runAsNonRoot"):
        if process.chosen is not None:
            if process.uid == 0:
                yield Outcome("refused", "container's runAsUser breaks non-root policy")
        elif not process.of_image.isdigit():
            yield Outcome("refused", f"image has non-numeric user ({process.of_image})")
        elif process.uid == 0:
            yield Outcome("refused", "image will run as root")
    if process.pod.get("hostNetwork") and process.sysctl is not None:
        yield Outcome("refused", "a sysctl of the network beside hostNetwork")


def _wrong_user(process: _Process) -> Iterator[Outcome]:
    needs = process.needs
    if not process.is_changed or process.uid == 0:
        return
    if needs["runs_as"] in ("no", "unknown") or needs["start"] == "root-needed":
        yield Outcome("dies", "it must be root")
    elif process.uid != needs["uid"] and not needs.get("any_uid"):
        yield Outcome("dies", f"user {process.uid} does not exist")


def _lacks_capabilities(process: _Process) -> Iterator[Outcome]:
    """A file capability outside of the bounding set keeps a program from starting at all."""
    for name in map(_first_word, process.needs.get("caps_uid", ())):
        if name not in process.capabilities and name == "NET_BIND_SERVICE":
            yield Outcome("dies", "exec: Operation not permitted")
        elif name not in process.capabilities and process.uid != 0:
            yield Outcome("dies", f"{name} is missing")
    if not process.lists_root_capabilities:
        return
    for name in map(_first_word, process.needs.get("caps_root", ())):
        if name in process.capabilities or name == "NET_BIND_SERVICE":
            # What listens is asked for below.
            continue
        if name in FIRST_START_WITHOUT:
            yield Outcome("fails later", f"{name} is missing")
        else:
            told = {"CHOWN": "chown", "SETGID": "setgid", "SETUID": "setuid"}.get(name, name)
            yield Outcome("dies", f"{told}: Operation not permitted")


def _lacks_setting(process: _Process) -> Iterator[Outcome]:
    """The variables without which the entrypoint cannot do without root."""
    if process.uid == 0 or not process.has_entrypoint or not process.is_changed:
        return
    for name, value in process.needs.get("env", {}).items():
        if name in NEEDS_OWN_DIRECTORY:
            (usual, *_) = process.places("data")
            place = _resolved(process.env.get(name) or usual)
            mount = process.mount_over(place)
            if mount is not None and _resolved(mount["mountPath"]) == place:
                yield Outcome("dies", f"could not change permissions of directory {place}")
        elif process.env.get(name) != value:
            yield Outcome("dies", f"{name} is not set")


def _lacks_files(process: _Process) -> Iterator[Outcome]:
    """What must be in a folder before the entrypoint runs, and is not when a volume hides it."""
    needs = process.needs
    if process.uid != 0 and process.is_changed and process.has_entrypoint and "init" in needs:
        place = process.places("data")[0]
        if process.mount_over(place) is not None and not _is_filled(process, place):
            yield Outcome("dies", f"tar: {place}: Cannot change mode")
    for place in process.places_with_files:
        if process.mount_over(place) is not None and not _is_filled(process, place):
            yield Outcome("dies", f"{place} has none of the image's files")


def _is_filled(process: _Process, place: str) -> bool:
    """Whether an init container of the same image copies something into the volume of a folder."""
    mount = process.mount_over(place)
    for each in process.pod.get("initContainers") or ():
        words = " ".join(map(str, (*(each.get("command") or ()), *(each.get("args") or ()))))
        shared = mount is not None and mount["name"] in {
            other["name"] for other in each.get("volumeMounts") or ()
        }
        if shared and each.get("image") == process.container.get("image") and "cp " in words:
            return True
    return False


def _cannot_write(process: _Process) -> Iterator[Outcome]:
    """Folders that it writes to and must not, or cannot."""
    needs = process.needs
    if process.is_step or needs["start"] == "base":
        # What the command writes to, nobody knows.
        return
    if process.is_read_only and needs["read_only"] in ("no", "partly", "unknown"):
        yield Outcome("dies", "Read-only file system")
    key = (needs["image"], needs.get("tags"))
    needless = RUNS_WITHOUT.get(key, set())
    later = FAILS_LATER_WITHOUT.get(needs["image"], set())
    # Of what is no mount, root may write to everything, and the image's own user to its places.
    is_foreign = process.uid != 0 and process.is_changed and needs["runs_as"] == "with-mounts"
    own = process.places_with_files if process.uid == needs["uid"] else ()
    for place in dict.fromkeys((*process.places("writes"), *process.places("data"))):
        mount = process.mount_over(place)
        if mount is not None:
            fault = None if process.is_writable(mount) else "Permission denied"
        elif process.is_read_only:
            fault = "Read-only file system"
        else:
            is_barred = is_foreign and place != "/tmp" and place not in own
            fault = "Permission denied" if is_barred else None
        if fault is None or (mount is None and place in needless):
            continue
        yield Outcome("fails later" if place in later else "dies", f"{place}: {fault}")
    yield from _opened_to_group(process)


def _opened_to_group(process: _Process) -> Iterator[Outcome]:
    """Files of a claim that fsGroup opens to a group at each mount, and that must not be."""
    policy = process.of_pod.get("fsGroupChangePolicy")
    if process.needs["image"] not in OWNER_ONLY or policy == "OnRootMismatch":
        return
    for place in process.places("data"):
        mount = process.mount_over(place)
        if mount is not None and process.is_claim(mount) and process.of_pod.get("fsGroup"):
            yield Outcome("dies", "Cookie file must be accessible by owner only")


def _cannot_listen(process: _Process) -> Iterator[Outcome]:
    """NET_BIND_SERVICE is of use to root, and to a program whose file has it; to no other."""
    if not process.has_entrypoint or process.container.get("args"):
        return
    has_file_capability = "NET_BIND_SERVICE" in process.needs.get("caps_uid", ())
    if (
        process.needs.get("starts_in_shell")
        and process.own.get("allowPrivilegeEscalation") is False
    ):
        # Under no_new_privs, what a shell starts gets none of its file's capabilities.
        has_file_capability = False
    may = "NET_BIND_SERVICE" in process.capabilities and (process.uid == 0 or has_file_capability)
    for port in process.needs["ports"]:
        if port < process.port_start and not may:
            yield Outcome("dies", f"bind() to 0.0.0.0:{port} failed (13: Permission denied)")


def _lacks_token(process: _Process) -> Iterator[Outcome]:
    if process.needs.get("token") and process.pod.get("automountServiceAccountToken") is False:
        yield Outcome("dies", "there is no token of the API server")


# Words.


def _capability(text: str) -> str:
    return text.upper().removeprefix("CAP_")


def _first_word(text: str) -> str:
    return text.partition(" ")[0]


def _resolved(path: str) -> str:
    """A path without the link that /var/run is in Debian, Ubuntu and Alpine."""
    path = path.rstrip("/") or "/"
    return re.sub(r"^/var/run(?=/|$)", "/run", path)


def _is_in(path: str, folder: str) -> bool:
    return folder == "/" or path == folder or path.startswith(f"{folder}/")


def _named(name: str, pattern: str) -> bool:
    pattern = pattern.partition(" ")[0].removeprefix("docker.io/")
    return name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1]))


def _has_version(tag: str, versions: str) -> bool:
    """Whether a tag's number is in a range; a tag without one is the newest version."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", tag)
    if versions == "*":
        return True
    if match is None:
        return versions.startswith(">") and "<" not in versions
    number = [*map(int, match[1].split(".")), 10**9]
    for part in versions.split():
        limit = [int(each) for each in re.findall(r"\d+", part)]
        if part.endswith("*"):
            fits = number[0] == limit[0]
        else:
            fits = number >= limit if part.startswith(">=") else number < limit
        if not fits:
            return False
    return True


def _pod_specs(document: Any) -> Iterator[Spec]:
    """The pod specs in a document, at whatever depth."""
    if isinstance(document, Mapping):
        if isinstance(document.get("containers"), list):
            yield document
        else:
            for value in document.values():
                yield from _pod_specs(value)
    elif isinstance(document, list):
        for value in document:
            yield from _pod_specs(value)
