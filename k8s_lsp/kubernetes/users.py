"""The user that containers run as: where root is asked for, and how it is given up together."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from k8s_lsp.edits import Edits, together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, Pod, PodSpec

USER = ("runAsUser",)
WINDOWS_USER = ("windowsOptions", "runAsUserName")
"""Where a `securityContext` names the user, on Linux and on Windows."""

ADMINISTRATOR = "ContainerAdministrator"
"""What the kubelet takes for root on Windows, in capitals or not.

Source: kubelet, kuberuntime/security_context_windows.go, verifyRunAsNonRoot.
"""

_IN_SMALL_LETTERS = ADMINISTRATOR.lower()

_ORDINARY = "ContainerUser"
"""The other user that every Windows image has (Kubernetes, "Configure RunAsUserName")."""


def is_root(user: Field) -> bool:
    """Whether a user is one that the kubelet does not start under `runAsNonRoot`."""
    if user.node is None:
        return False
    return user.integer == 0 or (user.text or "").lower() == _IN_SMALL_LETTERS


def _places(pod: PodSpec) -> tuple[tuple[str, ...], ...]:
    """Where users of a pod may be named; hardly any text has one of Windows."""
    return (USER, WINDOWS_USER) if _names_windows_user(pod.text) else (USER,)


@lru_cache(maxsize=1)
def _names_windows_user(text: str) -> bool:
    """Whether a text may name a user of Windows: asked once for all containers of a large List."""
    return WINDOWS_USER[-1] in text


def root_source(container: Container) -> Literal["container", "pod"] | None:
    """What has a container run as root in so many words: itself, its pod, or nothing."""
    for names in _places(container.pod):
        own = container.security(*names)
        if is_root(own if own.present else container.pod.security(*names)):
            return "container" if own.present else "pod"
    return None


def severity_of_root(containers: Iterable[Container]) -> Literal["information"] | None:
    """How grave root is in some containers, where it is less so than elsewhere: all privileged."""
    flags = [container.security("privileged").boolean is True for container in containers]
    return "information" if flags and all(flags) else None


def without_root(pod: Pod, owner: Pod | Container) -> Edits | None:
    """The edits that set `runAsNonRoot: true` at the owner, and leave no root that contradicts it.

    A 0 at the owner itself gives its place to the new field.
    """
    user, flag = owner.security(*USER), owner.security("runAsNonRoot")
    roots = root_users(pod, owner)
    if user.integer == 0 and flag.key is None:
        placed = together(user.rename(pod.text, "runAsNonRoot"), user.set(pod.text, True))
        roots = [root for root in roots if root.path != user.path]
    else:
        placed = owner.set(("securityContext", "runAsNonRoot"), True)
    return together(placed, without_users(pod, roots))


def root_users(pod: Pod, owner: Pod | Container) -> list[Field]:
    """Each user with which the kubelet would refuse to start a container of the owner.

    Where the owner is a container, the pod's user is the one that takes the place of its own; the
    name of a user of Windows is not taken away, so that none takes its place.
    """
    found: list[Field] = []
    for names in _places(pod):
        users = [owner.security(*names)]
        if isinstance(owner, Pod):
            users += (each.security(*names) for each in pod.inheriting("runAsNonRoot"))
        elif not users[0].present or (names == USER and is_root(users[0])):
            users.append(pod.security(*names))
        found += (user for user in users if is_root(user))
    return found


def explicit_root(pod: Pod, owner: Pod | Container) -> str | None:
    """That the file lets the owner run as root in so many words, as a clause; else None.

    Where the owner is a pod, a container that says so for itself and takes its user from the pod
    counts as well.
    """
    flags = [owner.security("runAsNonRoot")]
    if isinstance(owner, Pod):
        heirs = (each for each in pod.containers if not each.security("runAsUser").present)
        flags += (heir.security("runAsNonRoot") for heir in heirs)
    elif not flags[0].present:
        flags.append(pod.security("runAsNonRoot"))
    is_said = any(flag.boolean is False for flag in flags)
    return "the file sets runAsNonRoot to false" if is_said else None


def without_users(pod: Pod, users: list[Field]) -> Edits | None:
    """The edits that give up users that are root; none for no users.

    A 0 is taken away, with a `securityContext` that it would leave empty. An administrator becomes
    the ordinary user, which the file system of a node does not have: None in a HostProcess pod.
    """
    edits: list[Edits | None] = []
    for user in users:
        if user.integer == 0:
            edits.append(user.remove(pod.text, user.path[:-2]))
        else:
            edits.append(None if _is_host_process(pod) else user.set(pod.text, _ORDINARY))
    return together(*edits)


def giving_up(users: list[Field]) -> str:
    """What `without_users` does, as the start of a title: `Remove runAsUser: 0`."""
    done = []
    if any(user.integer == 0 for user in users):
        done.append("remove runAsUser: 0")
    if any(user.integer != 0 for user in users):
        done.append(f"set runAsUserName to {_ORDINARY}")
    title = " and ".join(done)
    return title[:1].upper() + title[1:]


def title_without_root(pod: Pod, owner: Pod | Container, *, only: bool = False) -> str:
    """What `without_root` does, as a title: `Set runAsNonRoot to true for the pod`."""
    roots = root_users(pod, owner)
    verb = f"{giving_up(roots)} and set" if roots else "Set"
    return f"{verb} runAsNonRoot to true for {whose(owner, only=only)}"


def whose(owner: Pod | Container, *, only: bool = False) -> str:
    """How titles name an owner; one for a container `only` is an alternative to the pod's."""
    return "the pod" if isinstance(owner, Pod) else f"{owner} only" if only else str(owner)


def _is_host_process(pod: Pod) -> bool:
    """Whether containers of the pod run on a Windows node itself."""
    owners: tuple[Pod | Container, ...] = (pod, *pod.containers)
    return any(owner.security("windowsOptions", "hostProcess").boolean for owner in owners)
