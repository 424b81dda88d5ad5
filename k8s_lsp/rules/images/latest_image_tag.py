"""An image has the tag latest, or no tag, which means the same.

The tag `latest` is moved to each new release, and an image without tag and digest has that tag.
Which program runs is then decided by the moment in which a node pulls it: two replicas may
differ, a rollback brings the same image back, and nobody can say which version had the hole.

Whoever can push to the repository, with a stolen token say, reaches every such workload at its
next restart, without a change in the manifest that somebody could review.

Name a release (`1.4.2`), better still its digest (`crane digest IMAGE` or `docker buildx
imagetools inspect IMAGE` prints it), and let a bot propose the updates. Other moving tags, such
as `stable`, `main` or `1`, are not recognised here; the rule unpinned-image speaks about all of
them.

Nothing is said where the tag is written before the image is deployed: by `images` of a
kustomization that the file belongs to, or by Skaffold, which builds what its `artifacts` name. Nor
is it of a name that is there to be replaced, such as `your-image`, nor of what a release of
OpenShift keeps in the registry of its own cluster, such as `openshift/cli`, which has no other tag.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.images import bare_name, images_of
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.queries import is_tagged_elsewhere
from k8s_lsp.regexes import regex
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, found, rule

_PLACEHOLDER = regex(
    r"(?:your|(?:change|replace)[._-]?(?:me|this)|(?:image[._-]?)?placeholder)(?![a-z])"
    r"|image(?:[._-]name)?\Z"
)
"""How the name of an image begins that somebody is to put another one in the place of."""

_OF_CLUSTER = "image-registry.openshift-image-registry.svc"
_OF_RELEASE = frozenset(
    f"{_OF_CLUSTER}{domain}:5000/openshift/{name}"
    for domain in ("", ".cluster.local")
    for name in (
        "cli cli-artifacts driver-toolkit installer installer-artifacts must-gather network-tools"
        " tests tools"
    ).split()
)
"""The images that a release of OpenShift keeps in its cluster, of the version that this one has.

Source: the ImageStreams of a release (docs.openshift.com, `oc adm release info`). Those of the
Samples Operator in the same project, such as `openshift/nodejs`, have versions.
"""


@rule(
    severity="warning",
    subject=POD,
)
def latest_image_tag(pod: Pod, context: Context) -> Iterator[Finding]:
    for pod_image in images_of(pod):
        if pod_image.image.is_latest:
            name = bare_name(pod_image.field.text or "")
            if _PLACEHOLDER.match(pod_image.image.repository.rpartition("/")[2]):
                continue
            if pod_image.image.name in _OF_RELEASE:
                continue
            if context.facts.ask(is_tagged_elsewhere, name):
                continue
            reason = "has no tag" if pod_image.image.tag is None else "has the tag latest"
            yield found(
                pod_image.field,
                f'{pod_image.title} must name a version: "{pod_image.short}" {reason}',
            )


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:latest
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
"""

REFERENCES = ("https://kubernetes.io/docs/concepts/containers/images/",)

WEAKNESSES = ("CWE-494",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_14",),
    "Trivy": ("KSV-0013",),
    "kube-linter": ("latest-tag",),
    "kube-score": ("container-image-tag",),
    "Polaris": ("tagNotSpecified",),
    "KICS": ("Invalid Image Tag",),
    "Kyverno": ("disallow-latest-tag",),
    "Monokle": ("KBP001", "KBP116"),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "item.isLatest && "
            "!item.name.substring(item.name.lastIndexOf('/') + 1).matches(variables.placeholder) "
            "&& !(item.name in variables.ofRelease)",
            """
            item.title + ' must name a version: "' + item.short +
              (item.hasTag ? '" has the tag latest' : '" has no tag')
            """,
            items="variables.images",
        ),
    ),
    constants=lambda settings, version: {
        # RE2 cannot look ahead, and need not: what follows is not asked for.
        "placeholder": "^(?:{})".format(
            _PLACEHOLDER.pattern.replace("(?![a-z])", "(?:[^a-z]|$)").replace(r"\Z", "$")
        ),
        "ofRelease": tuple(sorted(_OF_RELEASE)),
    },
)
