"""What folders hold, by the level of the Pod Security Standards: for a list in an editor."""

from collections.abc import Callable
from typing import Any

from k8s_lsp.features.diagnostics import place_range
from k8s_lsp.kubernetes.facts import WorkloadFacts
from k8s_lsp.text import Encoding
from k8s_lsp.workspace.index import Index

METHOD = "k8s-lsp/workloads"
"""The request, without parameters. The answer has a list of `workloads`, in the order of files, and
says whether there are any `manifests`, of whatever kind, and whether files are `reading` still."""

CHANGED = "k8s-lsp/workloadsChanged"
"""The notification, without parameters: who asks now may hear something else. A client that has
asked is told once, until it asks again, so that one that shows no list hears nothing."""


def workloads_of(
    index: Index, encoding: Encoding, uri_of: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Every object with a pod that is no patch, in the order of the files.

    `level` is the strictest one up to which none refuses it, as far as its text tells.
    """
    found = [
        obj
        for obj in index.objects()
        if isinstance(obj.detail, WorkloadFacts) and not obj.detail.is_patch
    ]
    uris = {path: uri_of(path) for path in {obj.path for obj in found}}
    return [
        {
            "level": obj.detail.level,
            "kind": obj.kind,
            "namespace": obj.namespace,
            "name": obj.name,
            "location": {"uri": uris[obj.path], "range": place_range(obj.place, encoding)},
        }
        for obj in sorted(found, key=lambda obj: (obj.path, obj.place.line))
        if isinstance(obj.detail, WorkloadFacts)
    ]
