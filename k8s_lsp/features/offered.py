"""What may be written at each level of the API where security is decided: the safe choice first.

Data, and what of it fits: no text is read here, and none is written.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from k8s_lsp.edits import Data
from k8s_lsp.features import meanings, rbac_meanings
from k8s_lsp.features.capability_meanings import meaning_of
from k8s_lsp.features.levels import LISTS, TREE, Level
from k8s_lsp.kubernetes.baseline import SELINUX_TYPES, SELINUX_TYPES_SINCE_31, SYSCTLS_SINCE
from k8s_lsp.kubernetes.capabilities import BASELINE_CAPABILITIES, NAMES, canonical
from k8s_lsp.kubernetes.resources import POD_LEVEL_SINCE, SIDES, Side, amount_for
from k8s_lsp.kubernetes.versions import OLDEST, Version
from k8s_lsp.kubernetes.windows import LINUX_ALONE, OS_SINCE
from k8s_lsp.settings import Resources

OfferKind = Literal["key", "value", "block"]


class Offer(NamedTuple):
    """One thing that may be written: a key with its value, a value, or a whole block.

    `name` is the key, or what a value is called; `data` is the value, None where nobody can know
    it. `label` is what people choose from. `about` explains it, in Markdown.
    """

    kind: OfferKind
    name: str
    data: "Data | None"
    about: str
    label: str


class Place(NamedTuple):
    """A place at which something is typed: a level, what stands there already, and what counts.

    `siblings` are the keys of the level with their values, empty where those are no scalars.
    """

    level: Level
    siblings: Mapping[str, str]
    version: Version
    resources: Resources


RESTRICTED: Final["dict[str, dict[str, Data]]"] = {
    "SecurityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "PodSecurityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
}
"""What the restricted level of Pod Security asks for, of each container and of a pod for all."""

_LABEL: Final = "pod-security.kubernetes.io/"
_MODES: Final = ("enforce", "warn", "audit")

KEYS: Final["dict[str, dict[str, Data | None]]"] = {
    "SecurityContext": {
        **RESTRICTED["SecurityContext"],
        "readOnlyRootFilesystem": True,
        "privileged": False,
        "runAsUser": None,
        "runAsGroup": None,
        "appArmorProfile": {"type": "RuntimeDefault"},
        "seLinuxOptions": None,
        "procMount": "Default",
        "windowsOptions": None,
    },
    "PodSecurityContext": {
        **RESTRICTED["PodSecurityContext"],
        "runAsUser": None,
        "runAsGroup": None,
        "fsGroup": None,
        "fsGroupChangePolicy": "OnRootMismatch",
        "supplementalGroups": None,
        "supplementalGroupsPolicy": "Strict",
        "appArmorProfile": {"type": "RuntimeDefault"},
        "seLinuxOptions": None,
        "seLinuxChangePolicy": None,
        "sysctls": None,
        "windowsOptions": None,
    },
    "Capabilities": {"drop": ["ALL"], "add": None},
    "SeccompProfile": {"type": "RuntimeDefault", "localhostProfile": None},
    "AppArmorProfile": {"type": "RuntimeDefault", "localhostProfile": None},
    "SELinuxOptions": {"type": None, "level": None, "role": None, "user": None},
    "WindowsSecurityContextOptions": {
        "runAsUserName": None,
        "gmsaCredentialSpecName": None,
        "gmsaCredentialSpec": None,
        "hostProcess": False,
    },
    "Sysctl": {"name": None, "value": None},
    "ResourceRequirements": {"limits": None, "requests": None, "claims": None},
    "Limits": {"cpu": None, "memory": None, "ephemeral-storage": None},
    "Requests": {"cpu": None, "memory": None, "ephemeral-storage": None},
    "Container": {"securityContext": None, "resources": None},
    "EphemeralContainer": {"securityContext": None},
    "PodSpec": {
        "securityContext": None,
        "automountServiceAccountToken": False,
        "hostUsers": False,
        "serviceAccountName": None,
        "resources": None,
    },
    "ServiceAccount": {"automountServiceAccountToken": False},
    "Volume": {
        "emptyDir": None,
        "configMap": None,
        "secret": None,
        "projected": None,
        "persistentVolumeClaim": None,
        "downwardAPI": None,
        "ephemeral": None,
        "csi": None,
        "image": None,
    },
    "EmptyDirVolumeSource": {"sizeLimit": None, "medium": "Memory"},
    "VolumeMount": {"readOnly": True},
    "NamespaceLabels": {
        **{f"{_LABEL}{mode}": "restricted" for mode in _MODES},
        **{f"{_LABEL}{mode}-version": "latest" for mode in _MODES},
    },
}
"""The keys of each level, in the order in which they are offered, with the value that is safe.

