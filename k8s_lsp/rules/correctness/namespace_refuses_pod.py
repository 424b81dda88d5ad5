"""A namespace refuses the pod that is written for it.

The labels of a namespace may enforce a level of Pod Security, and then the API server refuses each
pod that breaks it. It says so to whoever applies a Pod. A Deployment it accepts: only its pods are
refused, later, to a controller. What is seen is a workload that never becomes ready, or, where its
old pods still run, one that is never updated again; `kubectl describe` of its ReplicaSet, Job or
DaemonSet tells why.

Put right what the other findings in the pod say, or give the workload a namespace of its own: to
lower the level opens the namespace to everything that the level keeps out. A pinned
`enforce-version` asks what that release asked. The administrator of a cluster may exempt users,
namespaces and runtime classes, which no manifest shows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from k8s_lsp.kubernetes.facts import ENFORCE
from k8s_lsp.kubernetes.namespaces import LABELS_SINCE
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pod_security import Broken, broken_checks
from k8s_lsp.kubernetes.queries import EnforcedLevel, Facts, enforced_level, is_made_again
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, missing, related_to, rule


@rule(
    severity="error",
    subject=OBJECT,
    # A PodTemplate is stored, and no pod is made of it.
    kinds=WITH_POD - {"PodTemplate"},
    requires_any_of=("namespace",),
)
def namespace_refuses_pod(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if not obj.pods or not obj.namespace or context.version < LABELS_SINCE:
        return
    enforced = context.facts.ask(enforced_level, obj.namespace)
    if enforced is None:
        return
    version = context.version if enforced.version is None else enforced.version
    known = (pod for pod in obj.pods if pod.shape == "whole")
    broken = [
        each
        for pod in known
        for each in broken_checks(pod, enforced.level, min(version, context.version))
    ]
    finding = found(obj.get("metadata", "namespace"), "")
    lacks = [lack for each in broken for lack in each.lacks]
    group, name = obj.group, obj.name or ""
    if lacks and not context.facts.ask(is_made_again, (group, obj.kind), obj.namespace, name):
        # In a template or a patch these may stand elsewhere: then the engine drops this one. Else
        # the second one repeats it.
        absent = [missing(lack.owner, lack.field, "", also=lack.also) for lack in lacks]
        absent_from = tuple(mapping for each in absent for mapping in each.absent_from)
        yield replace(_told(finding, obj, enforced, broken, context.facts), absent_from=absent_from)
    certain = [each for each in broken if not each.lacks]
    if certain:
        yield _told(finding, obj, enforced, certain, context.facts)


def _told(
    finding: Finding,
    obj: KubeObject,
    enforced: EnforcedLevel,
    broken: Iterable[Broken],
    facts: Facts,
) -> Finding:
    namespace, level = enforced.namespace, enforced.level
    what = "reject this Pod"
    if obj.kind != "Pod":
        what = f"accept this {obj.kind} and refuse its pods"
    reasons = ", ".join(each.reason for each in broken)
    return replace(
        finding,
        message=f'namespace "{namespace.name}" enforces {level}: the API server will {what} '
        f"({reasons})",
        related=related_to(facts, namespace, f"{namespace.title} enforces {level}", ENFORCE),
    )


BAD = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: baseline
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  serviceAccountName: web
  automountServiceAccountToken: false
  hostNetwork: true
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

GOOD = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: baseline
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

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
)

ADMISSION = Undecidable("it asks what the namespace enforces, which Pod Security itself does")
