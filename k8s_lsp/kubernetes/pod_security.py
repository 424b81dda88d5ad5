"""Which checks of a Pod Security level a pod breaks: what its namespace refuses it for.

The rules of the folder `pod_security` say the same, each with its place and its fix; a test holds
the two together. Here it is asked as a whole, for one level and version: of every pod whose text
has words for it, and of one whose namespace enforces a level.

Source: k8s.io/pod-security-admission, policy/check_*.go and registry.go.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from k8s_lsp.kubernetes.baseline import (
    PROBE_ACTIONS,
    PROBE_HANDLERS,
    SELINUX_TYPES,
    SELINUX_TYPES_SINCE_31,
    SYSCTLS_SINCE,
)
from k8s_lsp.kubernetes.capabilities import BASELINE_CAPABILITIES
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.profiles import (
    APPARMOR_ANNOTATIONS,
    is_default_seccomp,
    seccomp_annotation,
    security_contexts,
    unconfined_type,
)
from k8s_lsp.kubernetes.versions import NEWEST, OLDEST, Version

RESTRICTED_VOLUMES: Final = frozenset(
    """
    configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret
    """.split()
)
"""What the restricted level names (check_restrictedVolumes.go)."""

OTHER_VOLUMES: Final = frozenset(
    """
    awsElasticBlockStore azureDisk azureFile cephfs cinder fc flexVolume flocker gcePersistentDisk
    gitRepo glusterfs iscsi nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos
    vsphereVolume
    """.split()
)
"""The other sources of a volume (core/v1 VolumeSource) but hostPath.

