"""What fixes write beside their field, so that the container of a known image starts afterwards.

Each function gives one whole Hardening: a fix may be applied alone. What cannot work is left to a
person, with the reason, and what the pod says already counts.

Source of the rules about users, ports and volumes: verifyRunAsNonRoot of the kubelet
(pkg/kubelet/kuberuntime/security_context_others.go), pkg/volume/emptydir, and the images' own
entrypoints, as `image_needs` has them.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from k8s_lsp.edits import Data, Edits, together
from k8s_lsp.kubernetes.capabilities import canonical
from k8s_lsp.kubernetes.commands import (
    commands_of,
    home_of_root_in,
    installed_by,
    owned_by_root,
    root_in_command,
    unwritable_in,
)
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.image_needs import ImageNeeds, needs_of, needs_of_others
from k8s_lsp.kubernetes.images import image_of
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.scratch_volumes import (
    Mounted,
    folder_at,
    hidden_by,
    is_within,
    missing_folders,
    mounting,
    mounts_of,
    undecided_place,
)
from k8s_lsp.kubernetes.users import (
    explicit_root,
    giving_up,
    root_users,
    title_without_root,
    whose,
    without_users,
)
from k8s_lsp.regexes import regex
from k8s_lsp.settings import OwnImage, Resources, Settings
from k8s_lsp.syntax.nodes import Mapping

PORT_SYSCTL = "net.ipv4.ip_unprivileged_port_start"
"""From which port on every user may listen. Pod Security allows it in each version, and kubelets
from 1.22 on; a program that is not root gets no capability without one on its file."""

_SCRATCH = "/tmp"
"""The folder that images leave empty, and that every user may write to."""

_LOW_PORTS = range(1, 1024)

_OWNER_ONLY_FILES = frozenset({"rabbitmq"})
"""Images with a file that nobody but its owner may read: `fsGroup` opens it at each mount, unless
`fsGroupChangePolicy` says otherwise."""

_ROLES = frozenset({"app", "controller", "operator"})
"""Ends of image names that tell what the image does, not whose it is."""


class Hardening(NamedTuple):
    """A whole fix: its title, its edits (None where they cannot be made), and why it is left."""

    title: str
    edits: Edits | None
    left_because: str | None


class KnownContainer(NamedTuple):
    """A container whose image is known."""

    container: Container
    needs: ImageNeeds
    name: str

    @property
    def is_root(self) -> bool:
        """Whether the container runs as root, by what the pod says, else by what the image does."""
        user = self.container.effective("runAsUser").field
        if user.present:
            return user.integer == 0
        if self.container.effective("runAsNonRoot").field.boolean is True:
            return False
        return self.needs.starts_as_root

    @property
    def has_command(self) -> bool:
        """Whether the image's entrypoint does not run: what it needs and does is not asked for."""
        return self.container.get("command").present


def _known(container: Container, settings: Settings) -> KnownContainer | None:
    """A container, where a fix may act on what is known of its image."""
    found = _known_at_all(container, settings)
    return found if found is not None and found.needs.may_fix else None


def is_known(container: Container, settings: Settings) -> bool:
    """Whether a fix may act on what is known of a container's image."""
    return _known(container, settings) is not None


def _known_at_all(container: Container, settings: Settings) -> KnownContainer | None:
    """A container of which something is known: also what is only general knowledge.

    Eight fixes of a container ask for it, and so it is kept as by `cached_for_fixes`.
    """
    key = (_known_image, settings.images)
    if key not in container.cache:
        container.cache[key] = _known_image(container, settings)
    known: _KnownImage | None = container.cache[key]
    return None if known is None else KnownContainer(container, known.needs, known.name)


class _KnownImage(NamedTuple):
    needs: ImageNeeds
    name: str


def _known_image(container: Container, settings: Settings) -> _KnownImage | None:
    """What is known of the image of a container."""
    if container.pod.is_windows or container.type == "ephemeral":
        return None
    return _of_reference(container.get("image").string or "", settings.images)


@lru_cache(maxsize=512)
def _of_reference(text: str, own: tuple[OwnImage, ...]) -> _KnownImage | None:
    """What is known of the image that a reference names: texts repeat what they name."""
    image = image_of(text)
    needs = needs_of(image, own) or needs_of_others(image)
    if image is None or needs is None:
        return None
    return _KnownImage(needs, _short_name(image.repository))


