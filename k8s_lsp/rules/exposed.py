"""What grave findings of several rules tell of a pod that is reached from outside."""

from k8s_lsp.kubernetes.exposure import exposures
from k8s_lsp.kubernetes.facts import labels_of
from k8s_lsp.kubernetes.pods import PodSpec
from k8s_lsp.rules.base import Context, Related, related_to


def ways_in(pod: PodSpec, context: Context) -> tuple[Related, ...]:
    """The place, in another file, of what leads from outside of the cluster to a pod."""
    labels = labels_of(pod.metadata.get("labels"))
    if not labels:
        return ()
    ways = context.facts.ask(exposures, pod.namespace or "", labels)
    if not ways:
        return ()
    first = ways[0].by
    return related_to(context.facts, first, f"reached from outside through {first.title}")
