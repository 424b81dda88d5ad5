"""No NetworkPolicy selects a pod, though its namespace has some.

A pod that no policy selects may be reached by every pod of the cluster, and may reach everything
itself. Where the namespace has policies for other pods, this one was probably forgotten: it came
later, or its labels changed. It is what an attacker looks for: a place beside the guarded ones,
from which traffic is nobody's business.

Best is a policy for the whole namespace that denies what others do not allow: one with an empty
`podSelector`. Else add one for this pod. Once a policy selects a pod, only what some policy allows
still reaches it; `policyTypes` says whether that is about what comes in, what goes out, or both.

Where no policy of the namespace stands in this file or in those around it, nothing is said: it may
have none on purpose, or elsewhere. Pods on the network of their node are not selected by any. Where
policies of another kind stand there, such as those of Cilium or Calico, nothing is concluded.
"""

from collections.abc import Iterator
from dataclasses import replace

from k8s_lsp.kubernetes.facts import labels_of
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.policies import unselecting_policy
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, missing, related_to, rule


@rule(
    severity="information",
    subject=OBJECT,
    kinds=WITH_POD - {"PodTemplate"},
)
def missing_network_policy(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if len(obj.pods) != 1 or obj.pods[0].shape != "whole":
        return
    (pod,) = obj.pods
    labels = labels_of(pod.metadata.get("labels"))
    if labels is None:
        return
    policy = context.facts.ask(unselecting_policy, obj.namespace or "", labels)
    if policy is None:
        return
    network = pod.get("hostNetwork")
    if network.boolean is True or network.unknown:
        # NetworkPolicy resource, "NetworkPolicy and hostNetwork pods".
        return
    pods = "this Pod" if obj.kind == "Pod" else f"the pods of this {obj.kind}"
    yield replace(
        missing(
            pod,
            pod.metadata.get("labels"),
            f"a NetworkPolicy must select {pods}: those of the namespace select others",
        ),
        span=obj.anchor,
        related=related_to(context.facts, policy, f"{policy.title} selects other pods"),
    )


BAD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: api
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: api
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
  name: all
  namespace: shop
spec:
  podSelector: {}
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

BENCHMARKS = ("CIS 5.3.2", "NSA/CISA")

WEAKNESSES = ("CWE-923",)

OTHER_TOOLS = {
    "kube-score": ("pod-networkpolicy",),
    "kube-linter": ("non-isolated-pod",),
    "Polaris": ("missingNetworkPolicy",),
    "Kubescape": ("C-0260",),
}

ADMISSION = Undecidable("it looks for policies among other objects")