def _short_name(repository: str) -> str:
    """How people call an image: by the last part of its name, if that is a name."""
    *_, above, name = ("", *repository.split("/"))
    return f"{above}/{name}" if name in _ROLES else name


# Another user than root.


class _Change(NamedTuple):
    """The user that a container gets; None where the image names a number itself."""

    known: KnownContainer
    user: int | None
    group: int | None


class _Extras(NamedTuple):
    """What comes along with another user."""

    security: dict[str, Data]
    sysctl: bool
    env: list[tuple[Container, list[tuple[str, str]]]]
    mounts: list[tuple[Container, list[str]]]


def non_root(
    pod: Pod,
    owner: Pod | Container,
    settings: Settings,
    *,
    only: bool = False,
    fill: bool = False,
) -> Hardening | None:
    """Set `runAsNonRoot: true` at the owner, with all that its containers need to start then.

    None where nothing is known of them, or where they have a user already. `only` makes the title
    of an alternative to the pod's. With `fill` it is the one whose init containers fill the folders
    that an entrypoint fills as root alone; None where there are none.
    """
    members = pod.inheriting("runAsNonRoot") if isinstance(owner, Pod) else (owner,)
    changes = [change for each in members if (change := _change_of(each, settings)) is not None]
    if not changes:
        return None
    filled = [each.known for each in changes if _is_to_fill(each.known)] if fill else []
    if fill and not filled:
        return None
    extras = _extras_of(pod, changes)
    reasons = (reason for each in changes for reason in _reasons_for_root(each, fill))
    reason = (
        next(reasons, None)
        or explicit_root(pod, owner)
        or doubt_of_user(pod, owner, settings)
        or root_by_number(pod, owner, settings)
        or next((why for each, _ in extras.mounts for why in _colliding(each)), None)
    )
    for_pod = isinstance(owner, Pod) and _share_a_user(pod, changes)
    edits = together(
        *_user_edits(pod, owner, changes, extras, for_pod),
        *(_with_env(container, names) for container, names in extras.env),
        mounting(pod, extras.mounts, settings.resources),
        _with_init_containers(pod, filled, settings.resources) if fill else (),
    )
    title = _title_of_user(pod, owner, changes, for_pod, only=only)
    if reason is not None:
        return Hardening(f"{title}: {reason}", edits, reason)
    return Hardening(title + _title_of_extras(changes, extras, filled), edits, None)


def _change_of(container: Container, settings: Settings) -> _Change | None:
    """The user that a container gets; None where it has one that is not root."""
    known = _known(container, settings)
    if known is None:
        return None
    user = container.effective("runAsUser").field
    if user.present and user.integer != 0:
        return None
    needs = known.needs
    if needs.nonroot_suffices:
        return _Change(known, None, None)
    group = container.effective("runAsGroup").field
    is_root = user.integer == 0 and group.integer == 0
    # Group 0 is what the image gets without the field.
    written = None if group.present and not is_root else needs.gid or None
    return _Change(known, needs.uid or None, written)


def _share_a_user(pod: Pod, changes: list[_Change]) -> bool:
    """Whether the pod's `runAsUser` serves: every container that it is for gets the same one."""
    users = {each.known.container.path: (each.user, each.group) for each in changes}
    heirs = {users.get(each.path) for each in pod.inheriting("runAsUser")}
    return len(heirs) == 1 and None not in heirs and (None, None) not in heirs


def _user_edits(
    pod: Pod,
    owner: Pod | Container,
    changes: list[_Change],
    extras: _Extras,
    for_pod: bool,
) -> Iterator[Edits | None]:
    """The edits of every `securityContext`: the flag at the owner, the users where they count."""
    written: dict[Pod | Container, dict[str, Data]] = {}
    if not _is_set(pod, owner):
        written.setdefault(owner, {})["runAsNonRoot"] = True
    for change in changes:
        container = change.known.container
        if change.user is not None:
            shared = for_pod and not container.security("runAsUser").present
            place = written.setdefault(pod if shared else container, {})
            place["runAsUser"] = change.user
            if change.group is not None:
                place["runAsGroup"] = change.group
    if extras.security:
        written.setdefault(pod, {}).update(extras.security)
    if extras.sysctl:
        sysctl: Data = {"name": PORT_SYSCTL, "value": "0"}
        if pod.security("sysctls").present:
            yield pod.security("sysctls").extend(pod.text, [sysctl])
        else:
            written.setdefault(pod, {})["sysctls"] = [sysctl]
    for zero in _zeros_left(pod, owner, written):
        if zero.integer != 0:
            yield without_users(pod, [zero])
            continue
        data = next((data for each, data in written.items() if each.path == zero.path[:-2]), {})
        key = next((name for name in data if name in ("runAsNonRoot", "fsGroup")), None)
        if key is None or zero.parent is None or zero.parent.get(key).key is not None:
            yield without_users(pod, [zero])
        else:
            yield zero.rename(pod.text, key)
            yield zero.set(pod.text, data.pop(key))
    for each, data in written.items():
        if data:
            yield _set_security(each, data)


