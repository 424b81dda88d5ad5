"""An image comes from a registry that has been given up.

What lies on a registry that is frozen gets no security fixes any more, and one day it is gone:
a pod that has run for years then does not start on a new node. Where the host name itself is
given up, whoever gets hold of it next can answer with images of their own.

For the images of Kubernetes itself the successor has everything under the same name, tag and
digest: registry.k8s.io instead of k8s.gcr.io, which has been frozen since April 2023. For the
others you have to look up where the project publishes now.

Before you change the host, see whether nodes may reach the new one: proxies and firewalls with
lists of allowed hosts, mirrors and pull secrets are set up by host name.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from k8s_lsp.kubernetes.images import PodImage, image_of, images_of
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, rule


class _Retired(NamedTuple):
    """A registry, or a part of one, that was given up, and where its images are one to one."""

    place: str
    reason: str
    successor: str | None = None


# gcr.io itself is not here: Container Registry was shut down in 2025, but the host goes on, served
# by Artifact Registry.
_RETIRED = (
    # kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement
    _Retired("k8s.gcr.io", "is frozen since April 2023", "registry.k8s.io"),
    # The name of k8s.gcr.io before it had a host; kubernetes/minikube#20303 calls registry.k8s.io a
    # drop-in replacement from which no image was deleted.
    _Retired("gcr.io/google-containers", "was replaced by registry.k8s.io", "registry.k8s.io"),
    _Retired("gcr.io/google_containers", "was replaced by registry.k8s.io", "registry.k8s.io"),
    # kubernetes-sigs/kubebuilder, discussion 3907
    _Retired("gcr.io/kubebuilder", "was given up in 2025"),
    # docs.github.com, "Migrating to the Container registry from the Docker registry"
    _Retired("docker.pkg.github.com", "was replaced by ghcr.io"),
    # CentOS/container-index#424: the name is gone from DNS since May 2023
    _Retired("registry.centos.org", "was switched off in 2023"),
    # zalando/postgres-operator#3092 and zalando/skipper#4054
    _Retired("registry.opensource.zalan.do", "is being switched off since May 2026"),
)


@rule(
    severity="warning",
    subject=POD,
)
def retired_registry(pod: Pod, context: Context) -> Iterator[Finding]:
    for pod_image in images_of(pod):
        for retired in _RETIRED:
            if pod_image.image.is_in((retired.place,)):
                yield found(
                    pod_image.field,
                    f"{pod_image.title} must not use an image from {retired.place}, "
                    f"which {retired.reason}",
                    fixes=partial(_fixes, pod.text, context, pod_image, retired),
                )


def _fixes(text: str, context: Context, pod_image: PodImage, retired: _Retired) -> tuple[Fix, ...]:
    """Name the successor, unless the settings trust only the old place."""
    reference, successor = pod_image.field.text, retired.successor
    if reference is None or successor is None:
        return ()
    moved = successor + reference[len(retired.place) :]
    registries, image = context.settings.registries, image_of(moved)
    if pod_image.image.is_in(registries) and not (image is not None and image.is_in(registries)):
        return ()
    return fix(f"Pull the image from {successor}", pod_image.field.set(text, moved))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: "k8s.gcr.io/pause:3.9"
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: "registry.k8s.io/pause:3.9"
"""

REFERENCES = (
    "https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/",
    "https://kubernetes.io/blog/2023/03/10/image-registry-redirect/",
)

WEAKNESSES = ("CWE-1104",)

OTHER_TOOLS = {
    "Kubescape": ("C-0253",),
    "Kyverno": ("restrict-deprecated-registry",),
}

ADMISSION = Admission(
    tuple(
        Violation(
            "pod",
            f'(item.name + "/").startsWith("{retired.place}/")',
            f'item.title + " must not use an image from {retired.place}, which {retired.reason}"',
            items="variables.images",
        )
        for retired in _RETIRED
    )
)
