"""An image comes from outside the trusted registries.

Which registries are trusted is your choice: this rule's option `registries` lists hosts, or
parts of them (`registry.example.com/`, `ghcr.io/acme/`). While that list is empty, this rule
says nothing. An image without a host comes from Docker Hub, `docker.io`, and official images
from `docker.io/library/`.

Give the rule a severity beside the list, in `.k8s-lsp.yaml` or in the editor's settings:

    rules:
      untrusted-image-registry:
        severity: error
        registries: [registry.example.com/]

Anyone can publish on a public registry, under names that differ by one letter from the
well-known ones. A registry of your own, or one that mirrors what was checked, is where
scanning, signing and retention happen, and it still serves when the public one limits or
deletes.

To find out what breaks, copy the image to a trusted registry first and see whether the nodes
have credentials to pull it from there (`imagePullSecrets`).
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.images import images_of
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Option, found, rule


@rule(
    severity="off",
    subject=POD,
    options=(
        Option(
            "registries",
            "strings",
            (),
            "the trusted registries, or parts of them: `registry.example.com/`, `ghcr.io/acme/`",
        ),
    ),
)
def untrusted_image_registry(pod: Pod, context: Context) -> Iterator[Finding]:
    registries = context.settings.registries
    if not registries:
        return
    for pod_image in images_of(pod):
        if not pod_image.image.is_in(registries):
            yield found(
                pod_image.field,
                f'{pod_image.title} must use a trusted registry for image "{pod_image.short}"',
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
      image: registry.example.com/app:1.4.2
"""

REFERENCES = ("https://kubernetes.io/docs/concepts/containers/images/",)

BENCHMARKS = ("NSA/CISA",)

WEAKNESSES = ("CWE-829",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0125",),
    "Kubescape": ("C-0001", "C-0078"),
    "Kyverno": ("restrict-image-registries",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            """
            variables.registries.size() > 0 &&
              !variables.registries.exists(each, (item.name + "/").startsWith(each))
            """,
            "item.title + ' must use a trusted registry for image \"' + item.short + '\"'",
            items="variables.images",
        ),
    ),
    constants=lambda settings, version: {
        "registries": tuple(f"{each.lower().rstrip('/')}/" for each in settings.registries)
    },
)
