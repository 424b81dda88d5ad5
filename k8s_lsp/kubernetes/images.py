"""Image references: `registry.example.com:5000/team/app:1.4.2@sha256:…`."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.places import EXACT
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.regexes import regex

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
REGISTRY = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
"""What may stand before the first slash of a reference as the name of a registry."""

REFERENCE = regex(
    rf"(?:(?P<registry>{REGISTRY})/)?"
    rf"(?P<repository>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
"""The grammar of github.com/distribution/reference, which the kubelet reads images with."""


class Image(NamedTuple):
    """What a reference names, with what the runtime adds to a short one."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def name(self) -> str:
        """The full name without tag and digest: `docker.io/library/nginx`."""
        return f"{self.registry}/{self.repository}"

    @property
    def is_latest(self) -> bool:
        """Whether the tag is `latest`, or stands for it by its absence; a digest is neither."""
        return self.digest is None and self.tag in (None, "latest")

    def is_in(self, places: Iterable[str]) -> bool:
        """Whether the image is in one of some registries, or in a part of one.

        A place ends at a slash whether it is written or not, so that `example.com` does not trust
        `example.com.evil.org`.
        """
        return any(f"{self.name}/".startswith(place.lower().rstrip("/") + "/") for place in places)


@lru_cache(maxsize=256)
def image_of(text: str) -> Image | None:
    """The image that a reference names; None for what is no reference, such as `$IMAGE` or ``.

    What stands before the first slash is a registry only if it looks like one (reference,
    splitDockerDomain): it has a dot, a colon or capitals, or is `localhost`.
    """
    match = REFERENCE.fullmatch(text)
    if match is None:
        return None
    first, repository = match["registry"], match["repository"]
    if first is not None and not (
        re.search("[.:A-Z]", first) or first.startswith("[") or first == "localhost"
    ):
        first, repository = None, f"{first}/{repository}"
    registry = "docker.io" if first in (None, "index.docker.io") else str(first).lower()
    if registry == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    return Image(registry, repository, match["tag"], match["digest"])


def bare_name(reference: str) -> str:
    """A reference as it is written, without tag and digest: `nginx` of `nginx:1.29`."""
    name = reference.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


class PodImage(NamedTuple):
    """One image that a pod pulls: of a container, or of an image volume."""

    owner: Container | Pod
    title: str
    field: Field
    policy: Field
    image: Image

    @property
    def short(self) -> str:
        """The end of the reference, as people call the image: `nginx:1.29`."""
        return (self.field.text or "").rpartition("/")[2]


def images_of(pod: Pod) -> Iterator[PodImage]:
    """The images of a pod, of every container type, as far as the text tells them."""
    for container in pod.containers:
        if container.is_partial and container.handling is EXACT:
            continue
        field = container.get("image")
        image = image_of(field.string or "")
        if image is not None:
            yield PodImage(
                container, str(container), field, container.get("imagePullPolicy"), image
            )
    for volume in pod.volumes():
        field = volume.get("image", "reference")
        image = image_of(field.string or "")
        if image is not None:
            title = f'image volume "{volume.get("name").text}"'
            yield PodImage(pod, title, field, volume.get("image", "pullPolicy"), image)
