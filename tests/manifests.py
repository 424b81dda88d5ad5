"""Manifests in every way of writing that the fixes have to meet, from a seed.

The values are ordinary; what differs is how they are written. Each of the choices is made anew at
each place, so that styles mix within a file as they do in real ones.
"""

import json
from random import Random
from typing import Any, NamedTuple


class Style(NamedTuple):
    """What holds for a whole text, and how often the rest happens, from 0 to 1."""

    step: int
    indentless: bool
    newline: str
    last_newline: bool
    flow: float
    comments: float
    quoted: float
    shared: float
    exotic: float


def manifest(seed: int) -> str:
    """A text of one or several objects."""
    random = Random(seed)
    objects = [_object(random) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    if random.random() < 0.2:
        objects = [{"apiVersion": "v1", "kind": "List", "items": objects}]
    if random.random() < 0.15:
        return _json(random, objects[0])
    often = (0.0, 0.0, 0.1, 0.3)
    style = Style(
        random.choice((2, 2, 2, 4, 3, 1)),
        random.random() < 0.5,
        random.choice(("\n", "\n", "\n", "\r\n")),
        random.random() < 0.8,
        random.choice((*often, 0.9)),
        random.choice((*often, 0.6)),
        random.choice((*often, 1.0)),
        random.choice((0.0, 0.0, 0.5)),
        random.choice((0.0, 0.0, 0.0, 0.1)),
    )
    writer = _Writer(random, style)
    documents = [writer.document(each) for each in objects]
    lines: list[str] = []
    if random.random() < 0.3:
        lines.append(random.choice(("---", "--- # one", "---\t# one", "# license", "")))
        if lines[0] in ("# license", ""):
            lines.append("---")
    for index, document in enumerate(documents):
        lines += ["---"] if index else []
        lines += document
    text = style.newline.join(lines) + (style.newline if style.last_newline else "")
    return ("\ufeff" if random.random() < 0.05 else "") + text


def _json(random: Random, data: Any) -> str:
    indent = random.choice((None, 2, 4, "\t"))
    separators = (",", random.choice((":", ": "))) if indent is None else (",", ": ")
    text = json.dumps(data, indent=indent, separators=separators, ensure_ascii=False)
    return text + ("\n" if random.random() < 0.7 else "")


# Values.


def _object(random: Random) -> Any:
    kind = random.choice(("Pod", "Deployment", "CronJob", "StatefulSet"))
    metadata: dict[str, Any] = {"name": "web"}
    if random.random() < 0.4:
        metadata["annotations"] = _some(
            random,
            {
                "example.com/emoji": "\U0001f600 of \U0001d54f",
                "\U0001f511": "key",
                "example.com/long": "x" * 3000,
                "example.com/config": "a: 1\n# no comment\n\nb: 2\n",
                "example.com/text": "it is # not a comment",
            },
        )
    spec = _spec(random)
    template = _shuffled(random, {"metadata": {"labels": {"app": "web"}}, "spec": spec})
    if kind == "Pod":
        return _shuffled(
            random, {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}
        )
    if kind == "CronJob":
        spec["restartPolicy"] = "Never"
        job = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}}
        outer = {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": job}
        return _shuffled(random, outer)
    selector: dict[str, Any] = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    if kind == "StatefulSet":
        selector["serviceName"] = "web"
    outer = {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata}
    return _shuffled(random, {**outer, "spec": _shuffled(random, selector)})


def _spec(random: Random) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "containers": [_container(random, f"c{index}") for index in range(random.choice((1, 1, 2)))]
    }
    if random.random() < 0.3:
        spec["initContainers"] = [_container(random, "i0")]
        if random.random() < 0.5:
            spec["initContainers"][0]["restartPolicy"] = "Always"
    spec.update(
        _some(
            random,
            {
                "securityContext": _security(random, _POD_SECURITY),
                "hostNetwork": True,
                "hostPID": True,
                "hostIPC": False,
                "volumes": _some_items(
                    random,
                    [
                        {"name": "cache", "emptyDir": {}},
                        {"name": "host", "hostPath": {"path": "/var/log", "type": "Directory"}},
                        {"name": "tmp", "emptyDir": {"medium": "Memory"}},
                    ],
                ),
                "automountServiceAccountToken": True,
                "serviceAccountName": "web",
                "restartPolicy": "Always" if random.random() < 0.5 else None,
                "nodeSelector": {"kubernetes.io/os": "linux"},
                "tolerations": [{"key": "a", "operator": "Exists"}],
                "terminationGracePeriodSeconds": 30,
                "os": {"name": random.choice(("linux", "linux", "windows"))},
            },
            0.25,
        )
    )
    return _shuffled(random, spec)


