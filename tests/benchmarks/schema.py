"""JSON schemas of Kubernetes, for servers that know it by schemas only."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate

from tests.benchmarks.manifests import KINDS

FOLDER = "https://raw.githubusercontent.com/yannh/kubernetes-json-schema/master"
"""Where the schemas are published, and where yaml-language-server looks for them."""

_FOLDERS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
NEWEST = max(
    (each.name.removesuffix("-local-strict")[1:] for each in _FOLDERS.glob("v*-local-strict")),
    key=lambda version: [int(number) for number in version.split(".")],
)
"""The newest version of Kubernetes whose schemas came with a package for the tests."""


_SCHEMAS = _FOLDERS / f"v{NEWEST}-local-strict"


@cache
def published(address: str) -> str:
    """What stands at the address of a published schema of the newest version.

    The package has the same schemas, but for how one refers to another. Raises OSError for anything
    else.
    """
    name = address.partition("#")[0].removeprefix(f"{FOLDER}/v{NEWEST}-standalone-strict/")
    text = (_SCHEMAS / name).read_text(encoding="utf-8")
    file = "" if name == "_definitions.json" else "_definitions.json"
    schema = json.loads(
        text.replace("/api/_definitions.json#/$defs/", f"{file}#/definitions/")
        .replace("#/$defs/", "#/definitions/")
        .replace('"$defs"', '"definitions"')
    )
    return json.dumps({key: value for key, value in schema.items() if key != "$id"})


def write_schema(path: Path) -> None:
    """Write the schema of the kinds that the manifests hold, and of no other.

    It says at once which definition an object has to meet: less work for its reader than the
    published ones are, and less than anybody has who does not know what people will write.
    """
    text = (_SCHEMAS / "_definitions.json").read_text(encoding="utf-8")
    definitions = json.loads(text)["$defs"]
    branches = [
        _branch(group, version, kind, name)
        for name, definition in definitions.items()
        for group, version, kind in map(
            _names, definition.get("x-kubernetes-group-version-kind", ())
        )
        if (group, version, kind) in KINDS
    ]
    items = {"properties": {"items": {"items": {"$ref": "#"}}}}
    branches.append({"if": _is("v1", "List"), "then": items})
    needed = _reachable(definitions, branches)
    schema = {"allOf": branches, "$defs": {name: definitions[name] for name in sorted(needed)}}
    path.write_text(json.dumps(schema), encoding="utf-8")


def _names(each: dict[str, str]) -> tuple[str, str, str]:
    return each["group"], each["version"], each["kind"]


def _branch(group: str, version: str, kind: str, name: str) -> dict[str, Any]:
    api_version = f"{group}/{version}" if group else version
    return {"if": _is(api_version, kind), "then": {"$ref": f"#/$defs/{name}"}}


def _is(api_version: str, kind: str) -> dict[str, Any]:
    return {
        "properties": {"apiVersion": {"const": api_version}, "kind": {"const": kind}},
        "required": ["apiVersion", "kind"],
    }


def _reachable(definitions: dict[str, Any], schema: Any) -> set[str]:
    """The names of the definitions that a schema refers to, and those refer to, and so on."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            _, _, name = str(each.get("$ref", "")).partition("#/$defs/")
            if name and name not in found:
                found.add(name)
                waiting.append(definitions[name])
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found