Of a pod and its volumes only what makes them safer is offered: no `hostPath`, no `hostNetwork`.
"""

KEYS["AnySecurityContext"] = {**KEYS["SecurityContext"], **KEYS["PodSecurityContext"]}

_SAFE: Final[dict[str, bool]] = {
    "allowPrivilegeEscalation": False,
    "automountServiceAccountToken": False,
    "hostIPC": False,
    "hostNetwork": False,
    "hostPID": False,
    "hostProcess": False,
    "hostUsers": False,
    "privileged": False,
    "readOnly": True,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "shareProcessNamespace": False,
}
"""The safe value of each field that is true or false."""

_PROFILES: Final = ("SeccompProfile", "AppArmorProfile")

_WORDS: Final[dict[tuple[str, str], Mapping[str, str]]] = {
    **{(profile, "type"): meanings.PROFILE_TYPES for profile in _PROFILES},
    ("SecurityContext", "procMount"): meanings.PROC_MOUNTS,
    ("PodOS", "name"): meanings.OPERATING_SYSTEMS,
    ("PodSecurityContext", "fsGroupChangePolicy"): meanings.FS_GROUP_CHANGES,
    ("PodSecurityContext", "supplementalGroupsPolicy"): meanings.GROUP_POLICIES,
    ("PodSecurityContext", "seLinuxChangePolicy"): meanings.SELINUX_CHANGES,
    ("EmptyDirVolumeSource", "medium"): meanings.MEDIA,
    **{("NamespaceLabels", f"{_LABEL}{mode}"): meanings.LEVELS for mode in _MODES},
}
"""The values of each field that has one of a few, with what they mean."""

_MEANT_BELOW: Final[dict[str, str]] = {
    "Container": "container.",
    "EphemeralContainer": "container.",
    "PodSpec": "pod.",
    "SecurityContext": "container.securityContext.",
    "PodSecurityContext": "pod.securityContext.",
    "AnySecurityContext": "container.securityContext.",
    "Capabilities": "container.securityContext.capabilities.",
    "SeccompProfile": "container.securityContext.seccompProfile.",
    "AppArmorProfile": "container.securityContext.appArmorProfile.",
    "SELinuxOptions": "container.securityContext.seLinuxOptions.",
    "WindowsSecurityContextOptions": "container.securityContext.windowsOptions.",
    "Sysctl": "pod.securityContext.sysctls.[].",
    "ResourceRequirements": "container.resources.",
    "Limits": "container.resources.limits.",
    "Requests": "container.resources.requests.",
    "ServiceAccount": "pod.",
    "EmptyDirVolumeSource": "pod.volumes.[].emptyDir.",
    "Volume": "pod.volumes.[].",
    "VolumeMount": "container.volumeMounts.[].",
}
"""Below which name `meanings.FIELDS` has the fields of a level."""


def _pattern(level: str, key: str) -> str:
    return _MEANT_BELOW.get(level, "") + key


def _since() -> Iterator[tuple[tuple[str, str], Version]]:
    for level, keys in KEYS.items():
        for key in keys if level != "AnySecurityContext" else ():
            pattern = _pattern(level, key)
            since = meanings.SINCE.get(pattern) or meanings.SINCE.get(pattern.partition(".")[2])
            if since is not None:
                yield (level, key), since.first


SINCE: Final[dict[tuple[str, str], Version]] = {
    **dict(_since()),
    ("PodSpec", "resources"): POD_LEVEL_SINCE,
}
"""From which version on a field is there, where a supported server once had none (the type's first
release; `resources` of a pod from when servers take them by default)."""


def about(level: str, key: str) -> str:
    """What a field means, as hovers tell it; empty where nothing is known."""
    if level == "Volume":
        return meanings.VOLUME_TYPES.get(key, "")
    if level == "NamespaceLabels":
        return meanings.NAMESPACE_LABELS.get(key.removeprefix(_LABEL), "")
    pattern = _pattern(level, key)
    known = (pattern, pattern.partition(".")[2], f"pod.securityContext.{key}")
    meaning = next((meanings.FIELDS[each] for each in known if each in meanings.FIELDS), None)
    if meaning is None:
        return ""
    return meaning.text + (f"\n\nDefault: {meaning.default}." if meaning.default else "")


# Keys.


def keys_at(place: Place) -> Iterator[Offer]:
    """The keys that are not there yet, whole blocks before them."""
    level = place.level
    if level.is_list or level.is_part:
        return
    yield from _blocks(place)
    for key in KEYS.get(level.type, ()):
        if _is_open(place, key):
            yield Offer("key", key, _value_of(place, key), about(level.type, key), key)


def leads_deeper(level: str, key: str) -> bool:
    """Whether the value of a key stands in lines of its own."""
    return bool(TREE.get(level, {}).get(key)) or key in LISTS or key in _OTHER_COLLECTIONS


_OTHER_COLLECTIONS: Final = frozenset(("claims", "supplementalGroups", *KEYS["Volume"]))


def _is_open(place: Place, key: str) -> bool:
    """Whether a key may still be written at a place."""
    level, siblings = place.level, place.siblings
    if key in siblings or not level.may_have(key):
        return False
    if level.type == "AnySecurityContext":
        types = [each for each in ("SecurityContext", "PodSecurityContext") if key in KEYS[each]]
    else:
        types = [level.type]
    if all(place.version < SINCE.get((each, key), OLDEST) for each in types):
        return False
    if level.pod is not None and place.version >= OS_SINCE:
        system = level.pod.get("os", "name").text
        if system == "windows" and any(key in LINUX_ALONE.get(each, ()) for each in types):
            return False
        if system == "linux" and key == "windowsOptions":
            return False
    return _agrees(place, key)


def _agrees(place: Place, key: str) -> bool:
    """Whether what stands beside a key does not forbid it."""
    level, siblings = place.level, place.siblings
    if level.type == "Volume":
        # A volume has one source.
        return not (TREE["Volume"].keys() - {"name"} & siblings.keys() - {"name"})
    if key == "localhostProfile":
        return siblings.get("type", "Localhost") == "Localhost"
    if key == "hostUsers":
        # A user namespace beside a namespace of the node is refused (validation.go).
        return not any(
            siblings.get(each) == "true" for each in ("hostNetwork", "hostPID", "hostIPC")
        )
    if key == "ephemeral-storage":
        return level.container is not None
    if key == "claims":
        return level.container is not None
    return True


def _blocks(place: Place) -> Iterator[Offer]:
    """What is offered whole: what the restricted level asks for, and amounts."""
    level = place.level
    if level.type in RESTRICTED:
        missing = {
            key: value
            for key, value in RESTRICTED[level.type].items()
            if _is_open(place, key) and _allows(place, key, value)
        }
        if len(missing) > 1:
            yield Offer("block", "restricted", missing, _ABOUT_RESTRICTED, "restricted")
    context = TREE.get(level.type, {}).get("securityContext", "")
    if context in RESTRICTED and _is_open(place, "securityContext"):
        inner = place._replace(level=level._replace(type=context), siblings={})
        data: Data = {
            key: value for key, value in RESTRICTED[context].items() if _is_open(inner, key)
        }
        name = "securityContext"
        yield Offer("block", name, {name: data}, _ABOUT_RESTRICTED, f"{name} (restricted)")
    if level.type == "Container" and _is_open(place, "resources"):
        amounts = _amounts(place)
        if amounts is not None:
            text = about("Container", "resources")
            label = "resources (limits and requests)"
            yield Offer("block", "resources", {"resources": amounts}, text, label)


_ABOUT_RESTRICTED: Final = (
    "What the restricted level of Pod Security asks for: no root, no capabilities, no new "
    "privileges, and the system calls that the container runtime knows as harmless."
)


def _allows(place: Place, key: str, value: "Data | None") -> bool:
    """Whether a value agrees with those beside it (validation.go, ValidateSecurityContext)."""
    beside = place.siblings
    if key == "allowPrivilegeEscalation" and value is False:
        return beside.get("privileged") != "true"
    if key == "privileged" and value is True:
        return beside.get("allowPrivilegeEscalation") != "false"
    if key == "hostUsers" and value is False:
        return _agrees(place, key)
    if key == "procMount" and value == "Unmasked":
        return place.level.pod is not None and not place.level.pod.uses_host_users
    if key == "type" and place.level.type in _PROFILES and "localhostProfile" in beside:
        return value == "Localhost"
    return True


def _value_of(place: Place, key: str) -> "Data | None":
    """The value that a key is offered with; None where people have to choose it."""
    level = place.level.type
    if level in ("Limits", "Requests"):
        return _amount(place, "limits" if level == "Limits" else "requests", key)
    if level == "ResourceRequirements" and key in SIDES:
        return _side(place, "limits" if key == "limits" else "requests")
    if level == "Volume" and key == "emptyDir":
        return {"sizeLimit": place.resources.ephemeral_storage_limit}
    if (level, key) == ("EmptyDirVolumeSource", "sizeLimit"):
        return place.resources.ephemeral_storage_limit
    value = KEYS[level][key]
    return value if _allows(place, key, value) else None


def _amount(place: Place, side: Side, name: str) -> int | str | None:
    if place.level.pod is None:
        return None
    return amount_for(place.level.pod, place.level.container, side, name, place.resources)


def _side(place: Place, side: Side) -> "Data | None":
    found = {name: _amount(place, side, name) for name in ("cpu", "memory")}
    return {name: value for name, value in found.items() if value is not None} or None


def _amounts(place: Place) -> "Data | None":
    found = {side: _side(place, side) for side in SIDES}
    return {side: value for side, value in found.items() if value is not None} or None


# Values.


def values_at(place: Place, key: str) -> Iterator[Offer]:
    """The values that a key of a level may have."""
    level = place.level.type
    for block in _blocks(place):
        if block.name == key and isinstance(block.data, Mapping):
            yield Offer("value", key, block.data[key], block.about, block.label)
    if key in _SAFE and key in (TREE.get(level) or KEYS.get(level, {})):
        for value in (_SAFE[key], not _SAFE[key]):
            if _allows(place, key, value):
                yield _value("true" if value else "false", value, about(level, key))
        return
    words = _WORDS.get((level, key))
    if level == "AnySecurityContext":
        words = _WORDS.get(("SecurityContext", key)) or _WORDS.get(("PodSecurityContext", key))
    for word, meaning in (words or {}).items():
        if _allows(place, key, word):
            yield _value(word, word, f"`{word}`: {meaning.rstrip('.')}.")
    yield from _names_at(place, key)
    if level in KEYS and key in KEYS[level] and not words:
        data = _value_of(place, key)
        if data is not None and level != "NamespaceLabels":
            label = str(data) if isinstance(data, str | int) else f"{key}: the safe choice"
            yield _value(label, data, about(level, key))


def _names_at(place: Place, key: str) -> Iterator[Offer]:
    """The values that are names, of which some versions know more than others."""
    level = place.level.type
    if (level, key) == ("SELinuxOptions", "type"):
        types = SELINUX_TYPES if place.version < (1, 31) else SELINUX_TYPES_SINCE_31
        for name in sorted(types, key=lambda each: (each != "container_t", each)):
            yield _value(name, name, about(level, key))
    elif (level, key) == ("Sysctl", "name") and place.level.pod is not None:
        there = {each.get("name").text for each in place.level.pod.security("sysctls").items()}
        for name, since in sorted(SYSCTLS_SINCE.items()):
            if place.version >= since and name not in there:
                yield _value(name, name, meanings.SYSCTLS[name])
    elif level == "NamespaceLabels" and key.endswith("-version"):
        for name in ("latest", f"v{place.version}"):
            yield _value(name, name, about(level, key))


def items_at(place: Place, listed: frozenset[str]) -> Iterator[Offer]:
    """The words that a list may still hold; `listed` are those that it holds."""
    level = place.level
    if level.type == "Verbs":
        for verb, meaning in rbac_meanings.VERBS.items():
            if verb not in listed:
                yield _value(verb, verb, meaning)
    elif level.type in ("Added", "Dropped"):
        names = {canonical(name) for name in listed}
        other = "drop" if level.type == "Added" else "add"
        if level.container is not None:
            beside = level.container.security("capabilities", other).items()
            names |= {canonical(each.text or "") for each in beside} - {"ALL"}
        if level.type == "Dropped" and "ALL" in names:
            return
        for name in sorted(NAMES - names, key=lambda each: _order(level.type, each)):
            meaning = meaning_of(name)
            # Beside `drop` it must not read as what is given.
            taken = f"Taken away: {meaning[0].lower()}{meaning[1:]}"
            yield _value(name, name, taken if level.type == "Dropped" else meaning)


def _order(level: str, name: str) -> tuple[bool, bool, bool, str]:
    """The safe choice first: all are dropped, and what a level forbids is added last."""
    if level == "Dropped":
        return name != "ALL", name != "NET_RAW", False, name
    return name == "ALL", name != "NET_BIND_SERVICE", name not in BASELINE_CAPABILITIES, name


def _value(name: str, data: Data, text: str) -> Offer:
    return Offer("value", name, data, text, name)
