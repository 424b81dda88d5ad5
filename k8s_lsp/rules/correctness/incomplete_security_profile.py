"""A seccomp or AppArmor profile does not say which profile it is.

A profile is a `type` and, for the type `Localhost` alone, the name of a profile that lies on
the node: `localhostProfile`. The API server rejects a profile without a type, `Localhost`
without a name, and a name beside another type. Nobody runs unprotected because of it, but a
pipeline stops, and the quick way out is often to delete the profile.

Where only one reading is left, there is a fix for it. A name without a type means `Localhost`;
check that the profile is on every node that may run the pod, because otherwise the container
does not start. A name beside `RuntimeDefault` may mean either, so that you have to choose.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.profiles import (
    APPARMOR_ANNOTATIONS,
    seccomp_annotation,
    security_contexts,
    without_contrary_seccomp,
)
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, missing, rule

_SINCE = {"seccompProfile": Version(1, 19), "appArmorProfile": Version(1, 30)}
"""Before these versions there are annotations only."""

_WITHOUT_NAME = ("RuntimeDefault", "Unconfined")


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("seccompProfile", "appArmorProfile"),
    silences={"unconfined-apparmor": "token", "unconfined-seccomp": "token"},
)
def incomplete_security_profile(pod: Pod, context: Context) -> Iterator[Finding]:
    for owner, security in security_contexts(pod):
        for name, since in _SINCE.items():
            profile = security.get(name)
            if context.version >= since and _is_mapping(profile):
                yield from _incomplete(pod, owner, profile)


def _is_mapping(field: Field) -> bool:
    return field.present and field.text is None and not field.unknown and not any(field.items())


def _incomplete(pod: Pod, owner: Pod | Container, profile: Field) -> Iterator[Finding]:
    kind, name = profile.get("type"), profile.get("localhostProfile")
    above = f"securityContext.{profile.path[-1]}"
    if kind.unknown or name.unknown:
        return
    if not kind.present or kind.text == "":
        yield missing(
            owner,
            kind,
            f"{owner} must set {above}.type: the API server rejects a profile without it",
            fixes=partial(_typed, pod, owner, profile),
        )
    elif kind.text == "Localhost" and not _is_given(name):
        yield missing(
            owner,
            name,
            f"{owner} must set {above}.localhostProfile: the API server rejects the type Localhost "
            "without it",
        )
    elif kind.text in _WITHOUT_NAME and name.present:
        yield found(
            name,
            f"{owner} must not set {above}.localhostProfile beside the type {kind.text}: the API "
            "server rejects this",
            at="key",
            fixes=partial(_chosen, pod, owner, profile),
        )


def _is_given(name: Field) -> bool:
    """Whether the API server sees a name: an empty one is enough for seccomp, not for AppArmor."""
    return name.present and (name.text != "" or "seccompProfile" in name.path)


def _typed(pod: Pod, owner: Pod | Container, profile: Field) -> tuple[Fix, ...]:
    """Give the profile the only type that it can have without granting anything.

    AppArmor without a profile is the runtime's, and an explicit one would keep the pod from nodes
    that have no AppArmor.
    """
    kind, name = profile.get("type"), profile.get("localhostProfile")
    if pod.is_windows:
        return ()
    if name.present:
        if not _is_usable(name) or _annotated(pod, owner, profile):
            return ()
        return fix("Set the type to Localhost", kind.set(pod.text, "Localhost"))
    if profile.path[-1] == "appArmorProfile":
        return fix("Remove appArmorProfile", profile.remove(pod.text, owner.path))
    return fix(
        "Set the type to RuntimeDefault",
        together(kind.set(pod.text, "RuntimeDefault"), without_contrary_seccomp(pod, owner)),
    )


def _chosen(pod: Pod, owner: Pod | Container, profile: Field) -> Iterator[Fix]:
    """Take the type or the name by its word; none is preferred, because nobody knows."""
    kind, name = profile.get("type"), profile.get("localhostProfile")
    if pod.is_windows or _annotated(pod, owner, profile):
        return
    if _is_usable(name):
        edits = kind.set(pod.text, "Localhost")
        yield from fix("Set the type to Localhost", edits, preferred=False)
    # Without the name, Unconfined would come into effect.
    if kind.text == "RuntimeDefault":
        edits = name.remove(pod.text, profile.path)
        yield from fix("Remove localhostProfile, keep RuntimeDefault", edits, preferred=False)


def _is_usable(name: Field) -> bool:
    """Whether a name may stand beside Localhost (validation.go, validateLocalDescendingPath).

    Of seccomp profiles it is a path below the kubelet's folder; for AppArmor the same does no harm.
    """
    text = name.string or ""
    return bool(text) and text == text.strip() and text[0] != "/" and ".." not in text.split("/")


def _annotated(pod: Pod, owner: Pod | Container, profile: Field) -> bool:
    """Whether an annotation speaks about the profile too: it would have to say the same."""
    if profile.path[-1] == "seccompProfile":
        return seccomp_annotation(pod, owner).present
    annotations = pod.metadata.get("annotations").entries()
    return any(str(each.path[-1]).startswith(APPARMOR_ANNOTATIONS) for each in annotations)


BAD = """\
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
          localhostProfile: profiles/app.json
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
          localhostProfile: profiles/app.json
          type: Localhost
"""

REFERENCES = (
    "https://kubernetes.io/docs/tutorials/security/seccomp/",
    "https://kubernetes.io/docs/tutorials/security/apparmor/",
    "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",
)

ADMISSION = Admission(
    (
        Violation(
            "owner",
            """
            owner.securityContext[item].?type.orValue("") == "" ||
              (owner.securityContext[item].type == "Localhost"
                ? (item == "seccompProfile"
                    ? !has(owner.securityContext[item].localhostProfile)
                    : owner.securityContext[item].?localhostProfile.orValue("") == "")
                : owner.securityContext[item].type in ["RuntimeDefault", "Unconfined"] &&
                  has(owner.securityContext[item].localhostProfile))
            """,
            """
            owner.title + (owner.securityContext[item].?type.orValue("") == ""
              ? ' must set securityContext.' + item +
                '.type: the API server rejects a profile without it'
              : owner.securityContext[item].type == "Localhost"
                ? ' must set securityContext.' + item +
                  '.localhostProfile: the API server rejects the type Localhost without it'
                : ' must not set securityContext.' + item + '.localhostProfile beside the type ' +
                  owner.securityContext[item].type + ': the API server rejects this')
            """,
            items="variables.profiles.filter(each, each in owner.securityContext)",
        ),
    ),
    constants=lambda settings, version: {
        "profiles": tuple(name for name, since in _SINCE.items() if version >= since)
    },
)
