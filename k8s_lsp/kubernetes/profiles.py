"""Where a pod says how it is confined: the fields, and the annotations that came before them."""

from collections.abc import Iterator

from k8s_lsp.edits import Edits
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.syntax.nodes import Mapping

CONFINING_TYPES = frozenset({"RuntimeDefault", "Localhost"})
"""The types of a seccomp or AppArmor profile that confine; the third one is `Unconfined`."""

SECCOMP_POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER_ANNOTATIONS = "container.seccomp.security.alpha.kubernetes.io/"
"""A container's name follows."""

APPARMOR_ANNOTATIONS = "container.apparmor.security.beta.kubernetes.io/"
"""A container's name follows."""


def security_contexts(pod: Pod) -> Iterator[tuple[Pod | Container, Field]]:
    """The `securityContext` of the pod, then that of each container; any may be absent."""
    yield pod, pod.security()
    for container in pod.containers:
        yield container, container.security()


# Fields.


def confines(profile: Field) -> bool:
    """Whether a `seccompProfile` or `appArmorProfile` is there and confines."""
    return profile.get("type").text in CONFINING_TYPES


def unconfined_type(profile: Field) -> Field | None:
    """The `type` of a profile that is there and does not confine; the type itself may be absent.

    None where the profile is absent, where it confines, and where the text does not tell. Pod
    Security knows only the types that confine, so that an unknown word counts as Unconfined
    (check_seccompProfile_baseline.go, check_appArmorProfile.go).
    """
    if not isinstance(profile.node, Mapping):
        return None
    kind = profile.get("type")
    if kind.unknown or (kind.present and kind.text is None) or kind.text in CONFINING_TYPES:
        return None
    return kind


# Annotations.


def containers_by_name(pod: Pod) -> dict[str | None, Container]:
    """The containers by their names, as an annotation names one; the first one of a name."""
    return {container.get("name").text: container for container in reversed(pod.containers)}


def seccomp_annotation(pod: Pod, owner: Pod | Container) -> Field:
    """The annotation that gives the pod or one container a seccomp profile; it may be absent."""
    if isinstance(owner, Pod):
        return pod.annotation(SECCOMP_POD_ANNOTATION)
    return pod.annotation(SECCOMP_CONTAINER_ANNOTATIONS + (owner.get("name").text or ""))


def apparmor_annotation(pod: Pod, container: Container) -> Field:
    """The annotation that gives a container an AppArmor profile; it may be absent."""
    return pod.annotation(APPARMOR_ANNOTATIONS + (container.get("name").text or ""))


def is_default_seccomp(annotation: Field) -> bool:
    """Whether the annotation says what the field says with `RuntimeDefault`."""
    return annotation.text in ("runtime/default", "docker/default")


def without_contrary_seccomp(pod: Pod, owner: Pod | Container) -> Edits | None:
    """The edits to make beside writing `seccompProfile: {type: RuntimeDefault}` at the owner.

    The API server rejects a field beside an annotation for the same owner that says otherwise
    (validation.go, validateSeccompAnnotationsAndFields), in pods and in templates. There are no
    edits where the two agree or there is no annotation; None where it cannot be taken away.
    """
    annotation = seccomp_annotation(pod, owner)
    if not annotation.present or is_default_seccomp(annotation):
        return ()
    return without_annotation(pod, annotation)


def without_annotation(pod: Pod, annotation: Field) -> Edits | None:
    """The edits that take an annotation away, with the mappings that it would leave empty."""
    return annotation.remove(pod.text, pod.spec.path[:-1])
