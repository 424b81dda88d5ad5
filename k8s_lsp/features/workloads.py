"""What folders hold, by the level of the Pod Security Standards: for a list in an editor."""

from collections.abc import Callable, Mapping
from typing import Any

from lsprotocol import types

from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import range_of_place
from k8s_lsp.kubernetes.facts import WorkloadFacts
from k8s_lsp.workspace.index import Index

METHOD = "k8s-lsp/workloads"
"""The request: without parameters; the answer has a list of `workloads`, in the order of files."""


def workloads_of(
    index: Index, client: Client, uri_of: Callable[[str], str], counts: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Every object with a pod that is no patch, in the order of the files.

    `level` is the strictest one that does not refuse it, as far as that is known. `findings` counts
    those of its file, by the address, and is left out where nobody has counted.
    """
    found = []
    for obj in index.objects():
        detail = obj.detail
        if not isinstance(detail, WorkloadFacts) or detail.is_patch:
            continue
        uri = uri_of(obj.path)
        workload: dict[str, Any] = {
            "level": _level_of(detail),
            "kind": obj.kind,
            "namespace": obj.namespace,
            "name": obj.name,
            "location": types.Location(uri, range_of_place(obj.place, client.encoding)),
        }
        if uri in counts:
            workload["findings"] = counts[uri]
        found.append((obj.path, obj.place.line, workload))
    return [workload for *_, workload in sorted(found, key=lambda each: each[:2])]


def _level_of(detail: WorkloadFacts) -> str:
    return "privileged" if detail.breaks_baseline else "baseline"