def _is_set(pod: Pod, owner: Pod | Container) -> bool:
    """Whether `runAsNonRoot` is true for the owner already."""
    own = owner.security("runAsNonRoot")
    return (own if own.present else pod.security("runAsNonRoot")).boolean is True


def _zeros_left(
    pod: Pod, owner: Pod | Container, written: dict[Pod | Container, dict[str, Data]]
) -> list[Field]:
    """Each `runAsUser: 0` that would count, and whose place no other user takes."""
    replaced = {each.path for each, data in written.items() if "runAsUser" in data}
    if isinstance(owner, Container) and owner.path in replaced:
        return []
    return [zero for zero in root_users(pod, owner) if zero.path[:-2] not in replaced]


def _set_security(owner: Pod | Container, data: dict[str, Data]) -> Edits | None:
    """The edits that give several keys of a `securityContext` their values, in their order.

    What is written next would go between keys that are not in order.
    """
    context = owner.security()
    if isinstance(context.node, Mapping) and context.node.entries:
        return context.set_all(owner.text, data)
    return owner.set(("securityContext",), dict(sorted(data.items())))


def _extras_of(pod: Pod, changes: list[_Change]) -> _Extras:
    """What else the containers need once they are not root, but for what the pod has already."""
    security: dict[str, Data] = {}
    owner = next((each.known for each in changes if _data_on_claims(each.known)), None)
    if owner is not None and not pod.security("fsGroup").present:
        group = owner.needs.gid or owner.needs.uid
        if group:
            security["fsGroup"] = group
            if owner.needs.name in _OWNER_ONLY_FILES:
                security["fsGroupChangePolicy"] = "OnRootMismatch"
    sysctl = any(lacks_low_ports(each.known) for each in changes)
    started = [each.known for each in changes if each.known.is_root]
    env = [(known.container, names) for known in started if (names := missing_env(known))]
    mounts = [
        (known.container, folders)
        for known in started
        if known.needs.runs_as == "with-mounts" and (folders := unmounted_folders(known))
    ]
    return _Extras(security, sysctl, env, mounts)


def _data_on_claims(known: KnownContainer) -> list[Mounted]:
    """What keeps the data of a container's image, and outlives the pod."""
    folders = [folder_at(path) for path in (*known.needs.data, *known.needs.writes)]
    return [
        each
        for each in mounts_of(known.container)
        if each.keeps_data
        and any(is_within(each.folder, at) or is_within(at, each.folder) for at in folders)
    ]


def unmounted_folders(known: KnownContainer) -> list[str]:
    """The folders that the image writes to or keeps data in, where no volume is mounted yet."""
    return missing_folders(known.container, (*known.needs.writes, *known.needs.data))


def unmounted_copies(known: KnownContainer) -> list[str]:
    """The folders of the image's own files that it writes to, where no volume is mounted yet."""
    return [path for path in known.needs.copies if missing_folders(known.container, [path])]


def missing_env(known: KnownContainer) -> list[tuple[str, str]]:
    """The variables that the image's entrypoint must have when it is not root."""
    if known.has_command:
        return []
    names = {each.get("name").text for each in known.container.get("env").items()}
    return [(name, value) for name, value in known.needs.env if name not in names]


def _with_env(container: Container, variables: list[tuple[str, str]]) -> Edits | None:
    data: list[Data] = [{"name": name, "value": value} for name, value in variables]
    if container.get("env").present:
        return container.get("env").extend(container.text, data)
    return container.set(("env",), data)


