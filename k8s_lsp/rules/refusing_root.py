"""What the rules about root share: rule files do not know each other."""

from k8s_lsp.kubernetes.image_fixes import (
    Hardening,
    doubt_of_user,
    root_by_number,
    unknown_members,
)
from k8s_lsp.kubernetes.node_agents import agent_container, node_agent
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.users import explicit_root, root_users, title_without_root, without_root
from k8s_lsp.settings import Settings


def refusing_root(
    pod: Pod, owner: Pod | Container, settings: Settings, *, only: bool = False
) -> Hardening:
    """Set `runAsNonRoot: true` at the owner, where no user is known that its images need.

    The kubelet then refuses to start as root what has no other user. Whoever lets it be root in so
    many words has decided that. `only` makes the title of an alternative to the pod's.
    """
    title, edits = title_without_root(pod, owner, only=only), without_root(pod, owner)
    told = explicit_root(pod, owner)
    if told is None:
        reason = agent_as_root(pod, owner, settings) or doubt_of_user(pod, owner, settings)
        if reason is not None:
            return Hardening(f"{title}: {reason}", edits, reason)
        told = root_by_number(pod, owner, settings)
    consequence = "" if told is None else ": an image that runs as root will not start"
    return Hardening(f"{title}{consequence}", edits, told)


def agent_as_root(pod: Pod, owner: Pod | Container, settings: Settings) -> str | None:
    """By what an agent of its node is known whose work on the node may take root; else None."""
    if root_users(pod, owner):
        return node_agent(pod) if isinstance(owner, Pod) else agent_container(owner)
    unknown = unknown_members(pod, owner, settings)
    may_be_root = (each for each in unknown if not each.effective("runAsUser").field.integer)
    return next(filter(None, map(agent_container, may_be_root)), None)
