"""A binding names a role that there is not.

A binding gives what its role allows, and the API server accepts one whose role does not exist: it
gives nothing then. Programs are told "forbidden" and nobody sees why. Worse, it waits: whoever may
make a role of that name decides what the account may do, and whom that gives a right to is bound
already.

A Role counts in its own namespace alone, and a ClusterRole is none of its kind: `kind: Role` does
not find a ClusterRole. Where a role of nearly that name stands in this file or in those around it,
it was probably meant. The `roleRef` of a binding that was applied cannot be changed: it has to be
deleted and made anew.

Nothing is said of roles that Kubernetes or an add-on makes, nor where no file around makes roles.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import BINDINGS, ROLES, Binding, binding_of
from k8s_lsp.kubernetes.roles import Namesake
from k8s_lsp.kubernetes.roles import missing_role as is_missing
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import (
    OBJECT,
    Context,
    Finding,
    Fix,
    fix,
    found,
    related_to,
    rule,
    unless_incomplete,
)


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=BINDINGS,
)
def missing_role(obj: KubeObject, context: Context) -> Iterator[Finding]:
    binding = binding_of(obj)
    if binding is None:
        return
    kind, name = binding.role_kind.text, binding.role_name.text
    if kind not in ROLES or not name:
        return
    namespace = (obj.namespace or "") if kind == "Role" else ""
    meant = context.facts.ask(is_missing, kind, namespace, name)
    if not meant:
        return
    where = binding.role_name
    message = f'{binding.title} must name a role that there is, not {kind} "{name}"'
    if not isinstance(meant, Namesake):
        told = found(where, f"{message}: none of these files makes it", severity="hint")
        yield unless_incomplete(told, obj)
        return
    role = meant.role
    if meant.is_of_other_kind:
        where, message = binding.role_kind, f"{message}: it is a {role.kind}"
    elif meant.is_elsewhere:
        message += f': it counts in namespace "{role.namespace}" alone'
    else:
        message += f": {role.mention} may be meant"
    told = found(where, message, fixes=partial(_fixes, obj, binding, meant))
    related = related_to(context.facts, role, f"{role.title} stands here")
    yield replace(unless_incomplete(told, obj), related=related)


def _fixes(obj: KubeObject, binding: Binding, meant: Namesake) -> tuple[Fix, ...]:
    """Name the one that was meant: to be looked at, as it then gives what the role allows."""
    if meant.is_elsewhere:
        return ()
    field, word = binding.role_name, meant.role.name
    if meant.is_of_other_kind:
        field, word = binding.role_kind, meant.role.kind
    title = f"Name {meant.role.title}, and give what it allows"
    return fix(title, field.set(obj.text, word), preferred=False)


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: pod-reader
  namespace: shop
rules:
  - apiGroups: [""]
    resources: ["pods"]
    verbs: ["get", "list"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: web
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: pods-reader
subjects:
  - kind: ServiceAccount
    name: web
    namespace: shop
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: pod-reader
  namespace: shop
rules:
  - apiGroups: [""]
    resources: ["pods"]
    verbs: ["get", "list"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: web
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: pod-reader
subjects:
  - kind: ServiceAccount
    name: web
    namespace: shop
"""

REFERENCES = (
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding",
)

ADMISSION = Undecidable("it looks for the role among other objects")