An unknown key is none of them: the API server drops it, and a volume without a source is an
emptyDir.
"""

Level: TypeAlias = Literal["privileged", "baseline", "restricted"]
"""The levels, from the one that refuses nothing to the strictest."""


class Lack(NamedTuple):
    """A field that a container does not have, nor any of the other places that count for it."""

    owner: Container
    field: Field
    also: tuple[Field, ...] = ()


Faults: TypeAlias = Iterator[Lack | None]
"""What breaks a check: something that a pod lacks, or, as None, something that stands there."""


class Check(NamedTuple):
    """One check, by what the API server calls its violation, from a version on and up to another.

    One `on_linux_alone` passes over pods of Windows from 1.25 on. `words` are those without one of
    which, in a text that escapes no characters, no pod breaks it; none where that is not known.
    """

    reason: str
    level: Literal["baseline", "restricted"]
    faults: Callable[[Pod, Version], Faults]
    since: Version = OLDEST
    restricted_until: Version | None = None
    on_linux_alone: bool = False
    words: tuple[str, ...] = ()

    def holds(self, level: str, version: Version, pod: Pod) -> bool:
        """Whether it is asked of a pod: a restricted check replaces the baseline one it repeats."""
        if version < self.since or (level == "baseline" and self.level == "restricted"):
            return False
        if level == "restricted" and self.restricted_until is not None:
            return version < self.restricted_until
        return not (self.on_linux_alone and pod.is_windows and version >= (1, 25))


class Broken(NamedTuple):
    """A check that a pod breaks; `lacks` are all that it does so by, none where something stands.

    So it is unsure, where there are any, whether what a template or a patch lacks stands elsewhere.
    """

    reason: str
    lacks: tuple[Lack, ...]


def broken_checks(pod: Pod, level: str, version: Version) -> Iterator[Broken]:
    """The checks of a level that a pod breaks, those for what stands there among the others.

    Values that the text does not tell break none.
    """
    for check in CHECKS:
        if check.holds(level, version, pod):
            faults = list(check.faults(pod, version))
            if faults:
                lacks = tuple(fault for fault in faults if fault is not None)
                yield Broken(check.reason, lacks if len(lacks) == len(faults) else ())


def level_of(pod: Pod) -> Level:
    """The strictest level up to which none refuses a pod, as far as its text tells.

    A pod whose text never speaks of what the restricted level asks of each container has no such
    level, whatever a template fills in.
    """
    told = _told_by(pod.text)
    if _breaks(pod, told.suspects):
        return "privileged"
    if told.may_be_restricted and not _breaks(pod, _RESTRICTED):
        return "restricted"
    return "baseline"


class _Told(NamedTuple):
    """What the words of a text tell of its pods: which checks of the baseline level may be broken.

    It is asked of every pod that is read, of a file around as well: with all checks it took a
    fortieth of a run.
    """

    suspects: tuple[Check, ...]
    may_be_restricted: bool


@lru_cache(maxsize=1)
def _told_by(text: str) -> _Told:
    """The same, found out once for all pods of a text."""
    # Where characters are escaped, a word may be written in another way.
    is_escaped = "\\" in text
    suspects = [check for word, check in _SUSPICIOUS if is_escaped or word in text]
    may_be_restricted = is_escaped or any(word in text for word in _OF_RESTRICTED)
    return _Told(tuple(dict.fromkeys(suspects)), may_be_restricted)


_OF_RESTRICTED: Final = ("allowPrivilegeEscalation", "windows")
"""What each container of Linux has to set, and who need not."""


def _breaks(pod: Pod, checks: Iterable[Check]) -> bool:
    """Whether a pod breaks one of some checks of one level, in their newest version."""
    return any(
        True
        for check in checks
        if check.holds(check.level, NEWEST, pod)
        for _ in check.faults(pod, NEWEST)
    )


# The checks.


def _if(*facts: bool) -> Faults:
    if any(facts):
        yield None


def _host_namespaces(pod: Pod, version: Version) -> Faults:
    return _if(*(pod.get(name).boolean is True for name in ("hostNetwork", "hostPID", "hostIPC")))


def _privileged(pod: Pod, version: Version) -> Faults:
    return _if(*(each.security("privileged").boolean is True for each in pod.containers))


def _baseline_capabilities(pod: Pod, version: Version) -> Faults:
    return _if(*(_adds_others(each, BASELINE_CAPABILITIES) for each in pod.containers))


def _adds_others(container: Container, allowed: frozenset[str]) -> bool:
    items = container.security("capabilities", "add").items()
    return any(item.text is not None and item.text not in allowed for item in items)


def _host_paths(pod: Pod, version: Version) -> Faults:
    return _if(*(volume.get("hostPath").present for volume in pod.volumes()))


def _host_ports(pod: Pod, version: Version) -> Faults:
    ports = (port for container in pod.containers for port in container.get("ports").items())
    return _if(*(bool(port.get("hostPort").integer) for port in ports))


def _probe_hosts(pod: Pod, version: Version) -> Faults:
    return _if(
        *(
            bool(action.get("host").text)
            for container in pod.containers
            for handler in PROBE_HANDLERS
            for action in container.get(*handler).entries(PROBE_ACTIONS)
        )
    )


def _apparmor(pod: Pod, version: Version) -> Faults:
    profiles = (security.get("appArmorProfile") for _, security in security_contexts(pod))
    yield from _if(*(unconfined_type(profile) is not None for profile in profiles))
    annotations = pod.metadata.get("annotations").entries()
    yield from _if(*(_is_unconfined_annotation(annotation) for annotation in annotations))


def _is_unconfined_annotation(annotation: Field) -> bool:
    """Whether an annotation, which counts for AppArmor alone, takes the profile away."""
    name, value = str(annotation.path[-1]), annotation.text
    return (
        name.startswith(APPARMOR_ANNOTATIONS)
        and value not in (None, "", "runtime/default")
        and not str(value).startswith("localhost/")
    )


def _selinux(pod: Pod, version: Version) -> Faults:
    types = SELINUX_TYPES_SINCE_31 if version >= (1, 31) else SELINUX_TYPES
    options = [security.get("seLinuxOptions") for _, security in security_contexts(pod)]
    yield from _if(*((each.get("type").text or "container_t") not in types for each in options))
    yield from _if(*(bool(each.get("user").text or each.get("role").text) for each in options))


def _proc_mount(pod: Pod, version: Version) -> Faults:
    if version < (1, 35) or _shares_users(pod):
        yield from _restricted_proc_mount(pod, version)


def _restricted_proc_mount(pod: Pod, version: Version) -> Faults:
    mounts = (each.security("procMount").text for each in pod.containers)
    return _if(*((mount or "Default") != "Default" for mount in mounts))


def _shares_users(pod: Pod) -> bool:
    """Whether a pod certainly shares the node's user ids."""
    return pod.uses_host_users and not pod.get("hostUsers").unknown


def _seccomp(pod: Pod, version: Version) -> Faults:
    if version >= (1, 19):
        profiles = (security.get("seccompProfile") for _, security in security_contexts(pod))
        return _if(*(unconfined_type(profile) is not None for profile in profiles))
    owners: tuple[Pod | Container, ...] = (pod, *pod.containers)
    annotations = (seccomp_annotation(pod, owner) for owner in owners)
    return _if(
        *(
            each.key is not None
            and not each.unknown
            and not is_default_seccomp(each)
            and not (each.text or "").startswith("localhost/")
            for each in annotations
        )
    )


def _sysctls(pod: Pod, version: Version) -> Faults:
    names = (sysctl.get("name").text for sysctl in pod.security("sysctls").items())
    return _if(*(bool(name) and SYSCTLS_SINCE.get(name or "", _NEVER) > version for name in names))


_NEVER = Version(NEWEST.major + 1, 0)


def _host_process(pod: Pod, version: Version) -> Faults:
    options = (security.get("windowsOptions") for _, security in security_contexts(pod))
    return _if(*(each.get("hostProcess").boolean is True for each in options))


