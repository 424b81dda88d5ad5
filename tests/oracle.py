"""What the API server rejects: its validation of pods, written down a second time for the tests.

Nothing here comes from k8s_lsp, so a mistake made there is not repeated here. Every fix result is
sent through `rejections`, because a schema knows which fields exist, but not which of them exclude
each other. A manifest may have been rejected before the fix as well, so the useful question is
whether the fix added a line.

What is judged is the creation of one object: a pod, a workload by the pods that it will make, a
Secret, or a List of these. The sections, in order, with the functions that each comes from:

Reading YAML
    a text as kubectl reads it: `resolve` in goyaml.v2, convertToJSONableObject in sigs.k8s.io/yaml
Quantities
    ParseQuantity and Quantity.UnmarshalJSON, rounded as by SetDefaults_ResourceList
Fields
    the types of core/v1, each field since its version; a test compares them with published schemas
Decoding
    strict decoding: what is left of a value, and a line for each part that is unknown or malformed
Pods
    a pod and its containers, decoded; the names, words and paths that several checks look at
    (ValidateDNS1123Label, validateLocalDescendingPath)
Checks of one container
    validateContainerCommon, validateContainerPorts, ValidateEnv, ValidateVolumeMounts,
    ValidateVolumeDevices, validateProbe, validateHandler, ValidateSecurityContext,
    validateInitContainers, validateEphemeralContainers, validateContainerRestartPolicy
Checks of the whole pod
    validateContainers, ValidateVolumes, validateSysctls, validateHostUsers, validateWindows,
    validateLinux, validateWindowsHostProcessPod, validatePodSpecSecurityContext,
    checkHostPortConflicts, ValidatePodCreate, and what differs by kind, as validateJobSpec does
Users and profiles
    of containers and pods alike: IsValidUserID, IsValidGroupID, validateSeccompProfileField,
    ValidateAppArmorProfileField
Annotations
    the old form of the profiles, and that both forms agree: ValidateSeccompPodAnnotations,
    ValidateAppArmorPodAnnotations and their neighbours
Resources
    ValidateContainerResourceRequirements, validatePodResources, and the defaults in between:
    SetDefaults_Pod, defaultHugePagePodLimits, defaultPodRequests, defaultPodLimits
All checks
    the checks above by name, in the order in which their lines come
Objects
    `rejections`: where each kind has its pod, Lists (decodeToList), Secrets (ValidateSecret)

These are functions of kubernetes/kubernetes, and this is what was read of them:
pkg/apis/core/validation/validation.go (commit 000f2605, and 64149d12 of a fork for what came with
1.34 to 1.36), pkg/apis/core/v1/defaults.go (023f88a3) and pkg/registry/core/pod/strategy.go
(008b3652). Three decisions are ours:

* Feature gates have their defaults. Where a field was behind a gate that was off, an old server
  drops it silently; conflicts between such fields are reported all the same, since a cluster may
  have the gate on. Pod-level resources are the exception: their rules changed.
* A template is judged like the pods that will be made from it, defaults included. The API server
  would accept some Deployments, and everything in the pod spec of a StatefulSet
  (ValidatePodTemplateSpecForStatefulSet), only to refuse all their pods later.
* Strict decoding, kubectl's default, is on: an unknown field is a rejection. A decoding error does
  not hide the rest, although the real server stops there.

Left out on purpose: updates; admission; other kinds, and of workloads all but the template; all
metadata but annotations; affinity, tolerations, topology spread, dnsConfig, host aliases,
scheduling gates, the inside of most volume sources and of valueFrom, the text of Windows user
names.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

# The two read the same, and the pure one is always there.
if TYPE_CHECKING or not yaml.__with_libyaml__:
    from yaml import SafeLoader as _SafeLoader
else:
    from yaml import CSafeLoader as _SafeLoader

Version: TypeAlias = tuple[int, int]
Fields: TypeAlias = dict[str, Any]
Amounts: TypeAlias = dict[str, Fraction]
Lines: TypeAlias = Iterator[str]

NEWEST: Version = (1, 37)

# From these versions on a feature gate is on by default.
SIDECARS: Version = (1, 29)
POD_LEVEL_RESOURCES: Version = (1, 34)
CONTAINER_RESTART_RULES: Version = (1, 35)
# defaultPodLimits was still being discussed in spring 2026, and is there in the summer.
POD_LIMITS_DEFAULTED: Version = (1, 37)


# Reading YAML


class _Loader(_SafeLoader):
    """PyYAML with the scalars of go-yaml v2, and with keys as they are in JSON."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Give every key the text that it has in JSON; the last of two equal keys stays."""
        return {_key(key): value for key, value in super().construct_mapping(node, deep).items()}


def _key(key: object) -> str:
    """Give the text of a key (convertToJSONableObject in sigs.k8s.io/yaml)."""
    return str(key).lower() if key is None or isinstance(key, bool) else str(key)


def _integer_of(loader: Any, node: Any) -> object:
    text = loader.construct_scalar(node).replace("_", "")
    sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    try:
        return int(sign + ("0o" + digits[1:] if octal else digits), 0)
    except ValueError:  # Python refuses to read numbers of thousands of digits.
        return text


def _boolean_of(loader: Any, node: Any) -> bool:
    return loader.construct_scalar(node).lower() in {"y", "yes", "true", "on"}


def _text_of(loader: Any, node: Any) -> object:
    """Read a `<<` that is no key: PyYAML itself has nothing for it."""
    return loader.construct_scalar(node)


def _untagged(loader: Any, tag: str, node: Any) -> object:
    """Read `!anything value` as the value: go-yaml has no use for local tags."""
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


# The implicit tags of `resolve` in goyaml.v2: no dates, no numbers to the base of sixty.
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"[yYnN]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE", "yYnNtTfF"),
    ("bool", r"on|On|ON|off|Off|OFF", "oO"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(0[bB][01_]+|0[oO]?[0-7_]+|0|[1-9][0-9_]*|0[xX][0-9a-fA-F_]+)", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+."),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )
_Loader.add_constructor("tag:yaml.org,2002:int", _integer_of)
_Loader.add_constructor("tag:yaml.org,2002:bool", _boolean_of)
_Loader.add_constructor("tag:yaml.org,2002:merge", _text_of)
_Loader.add_multi_constructor("!", _untagged)


def load(text: str) -> list[Any]:
    """Give the value of each document as kubectl reads it, null for an empty one.

    The words of YAML 1.1 are booleans, dates are strings, the last of two equal keys counts, and a
    byte order mark is no content. Raises yaml.YAMLError for what is no YAML.
    """
    try:
        return list(yaml.load_all(text.removeprefix("\ufeff"), Loader=_Loader))
    except RecursionError as error:
        raise yaml.YAMLError("nested too deeply for PyYAML") from error


