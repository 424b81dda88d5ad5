"""AppArmor is switched off for a container.

Where a node has AppArmor, the container runtime puts its own profile around every container.
It denies mounts, writes to most of /proc and /sys, and tracing of processes outside: what an
escape from a container usually begins with. Unconfined takes that away, and so does a profile
without a type.

Leave the field out: then the runtime's profile applies on nodes with AppArmor, and nodes
without it still run the pod. An explicit RuntimeDefault insists, so that nodes without AppArmor
refuse the pod. A program that needs more gets a profile of its own, loaded on the nodes and
named by `Localhost`; what it is denied stands in the node's kernel log as apparmor="DENIED".
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import Edits, together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.node_agents import agent_container, node_agent
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.profiles import (
    APPARMOR_ANNOTATIONS,
    CONFINING_TYPES,
    apparmor_annotation,
    containers_by_name,
    security_contexts,
    unconfined_type,
    without_annotation,
)
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Control, Finding, Fix, fix, found, missing, rule

_FIELD_SINCE = Version(1, 30)

_FIELD = ("securityContext", "appArmorProfile")


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("appArmorProfile", "annotations"),
    controls=(Control("baseline", "appArmorProfile"),),
    silences={"legacy-security-annotation": "token"},
)
def unconfined_apparmor(pod: Pod, context: Context) -> Iterator[Finding]:
    for owner, security in security_contexts(pod):
        profile = security.get("appArmorProfile")
        kind = unconfined_type(profile)
        if kind is None:
            continue
        fixes = partial(_fixes, pod, owner, profile, context)
        path = "securityContext.appArmorProfile.type"
        if kind.present:
            yield found(
                kind,
                f'{owner} must not set {path} to "{kind.text}"',
                fixes=fixes,
                affected=_inheriting(pod) if isinstance(owner, Pod) else (),
            )
        else:
            yield missing(owner, kind, f"{owner} must set {path}", fixes=fixes)
    annotations = tuple(pod.metadata.get("annotations").entries())
    named = containers_by_name(pod) if annotations else {}
    for annotation in annotations:
        key = str(annotation.path[-1])
        if key.startswith(APPARMOR_ANNOTATIONS) and not _is_allowed(annotation.text):
            yield _annotated(pod, named, annotation, context)


def _annotated(
    pod: Pod, named: dict[str | None, Container], annotation: Field, context: Context
) -> Finding:
    """The finding at an annotation; the container that it names need not exist."""
    name = str(annotation.path[-1]).removeprefix(APPARMOR_ANNOTATIONS)
    container = named.get(name)
    if container is not None:
        what = f"{container} must not set its AppArmor annotation"
    else:
        what = f'pod must not set the AppArmor annotation of container "{name}"'
    return found(
        annotation,
        f'{what} to "{annotation.text}"',
        fixes=partial(_annotation_fixes, pod, container, annotation, context),
    )


def _is_allowed(value: str | None) -> bool:
    """Whether an annotation's value is allowed, or none that the text tells."""
    return value in (None, "", "runtime/default") or str(value).startswith("localhost/")


def _inheriting(pod: Pod) -> Iterator[Container]:
    """The containers that the pod's profile is in effect for.

    The API server writes an annotation into a container that has no profile of its own
    (pkg/registry/core/pod/strategy.go, applyAppArmorVersionSkew).
    """
    for container in pod.inheriting("appArmorProfile"):
        if not apparmor_annotation(pod, container).present:
            yield container


def _fixes(pod: Pod, owner: Pod | Container, profile: Field, context: Context) -> Iterator[Fix]:
    """Remove the profile, which leaves the runtime's; or insist on that one."""
    kind, name = profile.get("type"), profile.get("localhostProfile")
    if not kind.present and name.present:
        return  # Somebody meant Localhost, and gets there by another rule.
    stop = pod.spec.path if isinstance(owner, Pod) else owner.field.path
    is_agent_by = _is_agent_by(pod, owner if isinstance(owner, Container) else None)
    yield from fix(
        f"Remove appArmorProfile{_CONFINES if is_agent_by else ''}",
        profile.remove(pod.text, stop),
        left_because=is_agent_by,
    )
    if not kind.present and _is_ephemeral(owner):
        return
    if context.version >= _FIELD_SINCE and not pod.is_windows:
        yield from fix(
            "Set appArmorProfile to RuntimeDefault",
            together(
                kind.set(pod.text, "RuntimeDefault"),
                # The API server wants this name beside Localhost alone.
                name.remove(pod.text, profile.path) if name.present else (),
                *_without_contrary_annotations(pod, owner),
            ),
            preferred=False,
        )


