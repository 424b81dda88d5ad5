"""A namespace has no Pod Security level.

Pod Security Admission is part of every API server, and does what the labels of a namespace ask
for. Without them, and unless the cluster's administrator set another default, every pod is
accepted: whoever may create pods here can ask for a privileged one, and with it for the node.

`enforce` refuses pods, `warn` tells who applies them, `audit` writes to the audit log; a label
`enforce-version` pins the standard of one release, as `latest` or `v1.34`. The API server does not
create a namespace with any other word there, nor with a level that it does not know. Running pods
stay, but new ones that violate the enforced level are refused, so ask first: `kubectl label
--dry-run=server --overwrite ns NAME pod-security.kubernetes.io/enforce=baseline` lists the pods
that would be. Where a pod of this file, or of those around it, is one of them, the fix enforces
nothing, and has the API server warn and audit. The first fix does the same where the files around
it hold no pod for the namespace at all, or install a chart there (a HelmRelease or a Kustomization
of Flux, an Application of Argo CD, a HelmChart): what runs there comes from elsewhere, and nobody
here knows what it needs; a second one enforces baseline. A namespace that enforces `privileged` for
a pod that needs it is not reported. Nor is one without levels that is a project of OpenShift, by
its name, that for people, its requester or the range of its users: there security context
constraints admit pods, and the cluster writes the labels by them.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.namespaces import (
    LABELS_SINCE,
    OPENSHIFT_OWN,
    OPENSHIFT_PROJECTS,
    OPENSHIFT_SYNCED,
    is_of_openshift,
)
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.queries import Facts, installer, may_run_unseen
from k8s_lsp.regexes import regex
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, found, missing, rule

_PREFIX = "pod-security.kubernetes.io/"
_LEVELS = ("privileged", "baseline", "restricted")
_ENFORCE = f"{_PREFIX}enforce"
_WANTED = {
    _ENFORCE: "baseline",
    f"{_PREFIX}warn": "restricted",
    f"{_PREFIX}audit": "restricted",
}


@rule(
    severity="information",
    subject=OBJECT,
    kinds=frozenset({"Namespace"}),
)
def unlabelled_namespace(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "Namespace" or obj.group or context.version < LABELS_SINCE:
        return
    if (obj.name or "").startswith("kube-"):
        return
    labels = [obj.get("metadata", "labels", name) for name in _WANTED]
    for label in labels:
        name = str(label.path[-1])
        if label.text is not None and label.text not in _LEVELS:
            # pod-security-admission, admission.go, ValidateNamespace.
            yield found(
                label,
                f'namespace must set {name} to one of {", ".join(_LEVELS)}, not "{label.text}": '
                "the API server rejects it",
                severity="error",
            )
        elif (
            label.text == "privileged"
            and name == _ENFORCE
            and context.facts.breach(obj.name) is None
        ):
            yield found(label, f"namespace must not set {name} to privileged: it allows every pod")
    yield from _versions(obj)
    if not any(label.present for label in labels) and not is_of_openshift(obj):
        yield missing(
            obj,
            obj.get("metadata", "labels"),
            f"namespace must set {labels[0].path[-1]}: Pod Security allows every pod",
            also=labels,
            fixes=partial(_fixes, obj, _hindrance(obj, context.facts)),
        )


_VERSION = regex(r"v1\.(0|[1-9][0-9]*)")
"""pod-security-admission, api/helpers.go, ParseVersion; ValidateNamespace requires it on create."""

_MEANT = regex(r"[vV]?1\.(0|[1-9][0-9]{0,2})(\.[0-9]+)?")


def _versions(obj: KubeObject) -> Iterator[Finding]:
    for name in _WANTED:
        label = obj.get("metadata", "labels", f"{name}-version")
        text = label.text
        if text is not None and text != "latest" and _VERSION.fullmatch(text) is None:
            yield found(
                label,
                f"namespace must set {label.path[-1]} to latest or a version like v1.34, "
                f'not "{text}": the API server rejects it',
                severity="error",
                fixes=partial(_version_fixes, obj, label),
            )


def _version_fixes(obj: KubeObject, label: Field) -> tuple[Fix, ...]:
    meant = _MEANT.fullmatch(label.text or "")
    if meant is None:
        return ()
    version = f"v1.{meant[1]}"
    return fix(f"Write the version as {version}", label.set(obj.text, version))


class _Hindrance(NamedTuple):
    """Why a namespace is not to enforce the baseline level, as a clause.

    `is_doubt` says that its pods are not known: nothing is known to be refused.
    """

    clause: str
    is_doubt: bool


def _hindrance(obj: KubeObject, facts: Facts) -> _Hindrance | None:
    """What keeps the namespace from enforcing the baseline level; None for nothing."""
    breach = facts.breach(obj.name)
    if breach is not None:
        return _Hindrance(f"because {breach.mention} breaks baseline", is_doubt=False)
    brings = facts.ask(installer, obj.name or "")
    if brings is not None:
        clause = f"because {brings.mention} brings pods that are not among these files"
        return _Hindrance(clause, is_doubt=True)
    if facts.ask(may_run_unseen, obj.name or ""):
        return _Hindrance("because its pods are not among these files", is_doubt=True)
    return None


def _fixes(obj: KubeObject, hindrance: _Hindrance | None) -> Iterator[Fix]:
    """Enforce the baseline level, unless something is in the way.

    Who knows what runs there may do so all the same, but not beside a pod that would be refused. In
    bulk the other fixes come first: they may leave nothing to refuse.
    """
    yield from _labelling(obj, hindrance)
    if hindrance is not None and hindrance.is_doubt:
        yield from _labelling(obj, None, preferred=False)


def _labelling(
    obj: KubeObject, hindrance: _Hindrance | None, *, preferred: bool = True
) -> tuple[Fix, ...]:
    wanted = {
        name: level for name, level in _WANTED.items() if hindrance is None or name != _ENFORCE
    }
    labels = obj.get("metadata", "labels")
    if labels.present:
        edits = together(*(labels.get(name).set(obj.text, wanted[name]) for name in wanted))
    else:
        edits = labels.set(obj.text, wanted)
    title = "Label the namespace: enforce baseline, warn about and audit restricted"
    if hindrance is not None:
        title = (
            "Label the namespace: warn about and audit restricted, enforce nothing, "
            f"{hindrance.clause}"
        )
    return fix(title, edits, is_last=True, preferred=preferred)


BAD = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
"""

