"""Webhooks that add a sidecar to a pod which asks for one: what the sidecar needs of the pod."""

from typing import Final, NamedTuple

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import PodSpec


class _Injector(NamedTuple):
    """A webhook whose sidecar proves with the token of the pod's ServiceAccount who it is.

    A pod asks for it by its `mark`, an annotation or a label. The annotation `instead` gives it
    another token, or has it do without one.
    """

    title: str
    mark: str
    instead: str | None = None


_YES: Final = frozenset("1 t true y yes on enabled ingress".split())
"""What the webhooks take for yes: strconv.ParseBool, Dapr's utils.IsTruthy, Linkerd's two words."""

_NO: Final = frozenset("0 f false n no off disabled".split())

_INJECTORS: Final = (
    _Injector(
        "the sidecar of Dapr",
        "dapr.io/enabled",
        "dapr.io/disable-builtin-k8s-secret-store",
    ),
    _Injector(
        "the agent of Vault",
        "vault.hashicorp.com/agent-inject",
        "vault.hashicorp.com/agent-service-account-token-volume-name",
    ),
    _Injector("the proxy of Consul", "consul.hashicorp.com/connect-inject"),
    _Injector("the proxy of Linkerd", "linkerd.io/inject"),
    _Injector(
        "the sidecar of Kuma",
        "kuma.io/sidecar-injection",
        "kuma.io/service-account-token-volume",
    ),
)
"""Without the token they do not start, or are not added.

Sources: dapr/docs#5014 (daprd loads its secret store with it, or ends); hashicorp/vault-k8s,
agent-inject/agent/agent.go, serviceaccount and Validate, and its pull request 288;
hashicorp/consul-k8s, connect-inject, "unable to find service account token volumeMount" (where ACLs
are on); linkerd/linkerd2, pkg/inject/report.go, Injectable; kumahq/kuma,
app/kubernetes/pkg/metadata/annotations.go. Istio's sidecar brings a volume of its own for its
token.
"""


def injected_token_user(pod: PodSpec) -> str | None:
    """What a webhook adds to the pod that uses its ServiceAccount's token; None for nothing."""
    marks = {
        mark.path[-1]
        for place in ("annotations", "labels")
        for mark in pod.metadata.get(place).entries(_MARKS)
        if _says_yes(mark)
    }
    for injector in _INJECTORS if marks else ():
        if injector.mark in marks and not (
            injector.instead and _gives(pod.annotation(injector.instead))
        ):
            return injector.title
    return None


_MARKS: Final = frozenset(injector.mark for injector in _INJECTORS)


def _says_yes(mark: Field) -> bool:
    """Whether a mark asks for the sidecar, or may do so once a template is filled in."""
    return mark.written is not None and (mark.unknown or (mark.text or "").lower() in _YES)


def _gives(annotation: Field) -> bool:
    """Whether an annotation names another token, or says that none is needed."""
    return annotation.unknown or (annotation.text or "no").lower() not in _NO
