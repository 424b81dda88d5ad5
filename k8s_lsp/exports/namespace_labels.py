"""Pod Security labels of namespaces, as commands of kubectl in a script, and as JSON.

Only `kubectl label` is safe for namespaces that are there. It patches the labels that it is given,
asks the API server which running pods these would refuse, and leaves alone what has another value.
`kubectl apply` of Namespace objects takes away the labels that an earlier apply of another file has
left; also with `--server-side`, because kubectl then hands on what its client-side apply has owned.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from k8s_lsp.exports.namespace_contents import Fault
from k8s_lsp.exports.namespace_plan import NamespacePlan, Plan, Refused
from k8s_lsp.reports.text_report import counted, printable

VERSION: Final = 1
"""Goes up when a reader of the former shape would no longer understand the JSON."""

_HEAD: Final = """\
#!/bin/sh
# Pod Security labels, by k8s-lsp. First let the API server tell which running pods it would refuse:
#   sh FILE --dry-run=server
# What stands behind the file's name is given to each kubectl. A namespace in which one of the
# labels has another value is left as it is, unless that is --overwrite. Pods that run are not
# stopped: the API server refuses new Pods. A Deployment or another workload it accepts, with a
# warning at most, and refuses the pods that its controller makes.
failed=0
"""

_FOOT: Final = """\

exit "$failed"
"""


def labels_script(plan: Plan) -> Iterator[str]:
    """A script that sets the labels, with comments that tell what each namespace would refuse."""
    yield _HEAD
    for name, reason in plan.left_out:
        yield _comment(f"Left out: {name}, because {reason}.")
    for namespace in plan.namespaces:
        yield "\n"
        yield from map(_comment, _told(namespace))
        if namespace.later:
            # It is one line, so that it can be made a command by taking away its first two letters.
            yield _comment(_command(namespace.name, namespace.later, " "))
        yield _command(namespace.name, namespace.labels, " \\\n  ") + "\n"
    yield _FOOT


def _command(name: str, labels: Mapping[str, str], separator: str) -> str:
    """The command that gives a namespace labels: `plan_of` has seen to it that all are words."""
    head = f'kubectl label namespace {name} "$@"'
    pairs = (f"{key}={value}" for key, value in labels.items())
    return separator.join((head, *pairs, "|| failed=1"))


def _comment(text: str) -> str:
    """A comment of one line, whatever names hold."""
    return f"# {printable(text)}\n"


def _told(namespace: NamespacePlan) -> Iterator[str]:
    """What there is to say of one namespace, line by line."""
    name, level = namespace.name, namespace.enforced
    if not namespace.later:
        yield f"{name}: enforce {level}. Nothing in these files would be refused{_of(namespace)}."
    elif namespace.is_enforced_already:
        yield f"{name}: its manifest enforces {level} already."
    else:
        yield f"{name}: warn and audit first, enforce nothing yet."
    for note in namespace.notes:
        yield f"{note[0].upper()}{note[1:]}."
    for path, line in namespace.declared_at:
        yield f"Put the labels into its manifest as well: {path}:{line}"
    if namespace.reasons:
        yield "What runs there is not all known:"
        yield from (f"  {reason}" for reason in namespace.reasons)
    if namespace.refused:
        count = counted(len(namespace.refused), "workload")
        yield f"Enforced, {level} would refuse the pods of {count}{_of(namespace)}:"
        for refused in namespace.refused:
            yield from _refused_lines(refused)
    beyond = namespace.warned - len(namespace.refused)
    if beyond > 0:
        warned = _level_of(namespace.labels)
        yield f"The API server warns about {counted(beyond, 'more workload')}, at {warned}."
    if namespace.later and not namespace.is_enforced_already:
        first = "put these right" if namespace.refused else "look at the warnings and the audit log"
        yield f"First {first}, then run the command that is commented out, too:"


def _of(namespace: NamespacePlan) -> str:
    return f" (of {namespace.workloads})" if namespace.workloads else ""


def _level_of(labels: Mapping[str, str]) -> str:
    return next(value for key, value in labels.items() if key.endswith("/warn"))


def _refused_lines(refused: Refused) -> Iterator[str]:
    workload = refused.workload
    doubt = "" if refused.doubt is None else f", perhaps: {refused.doubt}"
    yield f"  {workload.title}, {refused.path}:{workload.line}{doubt}"
    by_rule: dict[str, list[Fault]] = {}
    for fault in refused.faults:
        by_rule.setdefault(fault.rule, []).append(fault)
    for rule, faults in by_rule.items():
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        yield f"    {rule}: {refused.path}:{faults[0].line}:{faults[0].column}{more}"


def labels_json(plan: Plan) -> str:
    """The same for programs."""
    return (
        json.dumps(
            {
                "version": VERSION,
                "namespaces": [_namespace(each) for each in plan.namespaces],
                "left_out": [{"name": name, "reason": reason} for name, reason in plan.left_out],
                "workloads_without_namespace": plan.unplaced,
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n"
    )


def _namespace(plan: NamespacePlan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "manifests": [{"path": path, "line": line} for path, line in plan.declared_at],
        "labels": dict(plan.labels),
        "later": dict(plan.later),
        "level": plan.enforced,
        "reasons": list(plan.reasons),
        "notes": list(plan.notes),
        "workloads": plan.workloads,
        "warned": plan.warned,
        "refused": [_refused(each) for each in plan.refused],
    }


def _refused(refused: Refused) -> dict[str, Any]:
    workload = refused.workload
    return {
        "kind": workload.kind,
        "name": workload.name or None,
        "path": refused.path,
        "line": workload.line,
        "doubt": refused.doubt,
        "findings": [
            {
                "rule": fault.rule,
                "message": fault.message,
                "line": fault.line,
                "column": fault.column,
            }
            for fault in refused.faults
        ],
    }
