"""The files of a chart that its templates read: what they lack, a template may add."""

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import harden
from k8s_lsp.settings import Settings
from tests.workspace.folders import index_of, place

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostNetwork: true
  containers: [{name: web, image: "web:1"}]
"""
TEMPLATE = '{{ tpl (.Files.Get "files/pod.yaml") . }}\n'


@pytest.mark.parametrize(
    ("path", "others", "is_read"),
    [
        ("shop/files/pod.yaml", ("shop/templates/pod.yaml",), True),
        ("shop/files/deep/pod.yaml", ("shop/templates/deep/pod.yaml",), True),
        ("shop/files/files/pod.yaml", ("shop/templates/pod.yaml",), True),
        # Helm applies these as they are, or nobody says what they are for.
        ("shop/crds/pod.yaml", ("shop/templates/pod.yaml",), False),
        ("shop/examples/files/pod.yaml", ("shop/templates/pod.yaml",), False),
        ("shop/myfiles/pod.yaml", ("shop/templates/pod.yaml",), False),
        # It is no chart with templates: those are another one's, or there are none.
        ("shop/files/pod.yaml", ("other/templates/pod.yaml",), False),
        ("shop/files/pod.yaml", ("shop/values.yaml",), False),
        ("files/pod.yaml", ("templates/pod.yaml",), False),
    ],
)
def test_what_templates_read_is_a_part(path: str, others: tuple[str, ...], is_read: bool) -> None:
    index = index_of({path: POD, **dict.fromkeys(others, TEMPLATE)}, ("shop", "other"))
    surroundings = index.surroundings(place(path, ("shop", "other")))
    analysis = analyze(POD, Settings("all"), surroundings=surroundings)
    found = {each.rule.slug for _, each in analysis.published()}
    assert "host-network" in found
    assert ("capabilities-not-dropped" in found) != is_read
    reason = analysis.context.facts.why_patch(analysis.units[0].objects[0])
    assert reason == ("the templates of its chart read it, and may change it" if is_read else None)


def test_nothing_is_filled_into_what_templates_read() -> None:
    index = index_of({"shop/files/a.yaml": POD, "shop/templates/a.yaml": TEMPLATE}, ("shop",))
    surroundings = index.surroundings(place("shop/files/a.yaml", ("shop",)))
    assert harden(analyze(POD, Settings(), surroundings=surroundings)).text == POD
    assert harden(analyze(POD, Settings())).text != POD
