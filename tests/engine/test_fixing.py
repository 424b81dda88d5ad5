"""What fixes in bulk promise beyond single rules."""

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import (
    IN_A_PATCH,
    fix_all,
    fixes_of,
    harden_container,
    left_for_you,
)
from k8s_lsp.settings import Settings
from tests.engine.test_analysis import DEPLOYMENT
from tests.fixes import harden_text


def test_harden_reaches_a_fixpoint_and_fix_all_keeps_the_object() -> None:
    hardened = harden_text(DEPLOYMENT, Settings())
    assert harden_text(hardened, Settings()) == hardened
    assert hardened != DEPLOYMENT
    assert fix_all(analyze(DEPLOYMENT)).text == DEPLOYMENT


PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      hostNetwork: true
      containers:
        - name: app
          image: example.com/app:1.5.0
          securityContext:
            privileged: true
            capabilities:
              drop: [NET_RAW]
        - name: other
          env:
            - {name: A, value: "1"}
"""


def test_a_patch_is_changed_by_a_person_alone_and_nothing_is_filled_in() -> None:
    analysis = analyze(PATCH, Settings("all"))
    assert harden_text(PATCH, Settings("all")) == PATCH
    assert fix_all(analysis).text == PATCH
    fixes = {
        diagnosis.rule.slug: [fix.title for fix in fixes_of(analysis, diagnosis)]
        for _, diagnosis in analysis.published()
    }
    assert fixes == {
        "privileged-container": ["Set privileged to false"],
        "host-network": ["Remove hostNetwork"],
        "capabilities-not-dropped": [],
        "unpinned-image": [],
    }
    assert [left.diagnosis.rule.slug for left in left_for_you(analysis)] == [
        "host-network",
        "privileged-container",
    ]
    assert {left.reason for left in left_for_you(analysis)} == {IN_A_PATCH}


def test_what_is_set_in_a_whole_object_is_changed_as_ever() -> None:
    whole = PATCH.replace("spec:\n", "spec:\n  selector: {matchLabels: {app: web}}\n", 1)
    whole = whole.replace("name: other\n", "name: other\n          image: b:1\n")
    hardened = harden_text(whole, Settings("all"))
    assert "privileged: false" in hardened
    assert "seccompProfile" in hardened


def test_harden_container_stays_inside_of_it() -> None:
    two = DEPLOYMENT + "        - name: other\n          image: example.com/other:2.0.0\n"
    path = ("spec", "template", "spec", "containers", 0)
    hardened = harden_container(analyze(two), 0, path).text
    assert hardened.endswith(two[two.index("        - name: other") :])
    assert hardened.startswith(two[: two.index("          image: example.com/app")])
    assert "allowPrivilegeEscalation: false" in hardened
    assert hardened.count("allowPrivilegeEscalation") == 1