GOOD = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: baseline
    pod-security.kubernetes.io/warn: restricted
    pod-security.kubernetes.io/audit: restricted
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-namespace-labels/",
)

BENCHMARKS = (
    "CIS 5.2.1",
    "NSA/CISA",
)

WEAKNESSES = ("CWE-1188",)

OTHER_TOOLS = {
    "Kubescape": ("C-0192", "C-0193", "C-0202", "C-0203", "C-0204"),
    "Kyverno": ("add-psa-labels",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "variables.isAsked && item in variables.labels &&\n"
            "    !(variables.labels[item] in variables.levels)",
            "'namespace must set ' + item + ' to one of ' + variables.levels.join(', ') +\n"
            "    ', not \"' + variables.labels[item] + '\": the API server rejects it'",
            items="variables.wanted",
        ),
        Violation(
            "object",
            "variables.isAsked && variables.labels[?variables.enforce].orValue('') == 'privileged'",
            # Whether one of its pods needs that, stands in other objects.
            "'namespace must not set ' + variables.enforce +\n"
            "    ' to privileged: it allows every pod'",
        ),
        Violation(
            "object",
            "variables.isAsked && item + '-version' in variables.labels &&\n"
            "    !variables.labels[item + '-version'].matches(variables.version)",
            "'namespace must set ' + item + '-version to latest or a version like v1.34, ' +\n"
            "    'not \"' + variables.labels[item + '-version'] + '\": the API server rejects it'",
            items="variables.wanted",
        ),
        Violation(
            "object",
            "variables.isAsked && !variables.wanted.exists(each, each in variables.labels) &&\n"
            "    variables.labels[?variables.synced].orValue('') != 'true' &&\n"
            "    !(object.metadata.?name.orValue('') + '-').startsWith(variables.ofOpenShift) &&\n"
            "    !object.metadata.?annotations.orValue({})"
            ".exists(each, each.matches(variables.projects))",
            "'namespace must set ' + variables.enforce + ': Pod Security allows every pod'",
        ),
    ),
    variables=(
        ("labels", "object.metadata.?labels.orValue({})"),
        (
            "isAsked",
            "variables.hasPodSecurity && !object.metadata.?name.orValue('').startsWith('kube-')",
        ),
    ),
    constants=lambda settings, version: {
        "hasPodSecurity": version >= LABELS_SINCE,
        "levels": _LEVELS,
        "wanted": tuple(_WANTED),
        "enforce": _ENFORCE,
        "version": f"^(latest|{_VERSION.pattern})$",
        "ofOpenShift": f"{OPENSHIFT_OWN}-",
        "synced": OPENSHIFT_SYNCED,
        "projects": f"^({OPENSHIFT_PROJECTS.pattern})$",
    },
)
