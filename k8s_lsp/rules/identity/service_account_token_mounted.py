"""A pod carries a token for the API server.

Unless the pod or its ServiceAccount says no, Kubernetes mounts a token of the ServiceAccount
into every container. Whoever can read a file in the container, through a path traversal for
instance, can talk to the API server with it, and has every right that anybody ever binds to
that account. Most programs never use it.

One that does is known by its account: where a RoleBinding or ClusterRoleBinding names it, in this
file or in those around it, or the ServiceAccount itself says true, nothing is missing at the pod. A
true that stands there is told as a choice worth knowing. An account called `default` belongs to
every pod of its namespace and tells nothing about one.

Nor is it where the pod asks for a sidecar that proves with the token who it is, by an annotation
for Dapr, the agent of Vault, Consul, Linkerd or Kuma: without it the sidecar does not start. Dapr
does without once `dapr.io/disable-builtin-k8s-secret-store` is true, and the agent of Vault and the
sidecar of Kuma take a projected volume that an annotation names. Under the account `default` the
advice is to name one of the pod's own. An image that is made to talk to the API server does not
where the manifest has it run a shell or a script instead: it is told, and left to you.

In the values of a chart, and in custom resources that have no more than a part of a pod, a true
that stands there is told, and left alone: who makes the pod binds its account. Nothing is told of
the values where the templates of the chart give the account a role.

What breaks are programs that do talk to the API server: operators, controllers, service
meshes, anything that lists pods or reads Secrets by itself. They show "no such file" for
/var/run/secrets/kubernetes.io/serviceaccount/token. Give them a ServiceAccount of their own
and set the field to true there, in sight of whoever reads it: hardening leaves it alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.account_powers import account_powers, account_roles
from k8s_lsp.kubernetes.fields import Field, path_text
from k8s_lsp.kubernetes.image_fixes import token_user
from k8s_lsp.kubernetes.injectors import injected_token_user
from k8s_lsp.kubernetes.objects import VALUES, KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.queries import UNSURE, Facts, is_bound_by_chart, makes_accounts
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import (
    OBJECT,
    Context,
    Finding,
    Fix,
    Related,
    fix,
    found,
    missing,
    related_to,
    rule,
)
from k8s_lsp.settings import Settings, Severity

_FIELD = "automountServiceAccountToken"


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=WITH_POD | {"ServiceAccount"},
)
def service_account_token_mounted(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for pod in obj.pods:
        yield from _in_pod(pod, context)
    if obj.kind == "ServiceAccount" and not obj.group and obj.name == "default":
        automount = obj.get(_FIELD)
        if automount.boolean is False or automount.unknown:
            return
        message = f"ServiceAccount default must set {_FIELD} to false: pods get it unasked"
        fixes = partial(_fixes, obj, _use_of(obj.namespace, None, context.facts))
        if automount.present:
            yield found(automount, message, fixes=fixes, severity="information")
        else:
            yield missing(obj, automount, message, fixes=fixes, severity="information")


def _in_pod(pod: Pod, context: Context) -> Iterator[Finding]:
    """The pod's own word counts, else its ServiceAccount's, else it is true.

    Source: kubernetes, plugin/pkg/admission/serviceaccount/admission.go, shouldAutomount.
    """
    automount, name = pod.get(_FIELD), pod.service_account
    is_of_others = automount.present and pod.shape == "part"
    if automount.boolean is False or automount.unknown or (name.unknown and not is_of_others):
        return
    if pod.handling.token_is_off and not automount.present:
        return
    message = f"pod must set {_called(automount)} to false unless it talks to the API server"
    use = _use_of(pod.namespace, name.text, context.facts, asks=automount.boolean is True)
    caller = _caller(pod, context.settings) if use is None else None
    if is_of_others:
        if caller is not None or _is_bound_by_chart(pod, automount, context.facts):
            # Its account is one that a chart or controller makes for it, and binds.
            return
        use = use or _OF_OTHERS
    elif caller is not None:
        use = _Use(caller.words, f"though {caller.words}")
    is_own = _is_own(name.text)
    bound = None if is_own else context.facts.binding(pod.namespace, name.text)
    if bound is not None:
        message = (
            f"pod must name a ServiceAccount of its own, or set {_called(automount)} to false: "
            f"{bound.mention} gives a role to the one that every pod has"
        )
    if caller is not None and caller.is_certain and not is_own:
        message = (
            f"pod must name a ServiceAccount of its own: {caller.words}, and does so with the"
            " rights of every pod"
        )
    is_elsewhere = is_own and _is_made_elsewhere(pod, name.text, context.facts)
    fixes = partial(_fixes, pod, use or (_bound_elsewhere(name.text) if is_elsewhere else None))
    if automount.present:
        # Whoever writes down what holds anyway has probably thought of it.
        told = found(automount, message, fixes=fixes, severity="information")
        yield _with_chain(told, pod, name.text, context)
    elif context.facts.automount(pod.namespace, name.text) not in (False, UNSURE) and not (
        is_own and use
    ):
        # So has whoever names a ServiceAccount.
        severity: Severity | None = "information" if is_own or caller else None
        told = missing(pod, automount, message, also=(name,), fixes=fixes, severity=severity)
        yield _with_chain(told, pod, name.text, context)


class _Caller(NamedTuple):
    """What of a pod is of no use without the token, as a clause, and whether that is certain."""

    words: str
    is_certain: bool = True


def _caller(pod: Pod, settings: Settings) -> _Caller | None:
    """What of the pod is of no use without the token; None where nothing is known."""
    user, injected = token_user(pod, settings), injected_token_user(pod)
    if user is not None and user.runs:
        return _Caller(f"{user.name} talks to the API server")
    if injected is not None:
        return _Caller(f"{injected} uses the token")
    if user is None:
        return None
    return _Caller(f"the image of {user.name} is made to talk to the API server", is_certain=False)


def _is_bound_by_chart(pod: Pod, automount: Field, facts: Facts) -> bool:
    """Whether the templates of a chart show that the token is used which its values turn on."""
    return pod.kind == VALUES[1] and facts.ask(is_bound_by_chart, path_text(automount.path))


def _is_made_elsewhere(pod: Pod, name: str | None, facts: Facts) -> bool:
    """Whether an account and what it is bound to are where nothing is known of them.

    Where the files around the pod make accounts, but not this one, it would be bound there.
    """
    return not facts.has_account(pod.namespace, name) and not facts.ask(makes_accounts)


def _with_chain(finding: Finding, pod: Pod, name: str | None, context: Context) -> Finding:
    chain = _chain(pod, name, context)
    return replace(finding, related=chain) if chain else finding


def _chain(pod: Pod, name: str | None, context: Context) -> tuple[Related, ...]:
    """Where other files give the account a role, and the gravest of what it may do by that."""
    facts, account = context.facts, (pod.namespace or "", name or "default")
    bound = facts.binding(*account)
    if bound is None or not bound.path:
        return ()
    powers = facts.ask(account_powers, *account, context.version)
    given = powers[0].given if powers else facts.ask(account_roles, *account)[0]
    binding, role = given.binding, given.role
    chain = related_to(facts, binding, f"{binding.title} gives {given.title}")
    if powers and role is not None:
        chain += related_to(facts, role, f"{role.title} allows {powers[0].words}")
    return chain


class _Use(NamedTuple):
    """What shows that a token is there to talk to the API server, and what is lost.

    Both are clauses: the `reason` stands alone, and the `consequence` behind what a fix does.
    """

    reason: str
    consequence: str


def _use_of(
    namespace: str | None, name: str | None, facts: Facts, *, asks: bool = False
) -> _Use | None:
    """What is told about the use of an account; None where nothing is.

    `asks` says that true stands at the pod: for an account of its own that is on purpose, though
    its binding may not be in reach. An account that all pods share is for nothing in particular.
    """
    binding = facts.binding(namespace, name)
    if binding is not None:
        return _Use(
            f"{binding.mention} gives its ServiceAccount a role",
            f"and lose what {binding.mention} gives",
        )
    if not _is_own(name) or not (asks or facts.automount(namespace, name) is True):
        return None
    account = f'ServiceAccount "{name}"'
    return _Use(f"true is written out for {account}", f"and overrule what is written for {account}")


_OF_OTHERS: Final = _Use(
    "who makes the pod may bind its ServiceAccount to a role",
    "and lose what its ServiceAccount is bound to",
)
"""What may be so where a chart or controller makes the pod, and its account as well."""


def _called(automount: Field) -> str:
    """How the field is called that decides, which in the values of a chart has other names."""
    return str(automount.path[-1]) if automount.present else _FIELD


def _bound_elsewhere(name: str | None) -> _Use:
    """What may be so of an account that is made elsewhere: its bindings may stand there too."""
    account = f'ServiceAccount "{name}"'
    return _Use(f"{account} may be bound in another file", f"and lose what {account} is bound to")


def _is_own(name: str | None) -> bool:
    """Whether an account is not the one that all pods of a namespace share."""
    return name not in (None, "", "default")


def _fixes(owner: Pod | KubeObject, use: _Use | None) -> tuple[Fix, ...]:
    """Say no, in bulk only where nothing shows that the token is used."""
    if isinstance(owner, Pod):
        if owner.handling.token_because is not None:
            return ()
        edits = owner.set((_FIELD,), False)
    else:
        edits = owner.get(_FIELD).set(owner.text, False)
    title = f"Set {_called(owner.get(_FIELD))} to false"
    if use is None:
        return fix(title, edits)
    return fix(f"{title} {use.consequence}", edits, left_because=use.reason)


def _has_own_account(container: Container) -> bool:
    """Whether somebody chose the account of a container's pod, to give it rights."""
    return _is_own(container.pod.service_account.text)


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
  automountServiceAccountToken: false
"""

AFTER_FIX = (
    "loss",
    "no token of a named account is mounted in {pods}: what asks the API server fails",
    _has_own_account,
)

REFERENCES = (
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
)

BENCHMARKS = ("CIS 5.1.5", "CIS 5.1.6", "NSA/CISA")

WEAKNESSES = ("CWE-250",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_38", "CKV_K8S_41"),
    "Trivy": ("KSV-0036",),
    "Polaris": ("automountServiceAccountToken",),
    "kubesec": ("AutomountServiceAccountToken",),
    "KICS": ("Service Account Token Automount Not Disabled",),
    "Kubescape": ("C-0034", "C-0189", "C-0190", "C-0261"),
    "Kyverno": ("restrict-automount-sa-token",),
    "Monokle": ("KBP106",),
}

ADMISSION = Undecidable(
    "its ServiceAccount may say no, and what binds that says what the token is for"
)
