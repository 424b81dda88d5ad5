"""A pod is confined by an annotation that a field has replaced.

Since Kubernetes 1.27 the seccomp annotations do nothing. A pod that has no other profile runs
with the filter that the kubelet gives by default, which is often none, although its manifest
says otherwise. The AppArmor annotations still work, but are deprecated since 1.30, when the
field came.

For AppArmor the field says exactly what the annotation said. For seccomp it brings a profile
into effect, perhaps for the first time in years: a system call that the profile refuses fails
with "operation not permitted", and a pod whose Localhost profile is not on the node does not
start. Try it in one pod first.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.profiles import (
    APPARMOR_ANNOTATIONS,
    SECCOMP_CONTAINER_ANNOTATIONS,
    SECCOMP_POD_ANNOTATION,
    containers_by_name,
    without_annotation,
)
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, rule


class _Mechanism(NamedTuple):
    """What confines, the field that says so, and the versions that changed how it is said."""

    name: str
    field: str
    defaults: tuple[str, ...]
    field_since: Version
    ignored_since: Version | None


_SECCOMP = _Mechanism(
    "seccomp",
    "seccompProfile",
    ("runtime/default", "docker/default"),
    Version(1, 19),
    Version(1, 27),
)
_APPARMOR = _Mechanism("AppArmor", "appArmorProfile", ("runtime/default",), Version(1, 30), None)
"""The versions are those of the warnings that the API server gives (pkg/api/pod/warnings.go)."""

_LOCALHOST = "localhost/"


@rule(
    severity="warning",
    subject=POD,
    requires_any_of=("annotations",),
)
def legacy_security_annotation(pod: Pod, context: Context) -> Iterator[Finding]:
    annotations = tuple(pod.metadata.get("annotations").entries())
    named = containers_by_name(pod) if annotations else {}
    for annotation in annotations:
        mechanism, owner = _meaning(pod, named, str(annotation.path[-1]))
        if mechanism is None or context.version < mechanism.field_since or not annotation.present:
            continue
        path = f"securityContext.{mechanism.field}"
        since = mechanism.ignored_since
        if since is not None and context.version >= since:
            why = f"which Kubernetes ignores since {since}"
        else:
            why = f"which is deprecated since {mechanism.field_since}"
        if owner is not None:
            what = f"{owner} must set {path} instead of its {mechanism.name} annotation"
        else:
            what = f"pod must set {path} in a container instead of this annotation"
        is_profile = annotation.text is None or _profile(mechanism, annotation.text) is not None
        yield found(
            annotation,
            f"{what}, {why}",
            fixes=partial(_fixes, pod, owner, mechanism, annotation),
            # At a value that does not confine, the rules unconfined-seccomp and
            # unconfined-apparmor have more to say: they silence this one at the same token.
            at="key" if is_profile else "value",
            # Beside the field, which counts, the annotation is a leftover.
            severity="information" if _has_field(owner, mechanism) else None,
        )


def _meaning(
    pod: Pod, named: dict[str | None, Container], key: str
) -> tuple[_Mechanism | None, Pod | Container | None]:
    """What an annotation speaks of, and for whom: None for a container that is not there."""
    if key == SECCOMP_POD_ANNOTATION:
        return _SECCOMP, pod
    for prefix, mechanism in (
        (SECCOMP_CONTAINER_ANNOTATIONS, _SECCOMP),
        (APPARMOR_ANNOTATIONS, _APPARMOR),
    ):
        if key.startswith(prefix):
            return mechanism, named.get(key.removeprefix(prefix))
    return None, None


def _profile(mechanism: _Mechanism, value: str) -> dict[str, str] | None:
    """The field's value that says the same; None for values that do not confine.

    Source: kubernetes, pkg/api/pod/util.go, ApparmorFieldForAnnotation, and in the releases before
    1.27 SeccompFieldForAnnotation.
    """
    if value in mechanism.defaults:
        return {"type": "RuntimeDefault"}
    name = value.removeprefix(_LOCALHOST)
    if value.startswith(_LOCALHOST) and name and name == name.strip():
        return {"type": "Localhost", "localhostProfile": name}
    return None


def _has_field(owner: Pod | Container | None, mechanism: _Mechanism) -> bool:
    return owner is not None and owner.security(mechanism.field).present


def _fixes(
    pod: Pod,
    owner: Pod | Container | None,
    mechanism: _Mechanism,
    annotation: Field,
) -> tuple[Fix, ...]:
    """Say it with the field, or take away what has no effect or no use.

    The API server itself copies an AppArmor annotation into the field of a pod's container
    (pkg/registry/core/pod/strategy.go, applyAppArmorVersionSkew), so that the two are one, except
    where a field contradicts the annotation, which it rejects, and on Windows.
    """
    removal = without_annotation(pod, annotation)
    remove = f"Remove the {mechanism.name} annotation"
    if owner is None or annotation.text is None:
        return ()
    profile = _profile(mechanism, annotation.text)
    if profile is None or pod.is_windows:
        return fix(remove, removal)
    own = owner.security(mechanism.field)
    is_alias = mechanism is _APPARMOR
    if own.present:
        agrees = all(
            own.get(name).text == profile.get(name) for name in ("type", "localhostProfile")
        )
        return fix(remove, removal, safety="safe" if is_alias and agrees else "review")
    if own.unknown or (isinstance(owner, Container) and owner.type == "ephemeral"):
        return ()
    is_alone = not pod.security(mechanism.field).present
    path = ("securityContext", mechanism.field)
    return fix(
        f"Replace the {mechanism.name} annotation by {mechanism.field} {profile['type']}",
        together(removal, owner.set(path, profile)),
        safety="safe" if is_alias and is_alone else "review",
    )


# How admission decides it.


def _violation(prefix: str, mechanism: _Mechanism) -> Violation:
    """What admission says of annotations with the names of containers."""
    name, path = mechanism.name, f"securityContext.{mechanism.field}"
    found = f'variables.containers.filter(one, "{prefix}" + one.spec.name == item)'
    return Violation(
        "pod",
        f'variables.minor >= {mechanism.field_since.minor} && item.startsWith("{prefix}")',
        f"""
        ({found}.size() > 0
          ? {found}[0].title + " must set {path} instead of its {name} annotation"
          : "pod must set {path} in a container instead of this annotation") +
          {_why(mechanism)}
        """,
        items="variables.pod.metadata.?annotations.orValue({})",
    )


def _why(mechanism: _Mechanism) -> str:
    """The end of the message, as an expression."""
    deprecated = f'", which is deprecated since {mechanism.field_since}"'
    since = mechanism.ignored_since
    if since is None:
        return deprecated
    ignored = f'", which Kubernetes ignores since {since}"'
    return f"(variables.minor >= {since.minor} ? {ignored} : {deprecated})"


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    seccomp.security.alpha.kubernetes.io/pod: runtime/default
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
  securityContext:
    seccompProfile:
      type: RuntimeDefault
"""

REFERENCES = (
    "https://kubernetes.io/docs/tutorials/security/seccomp/",
    "https://kubernetes.io/docs/tutorials/security/apparmor/",
    "https://kubernetes.io/docs/reference/labels-annotations-taints/#container-seccomp-security-alpha-kubernetes-io",
)

ADMISSION = Admission(
    (
        _violation(SECCOMP_CONTAINER_ANNOTATIONS, _SECCOMP),
        _violation(APPARMOR_ANNOTATIONS, _APPARMOR),
        Violation(
            "pod",
            f"""
            variables.minor >= {_SECCOMP.field_since.minor} &&
              "{SECCOMP_POD_ANNOTATION}" in variables.pod.metadata.?annotations.orValue({{}})
            """,
            f"""
            "pod must set securityContext.seccompProfile instead of its seccomp annotation" +
              {_why(_SECCOMP)}
            """,
        ),
    )
)