def _container(random: Random, name: str) -> dict[str, Any]:
    container: dict[str, Any] = {"name": name, "image": "example.com/app:1.0"}
    container.update(
        _some(
            random,
            {
                "image": random.choice(
                    ("nginx", "nginx:latest", "k8s.gcr.io/pause:3.9", "quay.io/a/b:1@sha256:0")
                ),
                "imagePullPolicy": random.choice(("IfNotPresent", "Always")),
                "command": ["sh", "-c", "echo {a} # b\nsleep 1\n"],
                "args": ["--x=y", "a b", "- c", "\U0001f680"],
                "ports": [{"containerPort": 8080}, {"containerPort": 80, "hostPort": 80}][
                    random.choice((0, 1)) :
                ],
                "env": [{"name": "A", "value": "1"}],
                "resources": _resources(random),
                "securityContext": _security(random, _CONTAINER_SECURITY),
                "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
                "livenessProbe": {"httpGet": {"port": 80, "host": "127.0.0.1"}},
            },
            0.35,
        )
    )
    return _shuffled(random, container)


def _resources(random: Random) -> Any:
    amounts = {"cpu": random.choice(("2", 1, "100m")), "memory": random.choice(("1Gi", "64Mi"))}
    return _some(
        random,
        {"limits": _some(random, amounts), "requests": _some(random, dict(amounts))},
    )


_CONTAINER_SECURITY: dict[str, tuple[Any, ...]] = {
    "privileged": (True, False),
    "allowPrivilegeEscalation": (True, False),
    "readOnlyRootFilesystem": (True, False),
    "runAsNonRoot": (True, False),
    "runAsUser": (0, 1000),
    "capabilities": (
        {},
        {"drop": ["NET_RAW"]},
        {"add": ["SYS_ADMIN"], "drop": ["ALL"]},
        {"add": ["NET_ADMIN", "CHOWN", "NET_BIND_SERVICE"]},
        {"drop": []},
    ),
    "seccompProfile": ({"type": "Unconfined"}, {"type": "RuntimeDefault"}, {}),
    "procMount": ("Unmasked", "Default"),
    "seLinuxOptions": ({"user": "x", "type": "y"},),
}
_POD_SECURITY: dict[str, tuple[Any, ...]] = {
    "runAsNonRoot": (True, False),
    "runAsUser": (0, 1000),
    "fsGroup": (1000,),
    "seccompProfile": ({"type": "Unconfined"}, {"type": "RuntimeDefault"}),
    "sysctls": (
        [{"name": "kernel.msgmax", "value": "1"}],
        [{"name": "net.ipv4.tcp_syncookies", "value": "1"}, {"name": "a.b", "value": "2"}],
    ),
}


def _security(random: Random, choices: dict[str, tuple[Any, ...]]) -> Any:
    return _some(random, {key: random.choice(values) for key, values in choices.items()}, 0.35)


def _some(random: Random, data: dict[str, Any], often: float = 0.5) -> dict[str, Any]:
    chosen = {key: value for key, value in data.items() if random.random() < often}
    return _shuffled(random, {key: value for key, value in chosen.items() if value is not None})


