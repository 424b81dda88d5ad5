"""A NetworkPolicy selects no pod.

A policy says by labels which pods it is about. Where none has them, it does nothing: the pods that
it was written for are as open as if it was not there, and whoever reads it believes otherwise.
Mostly a label was renamed at the pods alone, or is spelled in another way.

It is told where pods of the namespace stand in this file or in those around it, and where the
labels that the policy asks for are ones that they use. Pods that a controller makes for custom
resources are seen nowhere, so that nothing is said beside such resources.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.facts import NETWORKING, Selector, selector_of
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.policies import selects_nothing
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule


@rule(
    severity="information",
    subject=OBJECT,
    kinds=frozenset({"NetworkPolicy"}),
)
def dangling_network_policy(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "NetworkPolicy" or obj.group != NETWORKING:
        return
    if context.facts.why_patch(obj) is not None:
        return
    field = obj.get("spec", "podSelector")
    selector = selector_of(field)
    if not field.present or not selector.keys:
        # It selects all pods.
        return
    if not context.facts.ask(selects_nothing, obj.namespace or "", selector):
        return
    yield found(
        field,
        f"{obj.kind} must select pods that there are: none of the namespace has {_words(selector)}",
        at="key",
    )


def _words(selector: Selector) -> str:
    """The labels that are asked for, as `kubectl -l` has them."""
    words = [f"{key}={value}" for key, value in selector.labels or ()]
    for key, operator, values in selector.requirements:
        listed = f" ({', '.join(values)})" if values else ""
        words.append(f"{key} {operator}{listed}")
    return " and ".join(words)


BAD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: website
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels:
    app: web
spec:
  serviceAccountName: web
  automountServiceAccountToken: false
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

GOOD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: web
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels:
    app: web
spec:
  serviceAccountName: web
  automountServiceAccountToken: false
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

REFERENCES = ("https://kubernetes.io/docs/concepts/services-networking/network-policies/",)

OTHER_TOOLS = {
    "kube-linter": ("dangling-networkpolicy",),
    "kube-score": ("networkpolicy-targets-pod",),
}

ADMISSION = Undecidable("it looks for pods among other objects")
