"""A pod takes values from a Secret or ConfigMap that there is not.

The kubelet does not start a container whose Secret or ConfigMap is missing: it waits, with
CreateContainerConfigError or FailedMount, until somebody makes one of that name. Whoever may do so
in the namespace decides what the container gets: its keys, its certificates, its settings.

Most of them are made elsewhere, by an operator, by a pipeline or by hand, so that this is told
only where one of nearly that name stands in this file or beside it, and nothing else knows the
name. What is `optional` may be missing.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from k8s_lsp.kubernetes.facts import ObjectFacts, sources_of_pod
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.queries import meant_source
from k8s_lsp.kubernetes.workloads import WITH_POD
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

_KINDS = frozenset({"Secret", "ConfigMap"})


@rule(
    severity="hint",
    subject=OBJECT,
    kinds=WITH_POD,
    requires_any_of=("ecret", "onfigMap"),
)
def missing_config_source(obj: KubeObject, context: Context) -> Iterator[Finding]:
    facts = context.facts
    for source, kind, key, _ in (each for pod in obj.pods for each in sources_of_pod(pod)):
        name = source.get(key)
        if kind not in _KINDS or not name.text or source.get("optional").boolean is True:
            continue
        meant = facts.ask(meant_source, kind, obj.namespace or "", name.text)
        if meant is not None:
            message = f'pod must use a {kind} that there is, not "{name.text}"'
            told = found(
                name,
                f"{message}: {meant.mention} may be meant",
                fixes=partial(_fixes, obj, name, meant),
            )
            related = related_to(facts, meant, f"{meant.title} stands here")
            yield replace(unless_incomplete(told, obj), related=related)


def _fixes(obj: KubeObject, name: Field, meant: ObjectFacts) -> tuple[Fix, ...]:
    edits = name.set(obj.text, meant.name)
    return fix(f"Use {meant.title}", edits, preferred=False)


BAD = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web-settings
  namespace: shop
data:
  greeting: hello
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
      envFrom:
        - configMapRef:
            name: web-setings
"""

GOOD = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web-settings
  namespace: shop
data:
  greeting: hello
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
      envFrom:
        - configMapRef:
            name: web-settings
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/configmap/",
    "https://kubernetes.io/docs/concepts/configuration/secret/",
)

ADMISSION = Undecidable("it asks which other objects there are")
