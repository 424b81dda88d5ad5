"""References of images: what the runtime makes of them, and which of them are trusted."""

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import fixes_of
from k8s_lsp.kubernetes.images import Image, image_of
from k8s_lsp.settings import Settings

DIGEST = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("nginx", Image("docker.io", "library/nginx", None, None)),
        ("nginx:1.29", Image("docker.io", "library/nginx", "1.29", None)),
        ("index.docker.io/nginx", Image("docker.io", "library/nginx", None, None)),
        ("grafana/loki:3", Image("docker.io", "grafana/loki", "3", None)),
        ("localhost/app", Image("localhost", "app", None, None)),
        ("app:5000/team/app", Image("app:5000", "team/app", None, None)),
        ("[::1]:5000/app:1", Image("[::1]:5000", "app", "1", None)),
        ("GHCR.io/acme/app", Image("ghcr.io", "acme/app", None, None)),
        (f"quay.io/app:1@{DIGEST}", Image("quay.io", "app", "1", DIGEST)),
        (f"app@{DIGEST}", Image("docker.io", "library/app", None, DIGEST)),
    ],
)
def test_a_reference_is_read_as_the_kubelet_reads_it(text: str, image: Image) -> None:
    assert image_of(text) == image


@pytest.mark.parametrize(
    "text",
    [
        "",
        " nginx",
        "Nginx",
        "$IMAGE",
        "${REGISTRY}/app",
        "quay.io/",
        "app:",
        "app@sha256:1",
        "a//b",
    ],
)
def test_what_is_no_reference_is_not_guessed(text: str) -> None:
    assert image_of(text) is None


@pytest.mark.parametrize(
    ("place", "is_in"),
    [
        ("ghcr.io", True),
        ("ghcr.io/", True),
        ("GHCR.io/acme/", True),
        ("ghcr.io/acme/app", True),
        ("ghcr.io/acm", False),
        ("ghcr", False),
        ("docker.io/", False),
    ],
)
def test_a_place_ends_at_a_slash(place: str, is_in: bool) -> None:
    image = image_of("ghcr.io/acme/app:1.4.2")
    assert image is not None
    assert image.is_in([place]) is is_in


def slugs(registries: tuple[str, ...], image: str) -> set[str]:
    text = f"""
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  containers:
    - name: app
      image: {image}
"""
    found = analyze(text, Settings("all", registries=registries)).published()
    return {each.rule.slug for _, each in found}


def test_without_a_list_every_registry_is_trusted() -> None:
    assert "untrusted-image-registry" not in slugs((), "nginx:1.29")
    assert "untrusted-image-registry" in slugs(("quay.io/",), "nginx:1.29")
    assert "untrusted-image-registry" not in slugs(("docker.io/library/",), "nginx:1.29")


def test_no_fix_leads_from_a_trusted_registry_to_another_one() -> None:
    text = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: app
      image: k8s.gcr.io/pause:3.9
"""
    for registries, is_offered in (
        ((), True),
        (("quay.io/",), True),
        (("k8s.gcr.io/",), False),
        (("k8s.gcr.io/", "registry.k8s.io/"), True),
    ):
        analysis = analyze(text, Settings(registries=registries))
        [retired] = [
            each for _, each in analysis.published() if each.rule.slug == "retired-registry"
        ]
        assert bool(fixes_of(analysis, retired)) is is_offered
