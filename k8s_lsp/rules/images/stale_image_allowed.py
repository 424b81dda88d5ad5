"""A node may run its own copy of an image without asking the registry.

With any other pull policy than Always a node that already has an image of that name runs it
unasked. If the tag was moved in the meantime, because of a security fix, some nodes go on with
the old program. And on nodes that several tenants share, older kubelets let a pod run a private
image that somebody else pulled, without having credentials for it.

Always does not mean a download each time: the node asks the registry for the digest and only
fetches what it has not got. The default is Always for the tag `latest` or none, and
IfNotPresent for every other; a digest names the content, so it needs no policy.

The price is that pods cannot start while the registry is out of reach, and images that were
only loaded into the nodes (kind, minikube, air-gapped sites) are not found. The admission
plugin AlwaysPullImages does the same for a whole cluster.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.images import PodImage, images_of
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, missing, rule


@rule(
    severity="off",
    subject=POD,
)
def stale_image_allowed(pod: Pod, context: Context) -> Iterator[Finding]:
    for pod_image in images_of(pod):
        policy = pod_image.policy
        is_always = policy.text == "Always" or (not policy.text and pod_image.image.is_latest)
        if is_always or policy.unknown or pod_image.image.digest is not None:
            continue
        message = f"{pod_image.title} must set {policy.path[-1]} to Always"
        fixes = partial(_fixes, pod.text, pod_image)
        if policy.present:
            yield found(policy, message, fixes=fixes)
        else:
            yield missing(pod_image.owner, policy, message, fixes=fixes)


def _fixes(text: str, pod_image: PodImage) -> tuple[Fix, ...]:
    """Set the policy, behind the image that it is about."""
    owner, policy = pod_image.owner, pod_image.policy
    if isinstance(owner, Container) and owner.type == "ephemeral" and not policy.present:
        return ()
    name = str(policy.path[-1])
    return fix(
        f"Set {name} to Always", policy.set(text, "Always", after=(str(pod_image.field.path[-1]),))
    )


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
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
      imagePullPolicy: Always
"""

REFERENCES = ("https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_15",),
    "kube-score": ("container-image-pull-policy",),
    "Polaris": ("pullPolicyNotAlways",),
    "KICS": ("Image Pull Policy Of The Container Is Not Set To Always",),
    "Kubescape": ("C-0075",),
    "Kyverno": ("always-pull-images",),
    "Snyk": ("SNYK-CC-K8S-42",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            """
            !item.hasDigest && item.policy != "Always" && !(item.policy == "" && item.isLatest)
            """,
            'item.title + " must set " + item.policyField + " to Always"',
            items="variables.images",
        ),
    )
)