def _some_items(random: Random, items: list[Any]) -> list[Any]:
    return [each for each in items if random.random() < 0.6]


def _shuffled(random: Random, data: dict[str, Any]) -> dict[str, Any]:
    keys = list(data)
    if random.random() < 0.4:
        random.shuffle(keys)
    return {key: data[key] for key in keys}


# Text.

_COMMENTS = ("# why", "#", "# {not: flow}", "# a: b", "# \U0001f600", "# - item")


class _Writer:
    """Writes one text; what it remembers are the anchors."""

    def __init__(self, random: Random, style: Style) -> None:
        self.random = random
        self.style = style
        self.anchors: dict[str, str] = {}

    def chance(self, often: float) -> bool:
        """Whether something happens that happens so often."""
        return self.random.random() < often

    def document(self, data: Any) -> list[str]:
        """The lines of a document."""
        self.anchors = {}
        return [*self._mapping(data, 0), *self._comments(0)]

    def _comments(self, indent: int, often: float = 0.3) -> list[str]:
        """Lines of comments, perhaps blank ones too."""
        lines: list[str] = []
        while self.chance(self.style.comments * often):
            column = self.random.choice((indent, indent, 0, indent + self.style.step))
            lines.append(" " * column + self.random.choice(_COMMENTS))
        if self.chance(self.style.comments * 0.1):
            lines.append(self.random.choice(("", "", "  ")))
        return lines

    def _end(self) -> str:
        """What stands behind a value on its line."""
        if self.chance(self.style.comments * 0.4):
            return self.random.choice((" ", "  ", "\t")) + self.random.choice(_COMMENTS)
        return " " if self.chance(self.style.comments * 0.1) else ""

    def _mapping(self, data: dict[str, Any], indent: int) -> list[str]:
        """The lines of a block mapping that has entries."""
        lines: list[str] = []
        pad = " " * indent
        for key, value in data.items():
            lines += self._comments(indent) if lines else []
            if self.chance(self.style.exotic * 0.3):
                lines += [f"{pad}? {self._key(key)}", f"{pad}: {self._flow(value)}"]
                continue
            lines += self._value(f"{pad}{self._key(key)}:", value, indent)
        return lines

    def _value(self, head: str, value: Any, indent: int) -> list[str]:
        """The lines of `head` and a value that belongs to it."""
        if not isinstance(value, (dict, list)):
            return self._scalar_lines(head, value, indent)
        if not value:
            empty = "{}" if isinstance(value, dict) else "[]"
            written = self.random.choice((empty, empty, "", f"{empty[0]} {empty[1]}", "null", "~"))
            return [f"{head} {written}{self._end()}" if written else f"{head}{self._end()}"]
        shared = self._shared(head, value, indent)
        if shared is not None:
            return shared
        anchor = self._anchor(value)
        tag = " !!map" if isinstance(value, dict) and self.chance(self.style.exotic * 0.2) else ""
        head += tag + anchor
        if self.chance(self.style.flow):
            return self._flow_lines(head, value, indent)
        lines = [head + self._end()]
        lines += self._comments(indent + self.style.step)
        if isinstance(value, dict):
            deeper = indent + self.style.step
            children = self._mapping(value, deeper)
        else:
            deeper = indent if self.style.indentless else indent + self.style.step
            children = self._sequence(value, deeper)
        return [*lines, *children, *self._comments(deeper, 0.2)]

    def _sequence(self, items: list[Any], indent: int) -> list[str]:
        lines: list[str] = []
        for item in items:
            lines += self._comments(indent) if lines else []
            dash = " " * indent + "-"
            if isinstance(item, dict) and item and not self.chance(self.style.flow):
                gap = 1 if self.chance(0.95) else 3
                children = self._mapping(item, indent + 1 + gap)
                if self.chance(self.style.exotic):
                    lines += [dash, *children]
                else:
                    lines += [dash + " " * gap + children[0].lstrip(" "), *children[1:]]
            else:
                lines += self._value(dash, item, indent)
        return lines

    def _shared(self, head: str, value: Any, indent: int) -> list[str] | None:
        """An alias or a merge of what was written before, where there is such a thing."""
        name = self.anchors.get(json.dumps(value, sort_keys=True))
        if name is None:
            return None
        if isinstance(value, dict) and not head.endswith("-") and self.chance(0.3):
            return [head, " " * (indent + self.style.step) + f"<<: *{name}"]
        return [f"{head} *{name}{self._end()}"]

    def _anchor(self, value: Any) -> str:
        if not self.chance(self.style.shared):
            return ""
        name = f"a{len(self.anchors)}"
        self.anchors[json.dumps(value, sort_keys=True)] = name
        return f" &{name}"

    def _flow_lines(self, head: str, value: Any, indent: int) -> list[str]:
        """A flow collection in one line or in several."""
        if self.chance(0.7):
            return [f"{head} {self._flow(value)}{self._end()}"]
        is_map = isinstance(value, dict)
        deeper = " " * (indent + self.style.step)
        if is_map:
            parts = [f"{self._key(key)}: {self._flow(each)}" for key, each in value.items()]
        else:
            parts = [self._flow(each) for each in value]
        lines = [f"{head} {'{' if is_map else '['}"]
        for index, part in enumerate(parts):
            comma = "," if index + 1 < len(parts) or self.chance(0.3) else ""
            lines.append(f"{deeper}{part}{comma}{self._end()}")
        closing = "}" if is_map else "]"
        if self.chance(0.2):
            comma = ", " if self.chance(0.3) else ""
            return [*lines[:-1], deeper + parts[-1] + comma + closing + self._end()]
        # Below its key, a closing bracket in the key's own column is no YAML to some readers.
        return [*lines, " " * (indent + 1) + closing]

    def _flow(self, value: Any) -> str:
        gap = self.random.choice(("", "", " "))
        if isinstance(value, dict):
            pairs = [f"{self._key(key)}: {self._flow(each)}" for key, each in value.items()]
            return "{" + gap + ", ".join(pairs) + gap + "}"
        if isinstance(value, list):
            return "[" + gap + ", ".join(map(self._flow, value)) + gap + "]"
        if isinstance(value, str) and not self._is_plain(value):
            return json.dumps(value, ensure_ascii=False)
        return self._scalar(value)

    def _scalar_lines(self, head: str, value: Any, indent: int) -> list[str]:
        if isinstance(value, str) and value.endswith("\n"):
            if self.chance(0.5):
                return [f"{head} {json.dumps(value, ensure_ascii=False)}{self._end()}"]
            deeper = " " * (indent + self.style.step)
            return [
                f"{head} |",
                *(deeper + line if line else "" for line in value.split("\n")[:-1]),
            ]
        return [f"{head} {self._scalar(value)}{self._end()}"]

    def _scalar(self, value: Any) -> str:
        if isinstance(value, bool):
            words = ("true", "true", "yes", "on") if value else ("false", "false", "no", "off")
            return self.random.choice(words)
        if not isinstance(value, str):
            return str(value)
        if self._is_plain(value) and not self.chance(self.style.quoted):
            return value
        if self.chance(0.5) and "\n" not in value:
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value, ensure_ascii=False)

    def _is_plain(self, value: str) -> bool:
        return value.replace("-", "").replace("/", "").replace(".", "").isalpha() and (
            not value.startswith("-")
        )

    def _key(self, key: str) -> str:
        if self.chance(self.style.quoted * 0.7):
            return f"'{key}'" if self.chance(0.5) else json.dumps(key, ensure_ascii=False)
        return key if key.isascii() else json.dumps(key, ensure_ascii=False)
