"""What is told of fixes in bulk: which were taken, where things stood before, what may follow."""

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import harden, harden_container
from k8s_lsp.engine.hardened import Consequence, Hardened, consequences, gravest
from k8s_lsp.settings import Settings
from k8s_lsp.text import Edit, Span
from tests.engine.test_analysis import DEPLOYMENT

TWO = DEPLOYMENT + "        - name: other\n          image: example.com/other:2.0.0\n"
RESTRICTED = Settings("restricted")


def test_a_fix_for_the_pod_is_told_of_each_container_that_it_was_for() -> None:
    hardened = harden(analyze(TWO, RESTRICTED))
    told = [applied for applied in hardened.applied if "runAsNonRoot" in applied.fix.title]
    assert len(told) == 2
    assert {applied.fix.title for applied in told} == {"Set runAsNonRoot to true for the pod"}
    (line,) = (str(each) for each in consequences(hardened) if each.risk == "start")
    assert line.startswith("runAsNonRoot was set for 2 containers: ")


def test_what_one_container_gets_is_told_of_that_alone() -> None:
    path = ("spec", "template", "spec", "containers", 1)
    hardened = harden_container(analyze(TWO, RESTRICTED), 0, path)
    assert hardened.applied
    assert {each.containers for each in consequences(hardened)} == {1}


def test_the_same_objects_in_two_documents_are_counted_apart() -> None:
    found = consequences(harden(analyze(f"{TWO}---\n{TWO}", RESTRICTED)))
    assert {(each.pods, each.containers) for each in found} == {(2, 4)}


def test_where_nothing_is_fixed_nothing_is_told() -> None:
    hardened = harden(analyze("a: 1\n"))
    assert (hardened.text, hardened.applied, hardened.rounds) == ("a: 1\n", (), ())
    assert consequences(hardened) == ()


def test_every_line_that_stays_is_found_where_it_was() -> None:
    text = f"{TWO}---\n{TWO}".replace("spec:\n      ", "spec:\n      hostNetwork: true\n      ")
    hardened = harden(analyze(text))
    assert len(hardened.rounds) > 1
    before, after = text.splitlines(keepends=True), hardened.text.splitlines(keepends=True)
    kept = [line for line in after if line in before]
    assert len(kept) > 20
    offset = 0
    for line in after:
        place = hardened.place_before(offset)
        if line in before:
            assert text.startswith(line, place), line
        offset += len(line)
    assert hardened.place_before(len(hardened.text)) == len(text)


@pytest.mark.parametrize(
    ("after", "before"),
    [("a", "a"), ("x", "b"), ("y", "b"), ("c", "c"), ("e", "e"), ("z", "f"), ("f", "f")],
)
def test_a_place_before_edits(after: str, before: str) -> None:
    text, edited = "abcdef", "axyceZzf".replace("Z", "")
    edits = (Edit(Span(1, 2), "xy"), Edit(Span(3, 4), ""), Edit(Span(5, 5), "z"))
    hardened = Hardened(analyze(edited), rounds=(edits,))
    assert text[hardened.place_before(edited.index(after))] == before


def test_the_gravest_come_first_and_those_of_one_kind_together() -> None:
    limit = Consequence("b", "limit", "information", "limits", 1, 1)
    start = Consequence("a", "start", "warning", "for {pods} with {containers}", 1, 2)
    works = [Consequence("c", "function", level, level, 1, 1) for level in ("warning", "error")]
    told = gravest([*works, limit, start, limit, start])
    assert [str(each) for each in told] == ["for 2 pods with 4 containers", "limits", "error"]


def told_of(spec: str, container: str = "") -> list[str]:
    """What is told of a pod, given more of its spec and of its container."""
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n{spec}  containers:\n"
    text = f"{pod}    - name: app\n      image: example.com/app:1.4.2\n{container}"
    return [str(each) for each in gravest(consequences(harden(analyze(text))))]


LOST = "1 container lost access to the node: what needs its devices or its kernel fails"


def test_what_was_asked_for_and_taken_away_is_told_first_and_in_one_line() -> None:
    context = "      securityContext: {privileged: true, capabilities: {add: [CHOWN]}}\n"
    first, second, *_ = told_of("  hostPID: true\n  hostIPC: true\n", context)
    assert first == LOST
    assert second.startswith("runAsNonRoot was set for 1 container")


@pytest.mark.parametrize(
    ("names", "is_told"), [("[NET_ADMIN]", True), ("[net_bind_service]", False), ("[]", False)]
)
def test_a_capability_that_is_spelled_right_is_not_lost(names: str, is_told: bool) -> None:
    context = f"      securityContext: {{capabilities: {{add: {names}}}}}\n"
    assert (LOST in told_of("", context)) == is_told


def test_limits_are_told_where_nothing_was_lost() -> None:
    assert any(line.startswith("limits and requests are defaults") for line in told_of(""))


@pytest.mark.parametrize(
    ("image", "is_told"),
    [
        ("registry.k8s.io/external-dns/external-dns:v0.15.0", False),
        ("registry.k8s.io/pause:3.10", False),
        ("example.com/external-dns:v0.15.0", True),
        # What is only general knowledge does not comfort anybody.
        ("cgr.dev/chainguard/node:20", True),
    ],
)
def test_an_image_that_is_known_to_have_a_number_starts(image: str, is_told: bool) -> None:
    own = DEPLOYMENT.partition("image: ")[2].partition("\n")[0]
    told = consequences(harden(analyze(DEPLOYMENT.replace(own, image))))
    assert any(each.text.startswith("runAsNonRoot was set") for each in told) == is_told
