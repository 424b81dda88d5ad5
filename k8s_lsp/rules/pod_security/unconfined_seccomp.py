"""The system-call filter is switched off for a container.

The runtime's default seccomp profile refuses the system calls that ordinary programs never
make: loading kernel modules, keyctl, bpf, userfaultfd, mounting, and others. Many exploits of
kernel bugs begin with one of them, so that the filter often stops a bug that nobody has
patched yet. Unconfined takes the filter away, and so does a profile without a type.

RuntimeDefault breaks few programs: debuggers, sandboxes of browsers, and programs that use
io_uring or make namespaces of their own. They fail with "operation not permitted". Give such a
container a Localhost profile that allows what it needs. To find out beforehand, run it under a
profile with the action SCMP_ACT_LOG and read the node's audit log.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.node_agents import agent_container, node_agent
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.profiles import (
    CONFINING_TYPES,
    SECCOMP_CONTAINER_ANNOTATIONS,
    SECCOMP_POD_ANNOTATION,
    is_default_seccomp,
    seccomp_annotation,
    security_contexts,
    unconfined_type,
    without_annotation,
    without_contrary_seccomp,
)
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Control, Finding, Fix, fix, found, missing, rule

_FIELD_SINCE = Version(1, 19)
"""From here on there is a field, and Pod Security looks at nothing else."""

_ANNOTATION_IGNORED_SINCE = Version(1, 27)
"""From here on the annotations have no effect (pkg/api/pod/warnings.go)."""

_FIELD = ("securityContext", "seccompProfile")


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("seccompProfile", "annotations"),
    controls=(
        Control("baseline", "seccompProfile_baseline"),
        Control("restricted", "seccompProfile_restricted", Version(1, 19)),
    ),
    silences={"legacy-security-annotation": "token"},
)
def unconfined_seccomp(pod: Pod, context: Context) -> Iterator[Finding]:
    if (
        # The restricted check, which takes the place of this one, passes over Windows.
        context.settings.profile == "restricted" and pod.is_windows and context.version >= (1, 25)
    ):
        return
    is_standard = context.settings.profile in ("baseline", "restricted")
    has_field = context.version >= _FIELD_SINCE
    for owner, security in security_contexts(pod):
        if has_field or not is_standard:
            yield from _in_field(pod, owner, security.get("seccompProfile"))
        if not has_field or not is_standard:
            yield from _in_annotation(pod, owner, context.version)


def _in_field(pod: Pod, owner: Pod | Container, profile: Field) -> Iterator[Finding]:
    kind = unconfined_type(profile)
    if kind is None:
        return
    path = "securityContext.seccompProfile.type"
    fixes = partial(_fixes, pod, owner, profile)
    if kind.present:
        affected = pod.inheriting("seccompProfile") if isinstance(owner, Pod) else ()
        message = f'{owner} must not set {path} to "{kind.text}"'
        yield found(kind, message, fixes=fixes, affected=affected)
    else:
        yield missing(owner, kind, f"{owner} must set {path}", fixes=fixes)


def _in_annotation(pod: Pod, owner: Pod | Container, version: Version) -> Iterator[Finding]:
    annotation = seccomp_annotation(pod, owner)
    value = annotation.text
    if value is None or is_default_seccomp(annotation) or value.startswith("localhost/"):
        return
    is_ignored = version >= _ANNOTATION_IGNORED_SINCE
    why = f", which Kubernetes ignores since {_ANNOTATION_IGNORED_SINCE}" if is_ignored else ""
    yield found(
        annotation,
        f'{owner} must not set its seccomp annotation to "{value}"{why}',
        fixes=partial(_annotation_fixes, pod, owner, annotation, version),
        severity="information" if is_ignored else None,
    )


def _fixes(pod: Pod, owner: Pod | Container, profile: Field) -> tuple[Fix, ...]:
    """Set RuntimeDefault, where there may be a profile at all."""
    kind, name = profile.get("type"), profile.get("localhostProfile")
    if pod.is_windows:
        return ()
    if not kind.present and (name.present or _is_ephemeral(owner)):
        return ()
    is_agent_by = _is_agent_by(pod, owner) if kind.present else None
    return fix(
        f"Set seccompProfile to RuntimeDefault{_CONFINES if is_agent_by else ''}",
        together(
            kind.set(pod.text, "RuntimeDefault"),
            # The API server wants this name beside Localhost alone.
            name.remove(pod.text, profile.path) if name.present else (),
            without_contrary_seccomp(pod, owner),
        ),
        left_because=is_agent_by,
    )


_CONFINES = ": it then filters the calls of the node agent"


def _is_agent_by(pod: Pod, owner: Pod | Container) -> str | None:
    """By what the profile is that of an agent of the node, which is left to a person."""
    return node_agent(pod) if isinstance(owner, Pod) else agent_container(owner)


def _annotation_fixes(
    pod: Pod, owner: Pod | Container, annotation: Field, version: Version
) -> tuple[Fix, ...]:
    """Say it in the way of the version: with the annotation, with the field, or not at all."""
    if version < _FIELD_SINCE:
        edits = annotation.set(pod.text, "runtime/default")
        return fix("Set the seccomp annotation to runtime/default", edits)
    removal = without_annotation(pod, annotation)
    if version >= _ANNOTATION_IGNORED_SINCE:
        return fix("Remove the seccomp annotation, which has no effect", removal)
    if pod.is_windows or _is_ephemeral(owner):
        return ()
    if owner.security("seccompProfile").present:
        return fix("Remove the seccomp annotation", removal)
    return fix(
        "Replace the seccomp annotation by seccompProfile RuntimeDefault",
        together(removal, owner.set(_FIELD, {"type": "RuntimeDefault"})),
    )


def _is_ephemeral(owner: Pod | Container) -> bool:
    return isinstance(owner, Container) and owner.type == "ephemeral"


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
          type: Unconfined
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
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/tutorials/security/seccomp/",
    "https://kubernetes.io/docs/reference/node/seccomp/",
)

BENCHMARKS = (
    "CIS 5.7.2",
    "NSA/CISA",
)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_31",),
    "Trivy": ("KSV-0104", "KSV-0030"),
    "Polaris": ("linuxHardening",),
    "kubesec": ("SeccompUnconfined",),
    "KICS": ("Seccomp Profile Is Not Configured",),
    "Kubescape": ("C-0210",),
    "Kyverno": ("restrict-seccomp", "restrict-seccomp-strict"),
    "Monokle": ("PSS110",),
}

ADMISSION = Admission(
    (
        Violation(
            "owner",
            "variables.looksAtFields && has(owner.securityContext.seccompProfile) && "
            "!(owner.securityContext.seccompProfile.?type.orValue('') in variables.confining)",
            "owner.title + (has(owner.securityContext.seccompProfile.type)\n"
            "    ? ' must not set securityContext.seccompProfile.type to \"' +\n"
            "      owner.securityContext.seccompProfile.type + '\"'\n"
            "    : ' must set securityContext.seccompProfile.type')",
        ),
        Violation(
            "owner",
            "item in variables.annotations && variables.looksAtAnnotations &&\n"
            '    !(variables.annotations[item] in ["runtime/default", "docker/default"]) &&\n'
            '    !variables.annotations[item].startsWith("localhost/")',
            "owner.title + ' must not set its seccomp annotation to \"' +\n"
            "    variables.annotations[item] + '\"' + (variables.minor >= 27\n"
            "      ? ', which Kubernetes ignores since 1.27' : '')",
            items='[owner.type == "pod" ? variables.ofPod\n'
            "    : variables.ofContainers + owner.spec.name]",
        ),
    ),
    variables=(
        ("annotations", "variables.pod.metadata.?annotations.orValue({})"),
        ("isStandard", 'variables.profile in ["baseline", "restricted"]'),
        (
            "isPassedOver",
            'variables.profile == "restricted" && variables.minor >= 25 && variables.pod.isWindows',
        ),
        (
            "looksAtFields",
            "(variables.minor >= 19 || !variables.isStandard) && !variables.isPassedOver",
        ),
        (
            "looksAtAnnotations",
            "(variables.minor < 19 || !variables.isStandard) && !variables.isPassedOver",
        ),
    ),
    constants=lambda settings, version: {
        "confining": tuple(sorted(CONFINING_TYPES)),
        "ofPod": SECCOMP_POD_ANNOTATION,
        "ofContainers": SECCOMP_CONTAINER_ANNOTATIONS,
    },
)