# Folders that must hold files of the image.


def _is_to_fill(known: KnownContainer) -> bool:
    """Whether an init container can fill the volume that the image's entrypoint fills as root."""
    return (
        known.is_root
        and known.needs.init is not None
        and not known.has_command
        and known.container.type == "container"
        and _data_mount(known) is not None
    )


def _data_mount(known: KnownContainer) -> Mounted | None:
    """What is mounted at the folder, or above it."""
    folder = folder_at(known.needs.data[0])
    over = (each for each in mounts_of(known.container) if is_within(folder, each.folder))
    return next(over, None)


def _with_init_containers(
    pod: Pod, filled: list[KnownContainer], resources: Resources
) -> Edits | None:
    return pod.get("initContainers").extend(
        pod.text, [_init_container(known, resources) for known in filled]
    )


def _init_container(known: KnownContainer, resources: Resources) -> Data:
    """One of the same image that copies the image's files into its volume, if that is empty."""
    container, needs, mounted = known.container, known.needs, _data_mount(known)
    assert mounted is not None
    folder = needs.data[0]
    policy = container.get("imagePullPolicy").text
    user = {key: number for key, number in _user_of(needs) if number}
    mount = {key: text for key in ("name", "mountPath", "subPath") if (text := _text(mounted, key))}
    script = f'[ "$(ls -A {folder} | grep -v lost+found)" ] || {needs.init}'
    return {
        "name": f"copy-{known.container.get('name').text}",
        "image": container.get("image").text or "",
        **({"imagePullPolicy": policy} if policy else {}),
        "command": ["sh", "-c", script],
        "resources": {
            "limits": {
                "cpu": resources.cpu_limit,
                "memory": resources.memory_limit,
                "ephemeral-storage": resources.ephemeral_storage_limit,
            },
            "requests": {
                "cpu": resources.cpu_request,
                "memory": resources.memory_request,
                "ephemeral-storage": resources.ephemeral_storage_request,
            },
        },
        "securityContext": {
            "runAsNonRoot": True,
            **user,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [mount],
    }


def _user_of(needs: ImageNeeds) -> tuple[tuple[str, int | None], ...]:
    return ("runAsUser", needs.uid), ("runAsGroup", needs.gid)


def _text(mounted: Mounted, key: str) -> str | None:
    return mounted.mount.get(key).text


# Ports below 1024.


def lacks_low_ports(known: KnownContainer) -> bool:
    """Whether a container that is not root needs the sysctl to listen on its ports."""
    if not low_ports(known) or known.container.pod.get("hostNetwork").boolean is True:
        return False
    if "NET_BIND_SERVICE" in known.needs.caps_uid and not known.has_command:
        # The program's file has the capability, and it is started without a shell.
        return False
    sysctls = known.container.pod.security("sysctls").items()
    names = (sysctl.get("name").text or "" for sysctl in sysctls)
    return not any(name.replace("/", ".") == PORT_SYSCTL for name in names)


def low_ports(known: KnownContainer) -> list[int]:
    """The ports below 1024 that a container listens on, as far as anybody can tell.

    A command, arguments or a mounted configuration may move the image's port: then what the
    manifest declares and probes is the hint.
    """
    told = _told_ports(known.container)
    low = sorted(port for port in told if port in _LOW_PORTS)
    if low:
        return low
    if not known.needs.low_port or known.has_command:
        return []
    may_have_moved = known.container.get("args").present or any(
        each.is_configuration for each in mounts_of(known.container)
    )
    if told and may_have_moved:
        return []
    return [port for port in known.needs.ports if port in _LOW_PORTS]


def _told_ports(container: Container) -> set[int]:
    """The ports that a container declares, or that its probes ask."""
    ports = [port.get("containerPort").integer for port in container.get("ports").items()]
    for probe in container.field.entries(_PROBES):
        ports += [action.get("port").integer for action in probe.entries(_ACTIONS)]
    return {port for port in ports if port is not None}


_PROBES = frozenset({"livenessProbe", "readinessProbe", "startupProbe"})
_ACTIONS = frozenset({"httpGet", "tcpSocket", "grpc"})


# Why a user is left.


def _reasons_for_root(change: _Change, fill: bool) -> Iterator[str]:
    """Why a container would not start as another user than root, the gravest reason first."""
    known, needs, name = change.known, change.known.needs, change.known.name
    instead = (needs.instead or "").partition(" (")[0]
    rather = f"; {instead} is an unprivileged image" if instead else ""
    if needs.start == "root-needed" or needs.runs_as == "no":
        yield f"{name} must start as root{rather}"
    elif needs.start == "host" and needs.runs_as != "yes":
        yield f"{name} works on its node ({', '.join(needs.needs_host)}), as root"
    elif needs.runs_as == "unknown":
        yield f"nobody has told whether {name} runs without root"
    yield from _reasons_in_command(known)
    yield from _reasons_in_volumes(known, fill)
    if needs.guessed:
        yield f"the tag names no version of {name}, and what it needs depends on that"
    if known.container.pod.get("hostNetwork").boolean is True and low_ports(known):
        yield f"{name} listens on a port below 1024 of its node, which only root may"


def _reasons_in_command(known: KnownContainer) -> Iterator[str]:
    places = (*known.needs.writes, *known.needs.data)
    return _doubts_in_command(known.container, places) if known.is_root else iter(())


def _reasons_in_volumes(known: KnownContainer, fill: bool) -> Iterator[str]:
    """What of its volumes a container that was root could not use, or not find."""
    if not known.is_root:
        return
    needs, name = known.needs, known.name
    for folder in _sockets_of_others(known):
        yield f"{name} asks at a socket in {folder}, which another container makes as its own user"
    for each in _data_on_claims(known):
        if not each.is_handed_over:
            yield f"{each.folder} is not on a volume that fsGroup hands over to {name}"
    if needs.runs_as == "with-mounts":
        hidden = hidden_by(known.container, unmounted_folders(known))
        if hidden is not None:
            yield f"{name} writes above {hidden.folder}, where a claim is mounted"
    if known.has_command:
        return
    if needs.init is not None and not (fill and _is_to_fill(known)):
        yield f"{name} must be copied into {needs.data[0]} first, by an init container"
    folders = {each.folder for each in mounts_of(known.container)}
    given = {each.get("name").text: each for each in known.container.get("env").items()}
    for variable, value in needs.env:
        if not value.startswith("/"):
            continue
        if variable in given:
            at = folder_at(given[variable].get("value").text or "/")
            if at in folders:
                yield f"{variable} must lie below {at}: {name} cannot own what is mounted there"
        elif any(is_within(folder_at(value), each.folder) for each in _data_on_claims(known)):
            yield (
                f"{name} needs {variable} to lie below its claim, and would not find data that the"
                " claim has already"
            )


def _sockets_of_others(known: KnownContainer) -> Iterator[str]:
    """The folders with a socket that a container names and shares with one of another user.

    To connect takes the right to write to it (unix(7)), which the user that makes it has alone.
    Whoever has the same number in the end may: the sidecars of a driver that is not root.
    """
    container = known.container
    words = [*container.get("command").items(), *container.get("args").items()]
    words += [each.get("value") for each in container.get("env").items()]
    sockets = [path for each in words for path in _SOCKET.findall(each.text or "")]
    if not sockets:
        return
    for mounted in mounts_of(container):
        volume = mounted.mount.get("name").text
        if any(is_within(folder_at(path), mounted.folder) for path in sockets) and any(
            other.path != container.path
            and any(each.get("name").text == volume for each in other.get("volumeMounts").items())
            and not _may_share_a_user(other, known)
            for other in container.pod.get("containers").items()
        ):
            yield mounted.folder


_SOCKET = regex(r"(?<![\w.-])/[\w./-]{0,200}\.sock(?![\w-])")


def _may_share_a_user(other: Field, known: KnownContainer) -> bool:
    """Whether another container is, or becomes by what is known, the user of this one."""
    own = other.get("securityContext", "runAsUser")
    user = (own if own.present else known.container.pod.security("runAsUser")).integer
    if user:
        return user == known.needs.uid
    needs = needs_of(image_of(other.get("image").string or ""))
    return needs is not None and needs.may_fix and needs.runs_as == "yes"


# Of images that are not known well enough for a fix.


def unknown_members(pod: Pod, owner: Pod | Container, settings: Settings) -> list[Container]:
    """The containers that a `runAsNonRoot` of the owner is for and whose image no fix knows."""
    members = pod.inheriting("runAsNonRoot") if isinstance(owner, Pod) else (owner,)
    return [each for each in members if not is_known(each, settings)]


def doubt_of_user(pod: Pod, owner: Pod | Container, settings: Settings) -> str | None:
    """Why a container that a fix knows no user for would not start without root, as a clause.

    None where nothing speaks against it: then the image may well have a user of its own.
    """
    members = unknown_members(pod, owner, settings)
    doubts = (doubt for each in members for doubt in _doubts_of_user(each, settings))
    return next(doubts, None)


def root_by_number(pod: Pod, owner: Pod | Container, settings: Settings) -> str | None:
    """That the file has an image run as root by a 0, and no other user of it is known, as a clause.

    Whoever writes the number overrules the image on purpose. In values and in custom resources the
    containers of a pod may stand elsewhere.
    """
    members = unknown_members(pod, owner, settings)
    users = [each.effective("runAsUser").field for each in members]
    if isinstance(owner, Pod) and not pod.containers:
        users.append(owner.security("runAsUser"))
    is_told = any(user.integer == 0 for user in users)
    return "the file sets runAsUser to 0 for an image that is not known" if is_told else None


def _doubts_of_user(container: Container, settings: Settings) -> Iterator[str]:
    if container.pod.is_windows or container.type == "ephemeral":
        return
    user = container.effective("runAsUser").field
    if user.integer:
        return
    known = _known_at_all(container, settings)
    if known is not None:
        yield from _doubts_of_image(known)
    yield from _doubts_in_command(container)


def _doubts_of_image(known: KnownContainer) -> Iterator[str]:
    needs, name = known.needs, known.name
    if needs.start == "root-needed" or (needs.runs_as == "no" and needs.start != "host"):
        yield f"{name} must start as root"
    elif needs.start == "host":
        yield f"{name} works on its node ({', '.join(needs.needs_host)}), as root"
    elif needs.starts_as_root:
        yield f"{name} starts as root, as far as is known"
    elif not needs.nonroot_suffices:
        yield f"{name} has a name for its user, as far as is known, and the kubelet wants a number"


def _doubts_in_command(container: Container, folders: Iterable[str] = ()) -> Iterator[str]:
    """What a command, or a place that it works in, tells of a user that is root.

    `folders` are those that another user may write to, or will be.
    """
    doubts = (
        root_in_command(container),
        "a block device belongs to root" if container.get("volumeDevices").present else None,
        home_of_root_in(container),
        installing(container),
        owned_by_root(container, folders),
    )
    yield from filter(None, doubts)


def depends_on_user_of_image(container: Container) -> bool:
    """Whether the kubelet has to find a numeric user in the image, or else refuses to start it.

    Of an image that is known to have one, nothing has to be told.
    """
    user = container.effective("runAsUser").field
    may_be_root = container.effective("runAsNonRoot").field.boolean is not True
    if may_be_root or user.unknown or (user.integer or 0) > 0:
        return False
    needs = needs_of(image_of(container.get("image").string or ""))
    return needs is None or not (needs.may_fix and needs.nonroot_suffices)


def installing(container: Container) -> str | None:
    """That the command of a container installs programs, as a clause."""
    done = installed_by(container)
    return None if done is None else f"its command installs programs ({done})"


# Titles.


def _title_of_user(
    pod: Pod, owner: Pod | Container, changes: list[_Change], for_pod: bool, *, only: bool
) -> str:
    """What is written about users: `Set runAsNonRoot to true and runAsUser to 101 for the pod`."""
    users = [(f"runAsUser to {each.user}", each.known) for each in changes if each.user is not None]
    flag = [] if _is_set(pod, owner) else ["runAsNonRoot to true"]
    if not users:
        if not flag:
            return giving_up(root_users(pod, owner))
        return title_without_root(pod, owner, only=only)
    where = whose(owner, only=only)
    if for_pod or owner is users[0][1].container:
        return f"Set {' and '.join([*flag, users[0][0]])} for {where}"
    parts = [f"{each} for {where}" for each in flag]
    parts += [f"{user} for {known.container}" for user, known in users]
    return f"Set {_listed(parts)}"


def _title_of_extras(changes: list[_Change], extras: _Extras, filled: list[KnownContainer]) -> str:
    """What comes along, and for which image."""
    parts = [f"{name} {value}" for name, value in extras.security.items()]
    parts += [name for _, names in extras.env for name, _ in names]
    folders = sorted({path for _, paths in extras.mounts for path in paths})
    if extras.sysctl:
        parts.append("a sysctl" if folders else "the sysctl for low ports")
    if folders:
        # Beside a user, a menu has no room for the names of several.
        one = f"an emptyDir at {folders[0]}"
        parts.append(one if len(folders) == 1 else f"{len(folders)} emptyDirs")
    parts += [f"an init container that fills {each.needs.data[0]}" for each in filled]
    written = [each for each in changes if each.user is not None]
    if not parts and not written:
        return ""
    names = sorted({each.known.name for each in written or changes})
    along = f", with {_listed(parts)}" if parts else ""
    any_number = "; any other id will do" if _all_free(written) else ""
    verb = "needs" if len(names) == 1 else "need"
    return f"{along}: {_listed(names)} {verb} it{any_number}"


def _all_free(changes: list[_Change]) -> bool:
    return bool(changes) and all(each.known.needs.any_uid for each in changes)


def _listed(words: Iterable[str]) -> str:
    """Words as a sentence lists them: `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


# A read-only root.


_DECIDED_TO_WRITE = "the file sets readOnlyRootFilesystem to false"


def read_only_root(container: Container, settings: Settings) -> Hardening:
    """Set `readOnlyRootFilesystem: true`, with the folders that are written to as emptyDirs.

    These are the folders that the image is known to write to, and `/tmp` where the command does.
    """
    known = _known(container, settings)
    folders = [] if known is None else unmounted_folders(known)
    name = "its command" if known is None or not folders else known.name
    for_command = _in_scratch(unwritable_in(container, folders))
    folders = sorted([*folders, *missing_folders(container, for_command)])
    reason = next(_reasons_to_write(container, known, settings, folders), None)
    edits = together(
        container.set(("securityContext", "readOnlyRootFilesystem"), True),
        mounting(container.pod, [(container, folders)], settings.resources),
    )
    title = "Set readOnlyRootFilesystem to true"
    if reason == _DECIDED_TO_WRITE and known is None:
        return Hardening(f"{title}: it can no longer write beside its mounts", edits, reason)
    if reason is not None:
        return Hardening(f"{title}: {reason}", edits, reason)
    if folders:
        title += f" and mount an emptyDir at {_listed(folders)}: {name} writes there"
    return Hardening(title, edits, None)


def _in_scratch(paths: Iterable[str]) -> set[str]:
    """The folders of paths that images leave empty, for everybody to write to."""
    return {_SCRATCH for path in paths if is_within(folder_at(path), _SCRATCH)}


def _reasons_to_write(
    container: Container, known: KnownContainer | None, settings: Settings, folders: list[str]
) -> Iterator[str]:
    """Why a container would not work with a read-only root, the gravest reason first."""
    if known is not None:
        yield from _reasons_of_image_to_write(known)
    else:
        yield from _doubts_of_writing(_known_at_all(container, settings))
    if container.security("readOnlyRootFilesystem").boolean is False:
        yield _DECIDED_TO_WRITE
    doubts = (installing(container), home_of_root_in(container))
    yield from filter(None, doubts)
    for path in unwritable_in(container, folders):
        yield f"its command writes to {path}, where no volume is mounted"
    if folders:
        yield from _colliding(container)


def _reasons_of_image_to_write(known: KnownContainer) -> Iterator[str]:
    needs, name = known.needs, known.name
    copies = unmounted_copies(known)
    if needs.read_only == "copy" and copies:
        yield f"{name} writes to files of its image in {_listed(copies)}"
    elif needs.read_only == "partly":
        yield f"{name} writes to files of its image in some configurations"
    elif needs.read_only == "no":
        yield f"{name} writes to files of its image"
    elif needs.read_only == "unknown":
        yield f"nobody has told whether {name} runs with a read-only root"
    hidden = hidden_by(known.container, unmounted_folders(known))
    if hidden is not None:
        yield f"{name} writes above {hidden.folder}, where a claim is mounted"
    if needs.guessed:
        yield f"the tag names no version of {name}, and what it needs depends on that"


def _doubts_of_writing(known: KnownContainer | None) -> Iterator[str]:
    """Why an image of which a fix knows too little would not run with a read-only root."""
    if known is None or known.needs.start == "base":
        return
    folders = sorted({*unmounted_folders(known), *unmounted_copies(known)})
    if folders:
        yield f"{known.name} writes to {_listed(folders)}, as far as is known"
    elif known.needs.read_only in ("no", "partly"):
        yield f"{known.name} writes to files of its image, as far as is known"


def _colliding(container: Container) -> Iterator[str]:
    """That nobody knows whether a new mount would stand at the path of another one."""
    place = undecided_place(container)
    if place is not None:
        yield f"{place} is still to be filled in, and may be where a volume would be mounted"


# Capabilities.


class Dropping(NamedTuple):
    """How capabilities are dropped: whether NET_BIND_SERVICE stays, for which image, why not.

    `is_for_root` tells that the reason is gone once the container is not root any more.
    """

    keeps_ports: bool
    name: str
    left_because: str | None
    is_for_root: bool = False


def lacking_capabilities(known: KnownContainer) -> set[str]:
    """The capabilities that a container needs where all are dropped, and does not add itself."""
    needs = known.needs
    needed = set(needs.caps_root if known.is_root else needs.caps_uid)
    if known.is_root and low_ports(known):
        needed.add("NET_BIND_SERVICE")
    added = known.container.security("capabilities", "add").items()
    return needed - {canonical(item.text or "") for item in added}


def needed_capability(container: Container, name: str, settings: Settings) -> str | None:
    """That the image of a container needs a capability that it adds, as a clause; else None."""
    known, capability = _known_at_all(container, settings), canonical(name)
    if known is None:
        return None
    needed = (*known.needs.caps_uid, *(known.needs.caps_root if known.is_root else ()))
    return f"{known.name} needs {capability}" if capability in needed else None


def dropping(container: Container, settings: Settings) -> Dropping | None:
    """What `drop: [ALL]` means for a container; None where nothing speaks against it."""
    known = _known_at_all(container, settings)
    if known is None:
        doubt = None if _is_another_user(container) else root_in_command(container)
        return None if doubt is None else Dropping(False, "", doubt)
    needed = lacking_capabilities(known)
    # A program whose file has a capability that the container must not have cannot be executed.
    keeps_ports = bool(needed & set(known.needs.caps_uid) & {"NET_BIND_SERVICE"})
    lost = sorted(needed - {"NET_BIND_SERVICE"} if keeps_ports else needed)
    if not lost:
        reason = root_in_command(container) if known.is_root else None
        return Dropping(keeps_ports, known.name, reason)
    how = "starts as root and needs" if known.is_root else "needs"
    is_for_root = known.is_root and not {*lost} & {*known.needs.caps_uid}
    return Dropping(keeps_ports, known.name, f"{known.name} {how} {_listed(lost)}", is_for_root)


def _is_another_user(container: Container) -> bool:
    """Whether a pod says that its container is not root."""
    user = container.effective("runAsUser").field
    if user.present:
        return user.integer != 0
    return container.effective("runAsNonRoot").field.boolean is True


# What an image is for.


class TokenUser(NamedTuple):
    """An image of a pod that is of no use without the API server, and whether its program runs."""

    name: str
    runs: bool


def token_user(pod: Pod, settings: Settings) -> TokenUser | None:
    """The first image of the pod that is of no use without the API server, one that runs first.

    General knowledge counts here too: to leave something changes nothing. Where a manifest calls a
    shell or a script instead of what the image starts, nobody knows whom that talks to.
    """
    users = [
        TokenUser(known.name, _runs_its_own(container, known.name))
        for container in pod.containers
        if (known := _known_image(container, settings)) is not None and known.needs.needs_token
    ]
    return next((user for user in users if user.runs), users[0] if users else None)


def _runs_its_own(container: Container, name: str) -> bool:
    """Whether a container starts its image's program, which may be called by its name."""
    if not container.get("command").present:
        return True
    programs = [command.program for command in commands_of(container)]
    if not programs or name in programs or "kubectl" in programs:
        return True
    return programs[0] not in _TOOLS and not programs[0].endswith((".sh", ".bash"))


_TOOLS: Final = frozenset(
    "ash bash busybox cat chmod chown cp dash echo env ln mkdir mv rm sh sleep tail zsh".split()
)
"""Programs of every image, which do not ask the API server, and what calls others."""
