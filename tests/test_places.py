"""How people name places, and what a team's settings say of a kind."""

import pytest

from k8s_lsp.kubernetes.places import AS_WRITTEN, EXACT, CorePlace, own_places, pattern_of
from k8s_lsp.settings import OwnKind, OwnPlace, Settings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spec", ("spec",)),
        ("spec.template", ("spec", "template")),
        ("spec.sidecars[]", ("spec", "sidecars", "[]")),
        ("spec.roles{}[].pod-spec", ("spec", "roles", "{}", "[]", "pod-spec")),
        ("", None),
        (".spec", None),
        ("spec.", None),
        ("spec..a", None),
        ("spec.a[0]", None),
        ("spec.[]", None),
        ("[]", None),
        ("spec.*", None),
        ("spec.a b", None),
        ("spec\n", None),
    ],
)
def test_a_pattern_is_written_as_a_path(text: str, expected: tuple[str, ...] | None) -> None:
    assert pattern_of(text) == expected


def test_the_places_of_a_kind_are_those_of_its_group() -> None:
    places = (OwnPlace("spec.pod", "PodSpec"), OwnPlace("spec.over", "PodSpec", hardened=True))
    settings = Settings(custom_resources=(OwnKind("example.com", "Widget", places),))
    assert own_places(settings, "example.com", "Widget") == (
        CorePlace(("spec", "pod"), "PodSpec", EXACT),
        CorePlace(("spec", "over"), "PodSpec", AS_WRITTEN),
    )
    assert own_places(settings, "example.org", "Widget") == ()
    assert own_places(settings, "example.com", "Gadget") == ()
