"""An image is named without its digest.

A tag is a pointer that the owner of the repository can move at any time, `1.4.2` as well as
`latest`. A digest is the checksum of the image itself: a node that pulls by digest gets exactly
these bytes or nothing.

Whoever takes over a registry account or an image's build can overwrite tags, and clusters pull
the result as if nothing had happened. It has happened to build actions that thousands of
projects named by tag.

Digests are no pleasure to maintain by hand. Keep the tag in front for people
(`app:1.4.2@sha256:…`), and let a bot such as Renovate or Dependabot update both, or have your
deployment tool resolve tags at release time. Take the digest of the image index rather than
that of one architecture.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.images import images_of
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, found, rule


@rule(
    severity="off",
    subject=POD,
)
def unpinned_image(pod: Pod, context: Context) -> Iterator[Finding]:
    for pod_image in images_of(pod):
        if pod_image.image.digest is None:
            yield found(
                pod_image.field,
                f'{pod_image.title} must name the digest of image "{pod_image.short}"',
            )


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: app:1.4.2
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: app@sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
"""

REFERENCES = ("https://kubernetes.io/docs/concepts/containers/images/",)

WEAKNESSES = ("CWE-494",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_43",),
    "KICS": ("Image Without Digest",),
    "Kubescape": ("C-0306",),
    "Kyverno": ("require-image-checksum",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "!item.hasDigest",
            "item.title + ' must name the digest of image \"' + item.short + '\"'",
            items="variables.images",
        ),
    )
)
