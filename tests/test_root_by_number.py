"""A `runAsUser: 0`: of an image that is not known it is left in bulk, and one fix gives it up."""

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import left_for_you, preferred_fix
from k8s_lsp.settings import OwnImage, Settings
from k8s_lsp.text import apply_edits
from tests.fixes import harden_text

ON_PURPOSE = "the file sets runAsUser to 0 for an image that is not known"


def pod(of_pod: str, *of_containers: str, image: str = "example.com/app:1.4.2") -> str:
    """A pod with security contexts in flow style, an empty one for none."""
    lines = ["apiVersion: v1", "kind: Pod", "metadata:", "  name: web", "spec:"]
    if of_pod:
        lines.append(f"  securityContext: {of_pod}")
    lines.append("  containers:")
    for number, context in enumerate(of_containers):
        lines += [f"    - name: c{number}", f"      image: {image}"]
        if context:
            lines.append(f"      securityContext: {context}")
    return "\n".join(lines) + "\n"


def reasons(text: str) -> list[str]:
    analysis = analyze(text, Settings("recommended"))
    return [
        each.reason for each in left_for_you(analysis) if each.diagnosis.rule.slug == "root-user"
    ]


def fixed_alone(text: str) -> tuple[str, str]:
    """The title of the preferred fix of the first finding about a 0, and the text after it."""
    analysis = analyze(text, Settings("recommended"))
    found = (diagnosis for _, diagnosis in analysis.published())
    fix = preferred_fix(analysis, next(each for each in found if each.rule.slug == "root-user"))
    assert fix is not None
    return fix.title, apply_edits(text, fix.edits)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("", "{runAsUser: 0}"), ("", "{runAsNonRoot: true}")),
        (("{runAsUser: 0}", ""), ("{runAsNonRoot: true}", "")),
        (("{fsGroup: 1, runAsUser: 0}", "", ""), ("{fsGroup: 1, runAsNonRoot: true}", "", "")),
        (("{runAsUser: 1000}", "{runAsUser: 0}"), ("{runAsUser: 1000}", "{runAsNonRoot: true}")),
        (("{runAsUser: 0}", "{runAsUser: 0}"), ("{runAsNonRoot: true}", "")),
        (("{runAsUser: 0}", "{runAsUser: 1000}", ""), None),
    ],
    ids=["container", "pod", "two heirs", "other user in the pod", "both", "one heir"],
)
def test_one_fix_gives_it_up_and_says_what_breaks(
    before: tuple[str, ...], after: tuple[str, ...] | None
) -> None:
    text = pod(*before)
    assert set(reasons(text)) == {ON_PURPOSE}
    assert "runAsUser: 0" in harden_text(text, Settings("recommended"))
    title, fixed = fixed_alone(text)
    assert title.endswith(": an image that runs as root will not start")
    assert "runAsUser: 0" not in fixed
    assert after is None or fixed == pod(*after)


@pytest.mark.parametrize(
    "contexts",
    [
        ("", "{runAsNonRoot: true, runAsUser: 0}"),
        ("{runAsNonRoot: true, runAsUser: 0}", ""),
        ("{runAsUser: 0}", "{runAsUser: 1000}"),
    ],
    ids=["kept from starting", "kept from starting by the pod", "for nobody"],
)
def test_where_it_does_nothing_but_harm_it_goes_in_bulk(contexts: tuple[str, ...]) -> None:
    text = pod(*contexts)
    assert reasons(text) == []
    assert "runAsUser: 0" not in harden_text(text, Settings("recommended"))


def test_a_known_image_gets_its_user_in_bulk() -> None:
    text = pod("", "{runAsUser: 0}", image="redis:7.2.4")
    assert reasons(text) == []
    assert "runAsUser: 999" in harden_text(text, Settings("recommended"))


def test_a_known_image_beside_one_that_is_not_leaves_what_both_inherit() -> None:
    text = pod("{runAsUser: 0}", "", "").replace("example.com/app:1.4.2", "redis:7.2.4", 1)
    assert reasons(text) == [ON_PURPOSE]


def test_an_image_of_the_settings_is_known() -> None:
    text = pod("", "{runAsUser: 0}")
    own = OwnImage("example.com/app", user=1000)
    hardened = harden_text(text, Settings("recommended", images=(own,)))
    assert "runAsUser: 1000" in hardened


def test_values_of_a_chart_are_left_too() -> None:
    text = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n"
        "spec:\n  values:\n    controllers:\n      main:\n        pod:\n"
        "          securityContext: {runAsUser: 0}\n"
    )
    assert reasons(text) == [ON_PURPOSE]
    assert harden_text(text, Settings("recommended")) == text
