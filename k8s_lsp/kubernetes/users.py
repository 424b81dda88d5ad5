"""The user that containers run as: where root is asked for, and how it is given up together."""

from k8s_lsp.edits import Edits, together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, Pod


def without_root(pod: Pod, owner: Pod | Container) -> Edits | None:
    """The edits that set `runAsNonRoot: true` at the owner, and leave no 0 that contradicts it.

    A 0 at the owner itself gives its place to the new field.
    """
    user, flag = owner.security("runAsUser"), owner.security("runAsNonRoot")
    zeros = root_users(pod, owner)
    if user.integer == 0 and flag.key is None:
        placed = together(user.rename(pod.text, "runAsNonRoot"), user.set(pod.text, True))
        zeros = [zero for zero in zeros if zero.path != user.path]
    else:
        placed = owner.set(("securityContext", "runAsNonRoot"), True)
    return together(placed, *(without_user(pod.text, zero) for zero in zeros))


def root_users(pod: Pod, owner: Pod | Container) -> list[Field]:
    """Each `runAsUser: 0` with which the kubelet would refuse to start a container of the owner.

    Where the owner is a container, the pod's user is the one that takes the place of its own.
    """
    users = [owner.security("runAsUser")]
    if isinstance(owner, Pod):
        users += (each.security("runAsUser") for each in pod.inheriting("runAsNonRoot"))
    elif not users[0].present or users[0].integer == 0:
        users.append(pod.security("runAsUser"))
    return [user for user in users if user.integer == 0]


def without_user(text: str, user: Field) -> Edits | None:
    """The edits that take a field away, with a `securityContext` that it would leave empty."""
    return user.remove(text, user.path[:-2])


def depends_on_user_of_image(container: Container) -> bool:
    """Whether the kubelet has to find a numeric user in the image, or else refuses to start it."""
    user = container.effective("runAsUser").field
    may_be_root = container.effective("runAsNonRoot").field.boolean is not True
    return not (may_be_root or user.unknown or (user.integer or 0) > 0)
