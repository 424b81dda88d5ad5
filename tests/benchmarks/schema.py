"""A JSON schema of the manifests for servers that know Kubernetes by schemas only."""

import json
from pathlib import Path
from typing import Any

import kubernetes_validate

from tests.benchmarks.manifests import KINDS


def write_schema(path: Path) -> None:
    """Write the schema of all kinds that the manifests hold, from the newest version of Kubernetes.

    It holds no other kind, and says at once which definition an object has to meet: less work for
    its reader than the published schema of everything, which tries one after the other.
    """
    folders = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    newest = max(folders.glob("v*-local-strict"), key=lambda each: int(each.name.split(".")[1]))
    definitions = json.loads((newest / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
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
