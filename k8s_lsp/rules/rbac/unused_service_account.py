"""No pod uses a ServiceAccount.

An account that is used by nobody is a door that nobody watches. What is bound to it stays: whoever
may make pods in its namespace, or ask for its tokens, has all of that. Often the pod it was made
for is gone, or names another account, so that it runs without the rights that it needs.

Take it away with its bindings, or name it in the pod. Where it is used from outside of the cluster,
say so in a comment that ignores this: no manifest shows it, but for a Secret that holds its token.

It is told where pods of the namespace stand in this file or in those around it, and all of their
accounts are known. Pods that a controller makes for custom resources are seen nowhere, so that
nothing is said beside such resources. An account called `default` every namespace has.
"""

from collections.abc import Iterator
from dataclasses import replace

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.roles import is_unused
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import (
    OBJECT,
    Context,
    Finding,
    found,
    related_to,
    rule,
    unless_incomplete,
)


@rule(
    severity="hint",
    subject=OBJECT,
    kinds=frozenset({"ServiceAccount"}),
)
def unused_service_account(obj: KubeObject, context: Context) -> Iterator[Finding]:
    name = obj.get("metadata", "name")
    if (
        obj.kind != "ServiceAccount"
        or obj.group
        or not obj.name
        or obj.name == "default"
        or name.shared
    ):
        return
    facts = context.facts
    if not facts.ask(is_unused, obj.namespace or "", obj.name):
        return
    message = f'ServiceAccount "{obj.name}" must be used by a pod: none of these files uses it'
    binding = facts.binding(obj.namespace, obj.name)
    if binding is None:
        yield unless_incomplete(found(name, message), obj)
        return
    told = found(name, f"{message}, and {binding.mention} gives it a role")
    related = related_to(facts, binding, f"{binding.title} gives it a role")
    yield replace(unless_incomplete(told, obj), related=related)


BAD = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  namespace: shop
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  serviceAccountName: website
  automountServiceAccountToken: false
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

GOOD = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  namespace: shop
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  serviceAccountName: web
  automountServiceAccountToken: false
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

REFERENCES = ("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",)

ADMISSION = Undecidable("it looks for pods among other objects")
