"""What fixes in bulk promise beyond single rules."""

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import (
    IN_A_PATCH,
    IN_BROKEN_TEXT,
    fix_all,
    fixes_of,
    harden,
    harden_container,
    left_for_you,
)
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import OwnImage, Settings
from k8s_lsp.text import apply_edits
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
        - name: other
          securityContext:
            capabilities:
              drop: [NET_RAW]
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


@pytest.mark.parametrize("version", ["1.33", "1.35"])
@pytest.mark.parametrize(
    "pod",
    [
        "",
        "      securityContext: {runAsUser: 0}\n",
        "  hostNetwork: true\n",
        "  hostUsers: true\n",
    ],
)
def test_user_ids_of_its_own_keep_no_pod_from_giving_up_root(version: str, pod: str) -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
        f"    - name: app\n      image: example.com/app:1.4.2\n{pod}"
    )
    images = (OwnImage("example.com/app", user=1000),)
    hardened = harden_text(text, Settings("all", kubernetes_version=version, images=images))
    assert "hostUsers: false\n" in hardened
    assert "runAsNonRoot: true" in hardened
    assert "runAsUser: 0" not in hardened


def test_a_fix_waits_for_those_of_its_own_object_alone() -> None:
    text = "apiVersion: v1\nkind: Pod\nspec:\n  containers: [{name: app, image: example.com/a:1}]\n"
    rules = ("host-user-namespace", "root-user-allowed")
    settings = Settings(
        "all", rules=tuple((each.slug, "off") for each in RULES if each.slug not in rules)
    )
    done = text.replace("spec:", "spec:\n  securityContext: {runAsNonRoot: true}")
    hardened = harden(analyze(f"{text}---\n{done}", settings))
    told = [(each.unit, each.diagnosis.rule.slug) for each in hardened.applied]
    # The second pod has nothing to wait for.
    assert told == [(0, rules[1]), (1, rules[0]), (0, rules[0])]


BROKEN = {
    "a key without a colon": "        capab\n",
    "a quote that is open": '        procMount: "Def\n',
    "a list that is open": "        capabilities: {drop: [ALL\n",
    "too many colons": "        capabilities: drop: ALL\n",
    "a line that stands too far left": "   capabilities:\n",
}


@pytest.mark.parametrize("line", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(
    ("value", "fixed"),
    [
        ("privileged: true", "privileged: false"),
        ("allowPrivilegeEscalation: true", "allowPrivilegeEscalation: false"),
    ],
)
def test_in_a_broken_text_the_value_of_a_finding_is_put_right_and_nothing_else(
    value: str, fixed: str, line: str
) -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n  containers:\n"
        f"    - name: a\n      image: a:1\n      securityContext:\n        {value}\n{line}"
        "    - name: b\n      image: b:1\n"
    )
    analysis = analyze(text, Settings("restricted"))
    assert analysis.units[0].tree.problems
    done = [
        apply_edits(text, [edit.shifted(offset) for edit in fix.edits])
        for offset, diagnosis in analysis.published()
        for fix in fixes_of(analysis, diagnosis)
    ]
    # The token of the node goes with its line, and what is missing is not filled in.
    assert done == [text.replace(value, fixed)]
    slugs = [diagnosis.rule.slug for _, diagnosis in analysis.published()]
    after = [each.rule.slug for _, each in analyze(done[0], Settings("restricted")).published()]
    assert len(after) == len(slugs) - 1 and "host-pid" in after
    # In bulk nothing is changed, and it is said why.
    assert harden(analysis).text == text
    assert {each.reason for each in left_for_you(analysis)} == {IN_BROKEN_TEXT}