def _annotation_fixes(
    pod: Pod, container: Container | None, annotation: Field, context: Context
) -> Iterator[Fix]:
    removal = without_annotation(pod, annotation)
    is_agent_by = _is_agent_by(pod, container)
    title = f"Remove the AppArmor annotation{_CONFINES if is_agent_by else ''}"
    yield from fix(title, removal, left_because=is_agent_by)
    if container is None or _is_ephemeral(container) or container.security(_FIELD[-1]).present:
        return
    if context.version >= _FIELD_SINCE and not pod.is_windows:
        yield from fix(
            "Replace the AppArmor annotation by appArmorProfile RuntimeDefault",
            together(removal, container.set(_FIELD, {"type": "RuntimeDefault"})),
            preferred=False,
        )


_CONFINES = ": AppArmor then confines the node agent"


def _is_agent_by(pod: Pod, container: Container | None) -> str | None:
    """By what the profile is that of an agent of the node, which is left to a person."""
    return node_agent(pod) if container is None else agent_container(container)


def _without_contrary_annotations(pod: Pod, owner: Pod | Container) -> Iterator[Edits | None]:
    """The edits for the annotations that may not stand beside RuntimeDefault.

    The API server rejects a field beside an annotation that says otherwise; in a template also the
    pod's field beside the annotation of a container without one (validation.go,
    validateAppArmorAnnotationsAndFieldsMatchOnCreate). A container's `localhost/…` stays beside the
    pod's field: in a Pod it is in effect, and in a template both were rejected before.
    """
    if isinstance(owner, Container):
        annotation = apparmor_annotation(pod, owner)
        if annotation.present and annotation.text != "runtime/default":
            yield without_annotation(pod, annotation)
        return
    for container in pod.inheriting("appArmorProfile"):
        annotation = apparmor_annotation(pod, container)
        if not _is_allowed(annotation.text):
            yield without_annotation(pod, annotation)


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
        appArmorProfile:
          type: Unconfined
        readOnlyRootFilesystem: true
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
        readOnlyRootFilesystem: true
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/tutorials/security/apparmor/",
)

BENCHMARKS = ("NSA/CISA",)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0002",),
    "kubesec": ("ApparmorUnconfined", "ApparmorAny"),
    "KICS": ("Missing AppArmor Profile",),
    "Kyverno": ("restrict-apparmor-profiles",),
    "Snyk": ("SNYK-CC-K8S-32",),
    "Monokle": ("PSS107",),
}

ADMISSION = Admission(
    (
        Violation(
            "owner",
            "has(owner.securityContext.appArmorProfile) && "
            "!(owner.securityContext.appArmorProfile.?type.orValue('') in variables.confining)",
            "owner.title + (has(owner.securityContext.appArmorProfile.type)\n"
            "    ? ' must not set securityContext.appArmorProfile.type to \"' +\n"
            "      owner.securityContext.appArmorProfile.type + '\"'\n"
            "    : ' must set securityContext.appArmorProfile.type')",
        ),
        Violation(
            "pod",
            'item.startsWith(variables.prefix) && !(variables.annotations[item] in ["", '
            '"runtime/default"]) && !variables.annotations[item].startsWith("localhost/")',
            "(variables.containers.exists(one, variables.prefix + one.spec.name == item)\n"
            "    ? variables.containers.filter(one, variables.prefix + one.spec.name == item)[0]\n"
            "      .title + ' must not set its AppArmor annotation'\n"
            "    : 'pod must not set the AppArmor annotation of container \"' +\n"
            "      item.substring(variables.prefix.size()) + '\"') +\n"
            "  ' to \"' + variables.annotations[item] + '\"'",
            items="variables.annotations",
        ),
    ),
    variables=(("annotations", "variables.pod.metadata.?annotations.orValue({})"),),
    constants=lambda settings, version: {
        "confining": tuple(sorted(CONFINING_TYPES)),
        "prefix": APPARMOR_ANNOTATIONS,
    },
)