# Quantities

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))"
    r"(?:(?P<unit>[KMGTPE]i|[numkMGTPE]?)|[eE](?P<exponent>[+-]?[0-9]+))",
    re.ASCII,
)
_UNITS = {
    **{unit: Fraction(1000) ** power for power, unit in enumerate("num", -3)},
    **{unit: Fraction(1000) ** power for power, unit in enumerate(("", *"kMGTPE"))},
    **{f"{unit}i": Fraction(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}
_LARGEST = Fraction(2**63 - 1)


def quantity(value: object) -> Fraction | None:
    """Read a quantity exactly, None where it is none (ParseQuantity, Quantity.UnmarshalJSON).

    Amounts are rounded away from zero to thousandths, as SetDefaults_ResourceList does.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, int):
        amount = Fraction(value)
    else:
        text = value.strip() if isinstance(value, str) else repr(value)
        match = _QUANTITY.fullmatch(text) if len(text) <= 256 else None
        if match is None:
            return None
        exponent = max(-300, min(300, int(match["exponent"] or 0)))
        amount = Fraction(match["number"]) * _UNITS[match["unit"] or ""] * Fraction(10) ** exponent
    thousandths = -(-abs(amount) * 1000 // 1)
    rounded = min(Fraction(thousandths, 1000), _LARGEST)
    return -rounded if amount < 0 else rounded


# Fields


@dataclass(frozen=True)
class Leaf:
    """A value without fields. `read` gives None for what the decoder refuses."""

    expected: str
    read: Callable[[Any], Any]
    zero: Any
    """What null stands for in a list or map; as a field it is the same as absent."""


@dataclass(frozen=True)
class Object:
    """A value with fields, all of which are known unless it is open."""

    fields: Mapping[str, "Shape"]
    open: bool = False


@dataclass(frozen=True)
class Each:
    """A list of equal shapes."""

    item: "Shape"


@dataclass(frozen=True)
class Values:
    """A map from any text to equal shapes."""

    value: "Shape"


@dataclass(frozen=True)
class Since:
    """A field that is unknown before a version, and again from a second one on."""

    version: Version
    shape: "Shape"
    until: Version = (99, 0)


Shape: TypeAlias = Leaf | Object | Each | Values | Since


def _integer(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


BOOLEAN = Leaf("a boolean", lambda value: value if isinstance(value, bool) else None, False)
INTEGER = Leaf("an integer", _integer, 0)
STRING = Leaf("a string", lambda value: value if isinstance(value, str) else None, "")
QUANTITY = Leaf("a quantity such as 500m or 1.5Gi", quantity, Fraction(0))
PORT = Leaf(
    "an integer or a string", lambda value: value if isinstance(value, str) else _integer(value), 0
)
ANYTHING = Leaf("anything", lambda value: value, None)
SOME_OBJECT = Object({}, open=True)
STRINGS = Each(STRING)


def _fields(shape: Shape, names: str) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), shape)


SECCOMP_PROFILE = APP_ARMOR_PROFILE = Object(_fields(STRING, "localhostProfile type"))
SE_LINUX_OPTIONS = Object(_fields(STRING, "level role type user"))
WINDOWS_OPTIONS = Object(
    _fields(STRING, "gmsaCredentialSpec gmsaCredentialSpecName runAsUserName")
    | {"hostProcess": BOOLEAN}
)
CAPABILITIES = Object(_fields(STRINGS, "add drop"))
EITHER_SECURITY_CONTEXT: dict[str, Shape] = {
    "appArmorProfile": Since((1, 30), APP_ARMOR_PROFILE),
    "runAsGroup": INTEGER,
    "runAsNonRoot": BOOLEAN,
    "runAsUser": INTEGER,
    "seLinuxOptions": SE_LINUX_OPTIONS,
    "seccompProfile": SECCOMP_PROFILE,
    "windowsOptions": WINDOWS_OPTIONS,
}
SECURITY_CONTEXT = Object(
    EITHER_SECURITY_CONTEXT
    | _fields(BOOLEAN, "allowPrivilegeEscalation privileged readOnlyRootFilesystem")
    | {"capabilities": CAPABILITIES, "procMount": STRING}
)
SYSCTL = Object(_fields(STRING, "name value"))
POD_SECURITY_CONTEXT = Object(
    EITHER_SECURITY_CONTEXT
    | {
        "fsGroup": INTEGER,
        "fsGroupChangePolicy": STRING,
        "seLinuxChangePolicy": Since((1, 32), STRING),
        "supplementalGroups": Each(INTEGER),
        "supplementalGroupsPolicy": Since((1, 31), STRING),
        "sysctls": Each(SYSCTL),
    }
)
RESOURCES = Object(
    _fields(Values(QUANTITY), "limits requests")
    | {"claims": Since((1, 26), Each(Object(_fields(STRING, "name request"))))}
)
VOLUME_MOUNT = Object(
    _fields(STRING, "mountPath mountPropagation name subPath subPathExpr")
    | {
        "bindMountOptions": Since((1, 37), ANYTHING),
        "readOnly": BOOLEAN,
        "recursiveReadOnly": Since((1, 30), STRING),
    }
)
VOLUME_DEVICE = Object(_fields(STRING, "devicePath name"))
CONTAINER_PORT = Object(
    _fields(INTEGER, "containerPort hostPort") | _fields(STRING, "hostIP name protocol")
)
HTTP_GET = Object(
    _fields(STRING, "host path scheme")
    | {"httpHeaders": ANYTHING, "port": PORT, "protocol": Since((1, 37), STRING)}
)
TCP_SOCKET = Object({"host": STRING, "port": PORT})
EITHER_HANDLER: dict[str, Shape] = {
    "exec": Object({"command": STRINGS}),
    "httpGet": HTTP_GET,
    "tcpSocket": TCP_SOCKET,
}
LIFECYCLE_HANDLER = Object(EITHER_HANDLER | {"sleep": Since((1, 29), SOME_OBJECT)})
LIFECYCLE = Object(
    _fields(LIFECYCLE_HANDLER, "postStart preStop") | {"stopSignal": Since((1, 33), STRING)}
)
PROBE_NUMBERS = "initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold"
PROBE = Object(
    EITHER_HANDLER
    | _fields(INTEGER, f"{PROBE_NUMBERS} terminationGracePeriodSeconds")
    | {"grpc": Object({"port": INTEGER, "service": STRING})}
)
ENV_VAR = Object({"name": STRING, "value": STRING, "valueFrom": SOME_OBJECT})
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
CONTAINER = Object(
    _fields(STRINGS, "args command")
    | _fields(STRING, "image imagePullPolicy name workingDir")
    | _fields(STRING, "terminationMessagePath terminationMessagePolicy")
    | _fields(BOOLEAN, "stdin stdinOnce tty")
    | _fields(PROBE, " ".join(PROBES))
    | {
        "env": Each(ENV_VAR),
        "envFrom": Each(SOME_OBJECT),
        "lifecycle": LIFECYCLE,
        "ports": Each(CONTAINER_PORT),
        "resizePolicy": Since((1, 27), Each(SOME_OBJECT)),
        "resources": RESOURCES,
        "restartPolicy": Since((1, 28), STRING),
        "restartPolicyRules": Since((1, 34), Each(SOME_OBJECT)),
        "securityContext": SECURITY_CONTEXT,
        "volumeDevices": Each(VOLUME_DEVICE),
        "volumeMounts": Each(VOLUME_MOUNT),
    }
)
EPHEMERAL_CONTAINER = Object({**CONTAINER.fields, "targetContainerName": STRING})
# The key that each of these volume sources cannot do without (validateVolumeSource).
NEEDED_IN_VOLUME = {
    "configMap": "name",
    "csi": "driver",
    "hostPath": "path",
    "persistentVolumeClaim": "claimName",
    "secret": "secretName",
}
VOLUME = Object(
    _fields(SOME_OBJECT, "awsElasticBlockStore azureDisk azureFile cephfs cinder downwardAPI")
    | _fields(SOME_OBJECT, "ephemeral fc flexVolume flocker gcePersistentDisk gitRepo glusterfs")
    | _fields(SOME_OBJECT, "iscsi nfs photonPersistentDisk portworxVolume projected quobyte rbd")
    | _fields(SOME_OBJECT, "scaleIO storageos vsphereVolume")
    | {source: Object({key: STRING}, open=True) for source, key in NEEDED_IN_VOLUME.items()}
    | {
        "emptyDir": Object({"medium": STRING, "sizeLimit": QUANTITY}, open=True),
        "hostPath": Object(_fields(STRING, "path type")),
        "image": Since((1, 31), SOME_OBJECT),
        "name": STRING,
    }
)
POD_SPEC = Object(
    _fields(BOOLEAN, "automountServiceAccountToken enableServiceLinks hostIPC hostNetwork hostPID")
    | _fields(BOOLEAN, "hostUsers setHostnameAsFQDN shareProcessNamespace")
    | _fields(STRING, "dnsPolicy hostname nodeName preemptionPolicy priorityClassName")
    | _fields(STRING, "restartPolicy runtimeClassName schedulerName serviceAccount")
    | _fields(STRING, "serviceAccountName subdomain")
    | _fields(INTEGER, "activeDeadlineSeconds priority terminationGracePeriodSeconds")
    | _fields(SOME_OBJECT, "affinity dnsConfig nodeSelector overhead")
    | _fields(Each(SOME_OBJECT), "hostAliases imagePullSecrets readinessGates tolerations")
    | _fields(Each(SOME_OBJECT), "topologySpreadConstraints")
    | _fields(Each(CONTAINER), "containers initContainers")
    | {
        "ephemeralContainers": Each(EPHEMERAL_CONTAINER),
        "evictionResponders": Since((1, 37), ANYTHING),
        "hostnameOverride": Since((1, 34), STRING),
        "os": Object({"name": STRING}),
        "resourceClaims": Since((1, 26), Each(Object({"name": STRING}, open=True))),
        "resources": Since((1, 32), RESOURCES),
        "schedulingGates": Since((1, 26), Each(SOME_OBJECT)),
        "schedulingGroup": Since((1, 36), ANYTHING),
        "securityContext": POD_SECURITY_CONTEXT,
        "volumes": Each(VOLUME),
        "workloadRef": Since((1, 35), ANYTHING, until=(1, 36)),
    }
)


# Decoding

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


def _child(path: str, key: str) -> str:
    if not _PLAIN.fullmatch(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _decode(value: object, shape: Shape, path: str, version: Version, lines: list[str]) -> Any:
    """Give the well-formed part of a value, and add a line for each part that is not.

    What remains has the types that the shapes promise, so that no check has to ask again. An item
    that had to be left out is None, to keep the indexes of the others.
    """
    while isinstance(shape, Since):
        shape = shape.shape
    if isinstance(shape, Leaf):
        read = None if value is None else shape.read(value)
        if value is not None and read is None:
            lines.append(f"{path}: expected {shape.expected}")
        return read
    if isinstance(shape, Each):
        if value is not None and not isinstance(value, list):
            lines.append(f"{path}: expected a list")
        if not isinstance(value, list):
            return None
        return [
            _zero(shape.item)
            if item is None
            else _decode(item, shape.item, f"{path}[{index}]", version, lines)
            for index, item in enumerate(value)
        ]
    if value is not None and not isinstance(value, dict):
        lines.append(f"{path}: expected an object")
    if not isinstance(value, dict):
        return None
    entries = [(_key(key), item) for key, item in value.items()]
    if isinstance(shape, Values):
        return {
            key: _zero(shape.value)
            if item is None
            else _decode(item, shape.value, _child(path, key), version, lines)
            for key, item in entries
        }
    decoded = {}
    for key, item in entries:
        known = shape.fields.get(key)
        if isinstance(known, Since) and not known.version <= version < known.until:
            known = None
        if known is not None:
            part = _decode(item, known, _child(path, key), version, lines)
            if part is not None:
                decoded[key] = part
        elif not shape.open:
            lines.append(f"{_child(path, key)}: unknown field")
        elif item is not None:
            decoded[key] = item
    return decoded


def _zero(shape: Shape) -> Any:
    return shape.zero if isinstance(shape, Leaf) else {} if isinstance(shape, Object) else None


# Pods


@dataclass(frozen=True)
class Container:
    """A container, decoded."""

    field: str
    """The field of the pod spec that lists it: containers, initContainers, ephemeralContainers."""
    path: str
    fields: Fields
    sidecar: bool

    @property
    def name(self) -> str:
        """The container's name, empty where it has none."""
        return str(self.fields.get("name", ""))

    @property
    def security_context(self) -> Fields:
        """The container's own security context, empty where it has none."""
        return dict(self.fields.get("securityContext", {}))

    def each(self, key: str) -> Iterator[tuple[str, Fields]]:
        """Give the objects of a list with their paths."""
        return _each(self.fields, key, self.path)


@dataclass(frozen=True)
class Pod:
    """A pod, or the pod that a template makes, decoded."""

    kind: str
    path: str
    annotations_path: str
    annotations: dict[str, str]
    spec: Fields
    containers: tuple[Container, ...]
    """In the order of VisitContainersWithPath: init, regular, ephemeral."""
    claim_templates: frozenset[str]
    version: Version

    @property
    def security_context(self) -> Fields:
        """The pod's security context, empty where it has none."""
        return dict(self.spec.get("securityContext", {}))

    def true(self, key: str) -> bool:
        """Whether a boolean of the pod spec is true."""
        return self.spec.get(key) is True

    def each(self, key: str) -> Iterator[tuple[str, Fields]]:
        """Give the objects of a list with their paths."""
        return _each(self.spec, key, self.path)

    def listed(self, *fields: str) -> list[Container]:
        """Give the containers of some of the three fields."""
        return [container for container in self.containers if container.field in fields]


def _each(fields: Fields, key: str, path: str) -> Iterator[tuple[str, Fields]]:
    for index, item in enumerate(fields.get(key, ())):
        if item is not None:
            yield f"{path}.{key}[{index}]", item


REQUIRED = "Required value"
DUPLICATE = "Duplicate value"

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
_PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?", re.ASCII)
_QUALIFIED_NAME = re.compile(
    r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?"
    r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?",
    re.ASCII,
)


def _name(path: str, name: str) -> Lines:
    """Require a name that is a DNS label (ValidateDNS1123Label)."""
    if not name:
        yield f"{path}: {REQUIRED}"
    elif not _LABEL.fullmatch(name):
        yield f"{path}: must be a lowercase DNS label of at most 63 characters"


def _one_of(path: str, fields: Fields, key: str, values: Iterable[str]) -> Lines:
    """Require one of some words, where the field is set at all."""
    words = sorted(values)
    if key in fields and fields[key] not in words:
        yield f"{_child(path, key)}: must be one of {', '.join(filter(None, words))}"


def _local_path(path: str, value: str) -> Lines:
    """Require a path below where one stands (validateLocalDescendingPath)."""
    if value.startswith("/"):
        yield f"{path}: must be a relative path"
    if ".." in value.split("/"):
        yield f"{path}: must not contain '..'"


# Checks of one container


def container_identity(pod: Pod, container: Container) -> Lines:
    """Require a name and an image (validateContainerCommon, validateContainerOnlyForPod)."""
    yield from _name(f"{container.path}.name", container.name)
    image = container.fields.get("image", "")
    if not image:
        yield f"{container.path}.image: {REQUIRED}"
    elif image != image.strip():
        yield f"{container.path}.image: must not have leading or trailing whitespace"


def container_words(pod: Pod, container: Container) -> Lines:
    """Require known words (validatePullPolicy, validateContainerCommon); empty means default."""
    for key, values in (
        ("imagePullPolicy", ("", "Always", "IfNotPresent", "Never")),
        ("terminationMessagePolicy", ("", "File", "FallbackToLogsOnError")),
    ):
        yield from _one_of(container.path, container.fields, key, values)


def container_ports(pod: Pod, container: Container) -> Lines:
    """Check ports (validateContainerPorts, validatePodHostNetworkDeps)."""
    names: set[str] = set()
    for path, port in container.each("ports"):
        name, number = port.get("name", ""), port.get("containerPort", 0)
        if name and not _PORT_NAME.fullmatch(name):
            yield f"{path}.name: must be a port name of at most 15 characters"
        elif name in names:
            yield f"{path}.name: {DUPLICATE}"
        names |= {name} - {""}
        if number == 0:
            yield f"{path}.containerPort: {REQUIRED}"
        for key in ("containerPort", "hostPort"):
            if port.get(key, 0) not in range(65536):
                yield f"{path}.{key}: must be between 1 and 65535, inclusive"
        yield from _one_of(path, port, "protocol", ("", "SCTP", "TCP", "UDP"))
        host_port = port.get("hostPort", 0)
        if (
            container.field == "containers"
            and pod.true("hostNetwork")
            and host_port not in (0, number)
        ):
            yield f"{path}.hostPort: must match `containerPort` when `hostNetwork` is true"


def container_environment(pod: Pod, container: Container) -> Lines:
    """Require names, and one source for a value (ValidateEnv, validateEnvVarValueFrom)."""
    for path, variable in container.each("env"):
        if not variable.get("name"):
            yield f"{path}.name: {REQUIRED}"
        if "valueFrom" in variable and variable.get("value"):
            yield f"{path}.valueFrom: may not be specified when `value` is not empty"


def volume_mounts(pod: Pod, container: Container) -> Lines:
    """Check mounts (ValidateVolumeMounts, validateMountPropagation, …RecursiveReadOnly)."""
    volumes = {volume.get("name", "") for _, volume in pod.each("volumes")} | pod.claim_templates
    devices = [device for _, device in container.each("volumeDevices")]
    privileged = container.security_context.get("privileged") is True
    mount_paths: set[str] = set()
    for path, mount in container.each("volumeMounts"):
        name, mount_path = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield f"{path}.name: {REQUIRED}"
        elif name not in volumes:
            yield f'{path}.name: Not found: "{name}"'
        if not mount_path:
            yield f"{path}.mountPath: {REQUIRED}"
        elif mount_path in mount_paths:
            yield f"{path}.mountPath: must be unique"
        mount_paths.add(mount_path)
        if name in {device.get("name") for device in devices}:
            yield f"{path}.name: must not already exist in volumeDevices"
        if mount_path in {device.get("devicePath") for device in devices}:
            yield f"{path}.mountPath: must not already exist as a path in volumeDevices"
        for key in ("subPath", "subPathExpr"):
            yield from _local_path(f"{path}.{key}", mount.get(key, ""))
        if mount.get("subPath") and mount.get("subPathExpr"):
            yield f"{path}.subPathExpr: subPathExpr and subPath are mutually exclusive"
        yield from _one_of(
            path, mount, "mountPropagation", ("Bidirectional", "HostToContainer", "None")
        )
        if mount.get("mountPropagation") == "Bidirectional" and not privileged:
            yield (
                f"{path}.mountPropagation: Bidirectional mount propagation is available only to "
                "privileged containers"
            )
        yield from _one_of(path, mount, "recursiveReadOnly", ("Disabled", "Enabled", "IfPossible"))
        if mount.get("recursiveReadOnly") in ("Enabled", "IfPossible"):
            if not mount.get("readOnly"):
                yield f"{path}.recursiveReadOnly: may only be specified when readOnly is true"
            if mount.get("mountPropagation", "None") != "None":
                yield f"{path}.recursiveReadOnly: needs mountPropagation None"


def volume_devices(pod: Pod, container: Container) -> Lines:
    """Check block devices (ValidateVolumeDevices)."""
    block = {
        volume.get("name", ""): bool({"persistentVolumeClaim", "ephemeral"} & volume.keys())
        for _, volume in pod.each("volumes")
    } | dict.fromkeys(pod.claim_templates, True)
    seen: set[tuple[str, str]] = set()
    for path, device in container.each("volumeDevices"):
        name = device.get("name", "")
        if name not in block:
            yield f'{path}.name: Not found: "{name}"'
        elif not block[name]:
            yield f"{path}.name: can only use PersistentVolumeClaim or Ephemeral for block mode"
        for key in ("name", "devicePath"):
            value = device.get(key, "")
            if not value:
                yield f"{path}.{key}: {REQUIRED}"
            elif (key, value) in seen:
                yield f"{path}.{key}: must be unique"
            seen.add((key, value))


def privilege_escalation(pod: Pod, container: Container) -> Lines:
    """Check what privilege escalation excludes (ValidateSecurityContext)."""
    context, path = container.security_context, f"{container.path}.securityContext"
    if context.get("allowPrivilegeEscalation") is not False:
        return
    cannot = f"{path}.allowPrivilegeEscalation: cannot set `allowPrivilegeEscalation` to false and "
    if context.get("privileged") is True:
        yield cannot + "`privileged` to true"
    if "CAP_SYS_ADMIN" in context.get("capabilities", {}).get("add", ()):
        yield cannot + "`capabilities.Add` CAP_SYS_ADMIN"


def proc_mount(pod: Pod, container: Container) -> Lines:
    """Check the word, and the user namespace it needs (ValidateSecurityContext)."""
    context, path = container.security_context, f"{container.path}.securityContext"
    yield from _one_of(path, context, "procMount", ("Default", "Unmasked"))
    if context.get("procMount") == "Unmasked" and pod.spec.get("hostUsers") is not False:
        yield f"{path}.procMount: `hostUsers` must be false to use `Unmasked`"


def container_lifecycle(pod: Pod, container: Container) -> Lines:
    """Check probes and handlers, or forbid them (validateContainers, validateInitContainers)."""
    fields, path = container.fields, container.path
    if container.field == "ephemeralContainers":
        return  # ephemeral_fields forbids them, whatever they hold.
    if container.field == "initContainers" and not container.sidecar:
        for key in ("lifecycle", *PROBES):
            if key in fields:
                yield (
                    f"{path}.{key}: may not be set for init containers without restartPolicy=Always"
                )
        return
    for key in ("postStart", "preStop"):
        if key in fields.get("lifecycle", {}):
            handler = fields["lifecycle"][key]
            kinds = ("exec", "httpGet", "tcpSocket", "sleep")
            yield from _handler(f"{path}.lifecycle.{key}", handler, kinds)
    for key in PROBES:
        if key in fields:
            yield from _probe(f"{path}.{key}", fields[key], key)


def _probe(path: str, probe: Fields, kind: str) -> Lines:
    """Check a probe (validateProbe and its three callers)."""
    yield from _handler(path, probe, ("exec", "httpGet", "tcpSocket", "grpc"))
    for key in PROBE_NUMBERS.split():
        if probe.get(key, 0) < 0:
            yield f"{path}.{key}: must be greater than or equal to 0"
    if kind == "readinessProbe":
        if "terminationGracePeriodSeconds" in probe:
            yield f"{path}.terminationGracePeriodSeconds: must not be set for readinessProbes"
    elif probe.get("successThreshold", 0) not in (0, 1):
        yield f"{path}.successThreshold: must be 1"


def _handler(path: str, handler: Fields, kinds: tuple[str, ...]) -> Lines:
    """Require exactly one handler, and what that one needs (validateHandler)."""
    present = [kind for kind in kinds if kind in handler]
    if not present:
        yield f"{path}: must specify a handler type"
    for kind in present[1:]:
        yield f"{path}.{kind}: may not specify more than 1 handler type"
    for kind in present[:1]:
        action = handler[kind]
        if kind == "exec" and not action.get("command"):
            yield f"{path}.exec.command: {REQUIRED}"
        if kind in ("httpGet", "tcpSocket", "grpc"):
            port = action.get("port", 0)
            named = isinstance(port, str) and _PORT_NAME.fullmatch(port)
            if not named and port not in range(1, 65536):
                yield f"{path}.{kind}.port: must be a port name or between 1 and 65535"
        if kind == "httpGet":
            yield from _one_of(f"{path}.httpGet", action, "scheme", ("", "HTTP", "HTTPS"))


def ephemeral_fields(pod: Pod, container: Container) -> Lines:
    """Forbid what an ephemeral container has not (validateEphemeralContainers)."""
    if container.field != "ephemeralContainers":
        return
    cannot = "cannot be set for an Ephemeral Container"
    for key in (
        "ports",
        "lifecycle",
        "restartPolicy",
        "restartPolicyRules",
        "resizePolicy",
        *PROBES,
    ):
        if key in container.fields:
            yield f"{container.path}.{key}: {cannot}"
    # `resources` is no pointer, so that an empty object is the same as none.
    if container.fields.get("resources"):
        yield f"{container.path}.resources: {cannot}"
    for path, mount in container.each("volumeMounts"):
        for key in ("subPath", "subPathExpr"):
            if mount.get(key):
                yield f"{path}.{key}: {cannot}"
    target = container.fields.get("targetContainerName", "")
    others = {other.name for other in pod.listed("initContainers", "containers")}
    if target and target not in others:
        yield f'{container.path}.targetContainerName: Not found: "{target}"'


def container_restart_policy(pod: Pod, container: Container) -> Lines:
    """Check a container's own policy (validateContainerRestartPolicy, before it …Init…)."""
    path, fields = container.path, container.fields
    if container.field == "ephemeralContainers":
        return
    if pod.version >= CONTAINER_RESTART_RULES:
        yield from _one_of(path, fields, "restartPolicy", ("Always", "Never", "OnFailure"))
        if fields.get("restartPolicyRules") and "restartPolicy" not in fields:
            yield f"{path}.restartPolicy: must specify restartPolicy when restart rules are used"
    elif container.field == "initContainers":
        yield from _one_of(path, fields, "restartPolicy", ("Always",))
    elif "restartPolicy" in fields:
        yield f"{path}.restartPolicy: may not be set for non-init containers"


# Checks of the whole pod


def containers_present(pod: Pod) -> Lines:
    """Require a regular container (validateContainers)."""
    if not pod.spec.get("containers"):
        yield f"{pod.path}.containers: {REQUIRED}"


def container_names(pod: Pod) -> Lines:
    """Require that names differ over all three lists (the callers of validateContainerCommon)."""
    names: set[str] = set()
    for container in pod.listed("containers") + pod.listed("initContainers", "ephemeralContainers"):
        if container.name and container.name in names:
            yield f'{container.path}.name: {DUPLICATE}: "{container.name}"'
        names.add(container.name)


def pod_words(pod: Pod) -> Lines:
    """Require known words (validateDNSPolicy, ValidatePreemptionPolicy, validateOS and others)."""
    words = (
        ("dnsPolicy", ("", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")),
        ("preemptionPolicy", ("Never", "PreemptLowerPriority")),
    )
    for key, values in words:
        yield from _one_of(pod.path, pod.spec, key, values)
    context_words = (
        ("fsGroupChangePolicy", ("Always", "OnRootMismatch")),
        ("seLinuxChangePolicy", ("MountOption", "Recursive")),
        ("supplementalGroupsPolicy", ("Merge", "Strict")),
    )
    for key, values in context_words:
        yield from _one_of(f"{pod.path}.securityContext", pod.security_context, key, values)
    if "os" in pod.spec and pod.spec["os"].get("name") not in ("linux", "windows"):
        yield f"{pod.path}.os.name: must be one of linux, windows"


def restart_policy(pod: Pod) -> Lines:
    """Check the policy against the kind (ValidatePodTemplateSpecForRC, validateJobSpec, …)."""
    policies = {
        "CronJob": ("Never", "OnFailure"),
        "Job": ("Never", "OnFailure"),
        "Pod": ("Always", "Never", "OnFailure"),
        "PodTemplate": ("Always", "Never", "OnFailure"),
    }.get(pod.kind, ("Always",))
    fields = {"restartPolicy": pod.spec.get("restartPolicy") or "Always"}
    yield from _one_of(pod.path, fields, "restartPolicy", policies)


def volumes(pod: Pod) -> Lines:
    """Check volumes (ValidateVolumes, validateVolumeSource, validateHostPathVolumeSource)."""
    names: set[str] = set()
    for path, volume in pod.each("volumes"):
        name = volume.get("name", "")
        yield from _name(f"{path}.name", name)
        if name and name in names:
            yield f'{path}.name: {DUPLICATE}: "{name}"'
        names.add(name)
        sources = [key for key in volume if key != "name"]
        if len(sources) > 1:
            yield f"{path}: may not specify more than 1 volume type: {', '.join(sources)}"
        for source, key in NEEDED_IN_VOLUME.items():
            if source in volume and not volume[source].get(key):
                yield f"{path}.{source}.{key}: {REQUIRED}"
        if volume.get("emptyDir", {}).get("sizeLimit", 0) < 0:
            yield f"{path}.emptyDir.sizeLimit: must be a valid resource quantity"
        host_path = volume.get("hostPath", {})
        if ".." in host_path.get("path", "").split("/"):
            yield f"{path}.hostPath.path: must not contain '..'"
        kinds = "BlockDevice CharDevice Directory DirectoryOrCreate File FileOrCreate Socket"
        yield from _one_of(f"{path}.hostPath", host_path, "type", ("", *kinds.split()))
    # A projected service account token without serviceAccountName is forbidden by
    # validatePodMetadataAndSpec, but the ServiceAccount admission plugin, which is on by default,
    # has filled in `default` by then. So it is accepted.


_SYSCTL = re.compile(r"(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?")
_SLASHES = str.maketrans("./", "/.")


def sysctls(pod: Pod) -> Lines:
    """Check kernel settings (validateSysctls, ValidateHostSysctl).

    Which settings belong to which namespace is in component-helpers, which was not read; the
    prefixes are those that the documentation calls namespaced.
    """
    names: set[str] = set()
    for path, sysctl in _each(pod.security_context, "sysctls", f"{pod.path}.securityContext"):
        name = sysctl.get("name", "")
        if not name:
            yield f"{path}.name: {REQUIRED}"
        elif len(name) > 253 or not _SYSCTL.fullmatch(name):
            yield f"{path}.name: must be a sysctl name"
        elif name in names:
            yield f'{path}.name: {DUPLICATE}: "{name}"'
        names.add(name)
        # With a slash for its first separator the two have changed places.
        first = next((character for character in name if character in "./"), ".")
        dotted = name.translate(_SLASHES) if first == "/" else name
        if pod.true("hostNetwork") and dotted.startswith("net."):
            yield f"{path}.name: may not be specified when 'hostNetwork' is true"
        shared = dotted.startswith(("kernel.shm", "kernel.msg", "fs.mqueue."))
        if pod.true("hostIPC") and (shared or dotted == "kernel.sem"):
            yield f"{path}.name: may not be specified when 'hostIPC' is true"


def host_users(pod: Pod) -> Lines:
    """Check what a user namespace excludes (validateHostUsers).

    hostNetwork is allowed by the gate UserNamespacesHostNetworkSupport, which is alpha and off.
    volumeDevices are forbidden since mid-2025 and did not work before, so no version is asked.
    """
    if pod.spec.get("hostUsers") is not False:
        return
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.true(key):
            yield f"{pod.path}.{key}: when `hostUsers` is false"
    for container in pod.containers:
        if container.fields.get("volumeDevices"):
            yield f"{container.path}.volumeDevices: when `hostUsers` is false"


def shared_process_namespace(pod: Pod) -> Lines:
    """Forbid both ways of sharing processes at once (validatePodSpecSecurityContext)."""
    if pod.true("shareProcessNamespace") and pod.true("hostPID"):
        yield (
            f"{pod.path}.shareProcessNamespace: ShareProcessNamespace and HostPID cannot both be "
            "enabled"
        )


def host_process(pod: Pod) -> Lines:
    """Check Windows HostProcess pods (validateWindowsHostProcessPod)."""
    of_pod = pod.security_context.get("windowsOptions", {}).get("hostProcess")
    effective = []
    for container in pod.containers:
        own = container.security_context.get("windowsOptions", {}).get("hostProcess")
        if None not in (own, of_pod) and own is not of_pod:
            yield (
                f"{container.path}.securityContext.windowsOptions.hostProcess: pod hostProcess "
                "value must be identical if both are specified"
            )
        effective.append(own if own is not None else of_pod)
    if True in effective:
        if not all(effective):
            yield (
                f"{pod.path}: If pod contains any hostProcess containers then all containers must "
                "be HostProcess containers"
            )
        if not pod.true("hostNetwork"):
            yield (
                f"{pod.path}.hostNetwork: hostNetwork must be true if pod contains any hostProcess "
                "containers"
            )


NOT_IN_WINDOWS_POD = ("hostUsers", "shareProcessNamespace")
NOT_IN_WINDOWS_POD_CONTEXT = (
    "appArmorProfile fsGroup fsGroupChangePolicy runAsGroup runAsUser seLinuxChangePolicy "
    "seLinuxOptions seccompProfile supplementalGroups supplementalGroupsPolicy"
).split()
NOT_IN_WINDOWS_CONTEXT = (
    "allowPrivilegeEscalation appArmorProfile capabilities privileged procMount "
    "readOnlyRootFilesystem runAsGroup runAsUser seLinuxOptions seccompProfile"
).split()


def operating_system(pod: Pod) -> Lines:
    """Forbid fields of the other system (validateWindows, validateLinux, validatePodResources)."""
    system = pod.spec.get("os", {}).get("name")
    of_pod = (f"{pod.path}.securityContext", pod.security_context)
    of_containers = [(f"{c.path}.securityContext", c.security_context) for c in pod.containers]
    if system == "linux":
        for path, context in (of_pod, *of_containers):
            if "windowsOptions" in context:
                yield f"{path}.windowsOptions: windows options cannot be set for a linux pod"
    if system != "windows":
        return
    cannot = "cannot be set for a windows pod"
    set_in_pod = [key for key in NOT_IN_WINDOWS_POD if key in pod.spec]
    set_in_pod += [key for key in ("hostPID", "hostIPC") if pod.true(key)]
    if pod.version >= POD_LEVEL_RESOURCES and "resources" in pod.spec:
        set_in_pod.append("resources")
    for key in set_in_pod:
        yield f"{pod.path}.{key}: {cannot}"
    if pod.security_context.get("sysctls"):
        yield f"{pod.path}.securityContext.sysctls: {cannot}"
    contexts = [(*of_pod, NOT_IN_WINDOWS_POD_CONTEXT)]
    contexts += [(*context, NOT_IN_WINDOWS_CONTEXT) for context in of_containers]
    for path, context, keys in contexts:
        for key in keys:
            if key in context:
                yield f"{path}.{key}: {cannot}"


def host_ports(pod: Pod) -> Lines:
    """Forbid that two ports take one of the node (checkHostPortConflicts).

    Regular containers share one set, each init container has its own. hostNetwork gives every port
    a host port (defaultHostNetworkPorts).
    """
    groups = [pod.listed("containers"), *([init] for init in pod.listed("initContainers"))]
    for group in groups:
        taken = set()
        for container in group:
            for path, port in container.each("ports"):
                number = port.get("hostPort", 0)
                if number == 0 and pod.true("hostNetwork"):
                    number = port.get("containerPort", 0)
                place = (port.get("protocol") or "TCP", port.get("hostIP", ""), number)
                if number and place in taken:
                    yield f"{path}.hostPort: {DUPLICATE}"
                taken.add(place)


def ephemeral_containers(pod: Pod) -> Lines:
    """Forbid ephemeral containers in a manifest (ValidatePodCreate, ValidatePodTemplateSpec)."""
    if pod.spec.get("ephemeralContainers"):
        reason = "ephemeral containers not allowed in pod template"
        reason = "cannot be set on create" if pod.kind == "Pod" else reason
        yield f"{pod.path}.ephemeralContainers: {reason}"


# Users and profiles


def container_user(pod: Pod, container: Container) -> Lines:
    """Check user and group (IsValidUserID, IsValidGroupID)."""
    yield from _identities(f"{container.path}.securityContext", container.security_context)


def pod_users(pod: Pod) -> Lines:
    """Check users and groups of the pod (validatePodSpecSecurityContext)."""
    context, path = pod.security_context, f"{pod.path}.securityContext"
    yield from _identities(path, context)
    for index, group in enumerate(context.get("supplementalGroups", ())):
        yield from _identity(f"{path}.supplementalGroups[{index}]", group)


def _identities(path: str, context: Fields) -> Lines:
    for key in ("runAsUser", "runAsGroup", "fsGroup"):
        yield from _identity(f"{path}.{key}", context.get(key))


def _identity(path: str, value: int | None) -> Lines:
    if value is not None and not 0 <= value < 2**31:
        yield f"{path}: must be between 0 and 2147483647, inclusive"


def container_profiles(pod: Pod, container: Container) -> Lines:
    """Check seccomp and AppArmor of a container (validateSeccompProfileField, …AppArmor…)."""
    yield from _profiles(f"{container.path}.securityContext", container.security_context)


def pod_profiles(pod: Pod) -> Lines:
    """Check seccomp and AppArmor of the pod (validateSeccompProfileField, …AppArmor…)."""
    yield from _profiles(f"{pod.path}.securityContext", pod.security_context)


def _profiles(path: str, context: Fields) -> Lines:
    types = ("Localhost", "RuntimeDefault", "Unconfined")
    for key, kind in (("seccompProfile", "seccomp"), ("appArmorProfile", "AppArmor")):
        if key not in context:
            continue
        profile, at = context[key], f"{path}.{key}"
        localhost = profile.get("localhostProfile")
        if not profile.get("type"):
            yield f"{at}.type: type is required when {key} is set"
        yield from _one_of(at, profile, "type", ("", *types))
        if profile.get("type") != "Localhost":
            # ValidateAppArmorProfileField looks at the name only beside a type that it knows.
            if localhost is not None and (kind == "seccomp" or profile.get("type") in types):
                yield f"{at}.localhostProfile: can only be set when {kind} type is Localhost"
        elif localhost is None:
            yield f"{at}.localhostProfile: must be set when {kind} type is Localhost"
        elif kind == "seccomp":
            yield from _local_path(f"{at}.localhostProfile", localhost)
        elif localhost != localhost.strip():
            yield f"{at}.localhostProfile: must not be padded with whitespace"
        elif not localhost:
            yield f"{at}.localhostProfile: must be set when AppArmor type is Localhost"
        elif len(localhost.encode()) > 4095:
            yield f"{at}.localhostProfile: must have at most 4095 bytes"


# Annotations

SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
APP_ARMOR_CONTAINER = "container.apparmor.security.beta.kubernetes.io/"


def seccomp_annotations(pod: Pod) -> Lines:
    """Check annotations, and the fields beside them.

    ValidateSeccompPodAnnotations and validateSeccompAnnotationsAndFields, for pods and templates.
    """
    for key, value in pod.annotations.items():
        if key == SECCOMP_POD or key.startswith(SECCOMP_CONTAINER):
            path = _child(pod.annotations_path, key)
            if value.startswith("localhost/"):
                yield from _local_path(path, value.removeprefix("localhost/"))
            elif value not in ("runtime/default", "docker/default", "unconfined"):
                yield f"{path}: must be a valid seccomp profile"
    places = [(SECCOMP_POD, pod.path, pod.security_context)]
    places += [(SECCOMP_CONTAINER + c.name, c.path, c.security_context) for c in pod.containers]
    for key, path, context in places:
        if key in pod.annotations and "seccompProfile" in context:
            defaults = ("runtime/default", "docker/default")
            profile = context["seccompProfile"]
            for part in _mismatch(pod.annotations[key], profile, defaults):
                at = f"{path}.securityContext.seccompProfile"
                yield f"{at}.{part}: seccomp {part} in annotation and field must match"


def app_armor_annotations(pod: Pod) -> Lines:
    """Check annotations, and the fields beside them.

    ValidateAppArmorPodAnnotations and validateAppArmorAnnotationsAndFieldsMatchOnCreate. The
    latter is called by ValidatePodTemplateSpec too, where a container without a profile of its own
    is compared by the pod's. For a Pod, applyAppArmorVersionSkew first copies the annotation into
    such a container; the template of a StatefulSet is not validated, so that goes for its pods.
    """
    names = {container.name for container in pod.containers}
    for key, value in pod.annotations.items():
        if key.startswith(APP_ARMOR_CONTAINER):
            path = _child(pod.annotations_path, key)
            if key.removeprefix(APP_ARMOR_CONTAINER) not in names:
                yield f"{path}: container not found"
            known = value in ("", "runtime/default", "unconfined")
            if not known and not value.startswith("localhost/"):
                yield f"{path}: invalid AppArmor profile name"
    if pod.spec.get("os", {}).get("name") == "windows":
        return
    for container in pod.containers:
        key = APP_ARMOR_CONTAINER + container.name
        own = container.security_context.get("appArmorProfile")
        profile = pod.security_context.get("appArmorProfile") if own is None else own
        if key not in pod.annotations or profile is None:
            continue
        value = pod.annotations[key]
        copied = (
            own is None and pod.kind in ("Pod", "StatefulSet") and value not in ("", "localhost/")
        )
        for part in () if copied else _mismatch(value, profile, ("runtime/default",)):
            at = f"{container.path}.securityContext.appArmorProfile"
            yield f"{at}.{part}: apparmor {part} in annotation and field must match"


def _mismatch(annotation: str, profile: Fields, defaults: tuple[str, ...]) -> Lines:
    """Name the key of a profile that says other than its annotation."""
    kind = profile.get("type")
    if (kind == "Unconfined" and annotation != "unconfined") or (
        kind == "RuntimeDefault" and annotation not in defaults
    ):
        yield "type"
    elif kind == "Localhost":
        if not annotation.startswith("localhost/"):
            yield "type"
        elif annotation.removeprefix("localhost/") != profile.get("localhostProfile"):
            yield "localhostProfile"


# Resources


def _amounts(resources: Fields, key: str) -> Amounts:
    return {name: amount for name, amount in resources.get(key, {}).items() if amount is not None}


def _is_huge_page(name: str) -> bool:
    return name.startswith("hugepages-")


def _may_overcommit(name: str) -> bool:
    """Whether a limit may exceed its request (IsOvercommitAllowed, IsNativeResource)."""
    return not _is_huge_page(name) and ("/" not in name or "kubernetes.io/" in name)


def _container_resource(name: str) -> str | None:
    """Say why a container cannot ask for a resource (validateContainerResourceName)."""
    if not _QUALIFIED_NAME.fullmatch(name):
        return "must be a qualified name"
    if "/" not in name:
        standard = name in ("cpu", "memory", "ephemeral-storage") or _is_huge_page(name)
        return None if standard else "must be a standard resource for containers"
    if "kubernetes.io/" not in name and name.startswith("requests."):
        return "doesn't follow extended resource name standard"
    return None


def _is_pod_level(name: str) -> bool:
    """Whether a pod can ask for the resource (IsSupportedPodLevelResource)."""
    return name in ("cpu", "memory") or _is_huge_page(name)


def _pod_resource(name: str) -> str | None:
    return None if _is_pod_level(name) else "must be one of cpu, hugepages-, memory"


def _requirements(
    path: str, requests: Amounts, limits: Amounts, fault: Callable[[str], str | None]
) -> Lines:
    """Check amounts one by one and against each other (validateResourceRequirements)."""
    for key, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            at = _child(f"{path}.{key}", name)
            reason = fault(name)
            if reason is not None:
                yield f"{at}: {reason}"
            if amount < 0:
                yield f"{at}: must be greater than or equal to 0"
            extended = "/" in name and "kubernetes.io/" not in name
            if extended and amount.denominator != 1:
                yield f"{at}: must be an integer"
            page = quantity(name.removeprefix("hugepages-")) if _is_huge_page(name) else Fraction(1)
            if not page or (_is_huge_page(name) and amount % page != 0):
                yield f"{at}: is not positive integer multiple of {name}"
    for name, amount in requests.items():
        at = f"{path}.requests"
        if name not in limits:
            if not _may_overcommit(name):
                yield f"{path}.limits: Limit must be set for non overcommitable resources"
        elif amount != limits[name] and not _may_overcommit(name):
            yield f"{at}: must be equal to {name} limit"
        elif amount > limits[name]:
            yield f"{at}: must be less than or equal to {name} limit"
    names = requests.keys() | limits.keys()
    if any(map(_is_huge_page, names)) and not names & {"cpu", "memory"}:
        yield f"{path}: HugePages require cpu or memory"


def _effective(container: Container, key: str) -> Amounts:
    """Give a container's amounts after defaulting: a limit is its own request (SetDefaults_Pod)."""
    resources = container.fields.get("resources", {})
    limits = _amounts(resources, "limits")
    return limits | _amounts(resources, "requests") if key == "requests" else limits


def _aggregate(pod: Pod, key: str) -> Amounts:
    """Add up what the containers take at most at once (AggregateContainerRequests, …Limits)."""
    running = _sum(_effective(container, key) for container in pod.listed("containers"))
    sidecars: Amounts = {}
    highest: Amounts = {}
    for container in pod.listed("initContainers"):
        own = _effective(container, key)
        if container.sidecar:
            running, sidecars = _sum((running, own)), _sum((sidecars, own))
            own = {}
        highest = _highest(highest, _sum((sidecars, own)))
    return _highest(running, highest)


def _sum(many: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for amounts in many:
        for name, amount in amounts.items():
            total[name] = total.get(name, Fraction(0)) + amount
    return total


def _highest(one: Amounts, other: Amounts) -> Amounts:
    return one | {name: max(amount, one.get(name, amount)) for name, amount in other.items()}


def container_resources(pod: Pod, container: Container) -> Lines:
    """Check requests and limits (ValidateContainerResourceRequirements)."""
    path, resources = f"{container.path}.resources", container.fields.get("resources", {})
    yield from _requirements(
        path, _amounts(resources, "requests"), _amounts(resources, "limits"), _container_resource
    )
    claims = {claim.get("name") for _, claim in pod.each("resourceClaims")}
    for claim_path, claim in _each(resources, "claims", path):
        if claim.get("name", "") not in claims:
            yield f"{claim_path}: must be one of the names in resourceClaims"


def pod_resources(pod: Pod) -> Lines:
    """Check pod-level resources (validatePodResources, validatePodResourceConsistency).

    Before 1.34 the field is dropped. A pod-level request that is unset is not compared, as
    kubernetes/kubernetes#130131 has it; the alpha versions took it for zero.
    """
    if pod.version < POD_LEVEL_RESOURCES or "resources" not in pod.spec:
        return
    if pod.spec.get("os", {}).get("name") == "windows":
        return  # operating_system forbids the field, and the server leaves it at that.
    path, resources = f"{pod.path}.resources", pod.spec["resources"]
    if "claims" in resources:
        yield f"{path}.claims: claims cannot be set for Resources at pod-level"
    requests, limits = _pod_defaults(pod)
    yield from _requirements(path, requests, limits, _pod_resource)
    for name, amount in _aggregate(pod, "requests").items():
        if amount > requests.get(name, amount):
            yield (
                f"{_child(f'{path}.requests', name)}: must be greater than or equal to aggregate "
                "container requests"
            )
    for name, amount in _aggregate(pod, "limits").items():
        if _is_huge_page(name) and amount > limits.get(name, amount):
            yield (
                f"{_child(f'{path}.limits', name)}: must be greater than or equal to aggregate "
                "container limits"
            )
    for container in pod.listed("containers"):
        for name, amount in _effective(container, "limits").items():
            if amount > limits.get(name, amount):
                at = _child(f"{container.path}.resources.limits", name)
                yield f"{at}: must be less than or equal to pod limits"


def _pod_defaults(pod: Pod) -> tuple[Amounts, Amounts]:
    """Fill in pod-level requests and limits as the server does.

    defaultHugePagePodLimits, defaultPodRequests and defaultPodLimits, in that order.
    """
    requests = _amounts(pod.spec["resources"], "requests")
    limits = _amounts(pod.spec["resources"], "limits")
    total_requests, total_limits = _aggregate(pod, "requests"), _aggregate(pod, "limits")
    if requests or limits:
        pages = {name: amount for name, amount in total_limits.items() if _is_huge_page(name)}
        limits = {name: pages[name] for name in pages.keys() - requests.keys()} | limits
    if limits:
        shared = {name for name in total_requests if name in ("cpu", "memory")}
        of_limits = {name: amount for name, amount in limits.items() if _is_pod_level(name)}
        requests = of_limits | {name: total_requests[name] for name in shared} | requests
    if (
        pod.version >= POD_LIMITS_DEFAULTED
        and not any(map(_is_pod_level, limits))
        and any(map(_is_pod_level, requests))
    ):
        containers = pod.listed("initContainers", "containers")
        limits |= {
            name: total_limits[name]
            for name in ("cpu", "memory")
            if containers and all(name in _effective(each, "limits") for each in containers)
        }
    return requests, limits


# All checks

CONTAINER_CHECKS: tuple[tuple[str, Callable[[Pod, Container], Lines]], ...] = (
    ("container identity", container_identity),
    ("container words", container_words),
    ("container ports", container_ports),
    ("container environment", container_environment),
    ("volume mounts", volume_mounts),
    ("volume devices", volume_devices),
    ("container resources", container_resources),
    ("privilege escalation", privilege_escalation),
    ("container user", container_user),
    ("procMount", proc_mount),
    ("container profiles", container_profiles),
    ("container lifecycle", container_lifecycle),
    ("ephemeral fields", ephemeral_fields),
    ("container restart policy", container_restart_policy),
)
POD_CHECKS: tuple[tuple[str, Callable[[Pod], Lines]], ...] = (
    ("containers present", containers_present),
    ("container names", container_names),
    ("pod words", pod_words),
    ("restart policy", restart_policy),
    ("volumes", volumes),
    ("pod users", pod_users),
    ("pod profiles", pod_profiles),
    ("sysctls", sysctls),
    ("host users", host_users),
    ("shared process namespace", shared_process_namespace),
    ("host process", host_process),
    ("operating system", operating_system),
    ("host ports", host_ports),
    ("ephemeral containers", ephemeral_containers),
    ("seccomp annotations", seccomp_annotations),
    ("AppArmor annotations", app_armor_annotations),
    ("pod resources", pod_resources),
)


# Objects

# Where the pod, or the template of one, is in each kind. Other groups and versions are not judged.
PODS: dict[tuple[str, str], tuple[str, ...]] = {
    ("v1", "Pod"): (),
    ("v1", "PodTemplate"): ("template",),
    ("v1", "ReplicationController"): ("spec", "template"),
    ("apps/v1", "DaemonSet"): ("spec", "template"),
    ("apps/v1", "Deployment"): ("spec", "template"),
    ("apps/v1", "ReplicaSet"): ("spec", "template"),
    ("apps/v1", "StatefulSet"): ("spec", "template"),
    ("batch/v1", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch/v1", "Job"): ("spec", "template"),
}
DEEPEST_LIST = 16
"""A List in itself, which an alias can make, has to end somewhere."""


def rejections(obj: dict[str, Any], version: tuple[int, int] = NEWEST) -> list[str]:
    """Say why the API server of a version rejects an object, a line `path: reason` for each fault.

    An empty list means that it is accepted, or of a kind that is not judged: anything but the
    objects that hold a pod spec, Lists of them, and Secrets. Never raises, whatever the shape.
    """
    return list(dict.fromkeys(_object(obj, "", version, DEEPEST_LIST)))


def _object(obj: object, path: str, version: Version, depth: int) -> Lines:
    if obj is None:  # kubectl passes over empty documents.
        return
    if not isinstance(obj, dict):
        yield f"{path or 'object'}: expected an object"
        return
    kind, group = obj.get("kind"), obj.get("apiVersion")
    if isinstance(kind, str) and kind.endswith("List") and "items" in obj:
        yield from _list(obj, kind.removesuffix("List"), path, version, depth)
    elif kind == "Secret" and group == "v1":
        yield from _secret(obj, path)
    elif isinstance(kind, str) and isinstance(group, str) and (group, kind) in PODS:
        yield from _pod_rejections(obj, kind, PODS[group, kind], path, version)


def _list(obj: Fields, kind: str, path: str, version: Version, depth: int) -> Lines:
    """Judge the items, which need not repeat the kind in a PodList (decodeToList)."""
    if not isinstance(obj["items"], list):
        if obj["items"] is not None:
            yield f"{_child(path, 'items')}: expected a list"
        return
    for index, item in enumerate(obj["items"] if depth else ()):
        if isinstance(item, dict) and kind and "kind" not in item:
            item = {"apiVersion": obj.get("apiVersion"), **item, "kind": kind}
        yield from _object(item, f"{_child(path, 'items')}[{index}]", version, depth - 1)


def _secret(obj: Fields, path: str) -> Lines:
    """Require the account of a token (ValidateSecret)."""
    lines: list[str] = []
    annotations = _annotations(obj, path, lines)
    yield from lines
    key = "kubernetes.io/service-account.name"
    if obj.get("type") == "kubernetes.io/service-account-token" and not annotations.get(key):
        yield f"{_child(_child(_child(path, 'metadata'), 'annotations'), key)}: {REQUIRED}"


def _annotations(obj: Fields, path: str, lines: list[str]) -> dict[str, str]:
    shape = Object({"annotations": Values(STRING)}, open=True)
    metadata = _decode(obj.get("metadata"), shape, _child(path, "metadata"), NEWEST, lines) or {}
    annotations = metadata.get("annotations", {})
    return {key: value for key, value in annotations.items() if value is not None}


def _pod_rejections(
    obj: Fields, kind: str, place: tuple[str, ...], path: str, version: Version
) -> Lines:
    template: Any = obj
    for key in place:
        template = template.get(key)
        path = _child(path, key)
        if template is None:
            template = {}
        if not isinstance(template, dict):
            yield f"{path}: expected an object"
            return
    lines: list[str] = []
    spec_path = _child(path, "spec")
    spec = _decode(template.get("spec"), POD_SPEC, spec_path, version, lines) or {}
    pod = Pod(
        kind=kind,
        path=spec_path,
        annotations_path=_child(_child(path, "metadata"), "annotations"),
        annotations=_annotations(template, path, lines),
        spec=spec,
        containers=tuple(
            Container(
                field=key,
                path=container_path,
                fields=fields,
                sidecar=key == "initContainers"
                and version >= SIDECARS
                and fields.get("restartPolicy") == "Always",
            )
            for key in ("initContainers", "containers", "ephemeralContainers")
            for container_path, fields in _each(spec, key, spec_path)
        ),
        claim_templates=frozenset(_claim_templates(obj)) if kind == "StatefulSet" else frozenset(),
        version=version,
    )
    yield from lines
    for _, check in POD_CHECKS:
        yield from check(pod)
    for container in pod.containers:
        for _, check_container in CONTAINER_CHECKS:
            yield from check_container(pod, container)


def _claim_templates(obj: Fields) -> Iterator[str]:
    """Name the volumes that a StatefulSet adds to each of its pods."""
    claims = obj["spec"].get("volumeClaimTemplates") if isinstance(obj.get("spec"), dict) else ()
    for claim in claims if isinstance(claims, list) else ():
        metadata = claim.get("metadata") if isinstance(claim, dict) else None
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if isinstance(name, str):
            yield name