def _privilege_escalation(pod: Pod, version: Version) -> Faults:
    for container in pod.containers:
        allowed = container.security("allowPrivilegeEscalation")
        if not allowed.present and not allowed.unknown:
            yield Lack(container, allowed)
        elif allowed.boolean is True:
            yield None


def _restricted_capabilities(pod: Pod, version: Version) -> Faults:
    for container in pod.containers:
        drop = container.security("capabilities", "drop")
        if not drop.present:
            if not drop.unknown:
                yield Lack(container, drop)
        elif not (
            drop.unknown
            or drop.open
            or any(item.text == "ALL" or item.unknown for item in drop.items())
        ):
            yield None
        yield from _if(_adds_others(container, frozenset({"NET_BIND_SERVICE"})))


def _restricted_volumes(pod: Pod, version: Version) -> Faults:
    refused = OTHER_VOLUMES | {"hostPath"}
    for volume in pod.volumes():
        sources = {entry.path[-1] for entry in volume.entries() if entry.present}
        yield from _if(not sources.isdisjoint(refused) and sources.isdisjoint(RESTRICTED_VOLUMES))


def _non_root(pod: Pod, version: Version) -> Faults:
    if version >= (1, 35) and not _shares_users(pod):
        return
    of_pod = pod.security("runAsNonRoot")
    yield from _if(of_pod.boolean is False)
    for container in pod.containers:
        own = container.security("runAsNonRoot")
        if own.boolean is False:
            yield None
        elif not any(each.present or each.unknown for each in (own, of_pod)):
            yield Lack(container, own, (of_pod,))


def _root_users(pod: Pod, version: Version) -> Faults:
    if version < (1, 35) or _shares_users(pod):
        users = (security.get("runAsUser") for _, security in security_contexts(pod))
        yield from _if(*(user.integer == 0 for user in users))


def _restricted_seccomp(pod: Pod, version: Version) -> Faults:
    yield from _seccomp(pod, version)
    of_pod = pod.security("seccompProfile")
    for container in pod.containers:
        own = container.security("seccompProfile")
        if not any(each.present or each.unknown for each in (own, of_pod)):
            yield Lack(container, own, (of_pod,))


_HOSTS: Final = ("host:", 'host"', "host'", "host :")
"""How the key `host` is written."""

CHECKS: Final = (
    Check(
        "host namespaces", "baseline", _host_namespaces, words=("hostNetwork", "hostPID", "hostIPC")
    ),
    Check("privileged", "baseline", _privileged, words=("privileged",)),
    Check(
        "non-default capabilities",
        "baseline",
        _baseline_capabilities,
        restricted_until=Version(1, 22),
        words=("capabilities",),
    ),
    Check(
        "hostPath volumes", "baseline", _host_paths, restricted_until=OLDEST, words=("hostPath",)
    ),
    Check("hostPort", "baseline", _host_ports, words=("hostPort",)),
    Check("probe or lifecycle host", "baseline", _probe_hosts, Version(1, 34), words=_HOSTS),
    Check(
        "forbidden AppArmor profile", "baseline", _apparmor, words=("appArmorProfile", "apparmor")
    ),
    Check("seLinuxOptions", "baseline", _selinux, words=("seLinuxOptions",)),
    Check(
        "procMount", "baseline", _proc_mount, restricted_until=Version(1, 35), words=("procMount",)
    ),
    Check(
        "seccompProfile",
        "baseline",
        _seccomp,
        restricted_until=Version(1, 19),
        words=("seccompProfile",),
    ),
    Check("forbidden sysctls", "baseline", _sysctls, words=("sysctls",)),
    Check("hostProcess", "baseline", _host_process, words=("hostProcess",)),
    Check(
        "allowPrivilegeEscalation != false",
        "restricted",
        _privilege_escalation,
        Version(1, 8),
        on_linux_alone=True,
    ),
    Check(
        "unrestricted capabilities",
        "restricted",
        _restricted_capabilities,
        Version(1, 22),
        on_linux_alone=True,
    ),
    Check("restricted volume types", "restricted", _restricted_volumes),
    Check("runAsNonRoot != true", "restricted", _non_root),
    Check("runAsUser=0", "restricted", _root_users, Version(1, 23)),
    Check("procMount", "restricted", _restricted_proc_mount, Version(1, 35)),
    Check("seccompProfile", "restricted", _restricted_seccomp, Version(1, 19), on_linux_alone=True),
)
"""All checks, in the words in which the API server refuses a pod."""

_SUSPICIOUS: Final = tuple(
    (word, check) for check in CHECKS if check.level == "baseline" for word in check.words
)
_RESTRICTED: Final = tuple(check for check in CHECKS if check.level == "restricted")
