"""Tokens that programs use: how the rest of a file tells, and that hardening leaves them."""

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import fixes_of, left_for_you
from k8s_lsp.engine.incremental import update
from k8s_lsp.engine.results import Analysis
from k8s_lsp.settings import Settings
from tests.fixes import harden_text

SLUG = "service-account-token-mounted"

ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: controller
  namespace: system
"""

BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: controller
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: controller
subjects:
  - kind: ServiceAccount
    name: controller
    namespace: system
"""

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: controller
  namespace: system
spec:
  serviceAccountName: controller
  automountServiceAccountToken: true
  containers:
    - name: controller
      image: example.com/controller:1.4.2
"""

WEB = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: system
spec:
  containers:
    - name: web
      image: example.com/web:1.4.2
"""


def documents(*parts: str) -> str:
    return "---\n".join(parts)


def left(text: str) -> list[tuple[str, str]]:
    """The titles and reasons of the fixes of tokens that are left to a person."""
    analysis = analyze(text)
    return [
        (fix.title, found.reason)
        for found in left_for_you(analysis)
        if found.diagnosis.rule.slug == SLUG
        for fix in fixes_of(analysis, found.diagnosis)
    ]


def lines_about_tokens(analysis: Analysis) -> list[int]:
    return [
        analysis.text.count("\n", 0, offset + diagnosis.finding.span.start)
        for offset, diagnosis in analysis.published()
        if diagnosis.rule.slug == SLUG
    ]


@pytest.mark.parametrize(
    "parts",
    [
        (ACCOUNT, BINDING, POD),
        (POD, BINDING),
        (BINDING, POD.replace("  automountServiceAccountToken: true\n", "")),
        (f"{ACCOUNT}automountServiceAccountToken: true\n", POD),
        (POD,),
    ],
    ids=["bound", "bound below", "not asked for", "the account asks, too", "bound elsewhere"],
)
def test_hardening_never_takes_a_token_that_is_used(parts: tuple[str, ...]) -> None:
    assert "automountServiceAccountToken: false" not in harden_text(documents(*parts), Settings())


def test_hardening_takes_the_token_of_the_pod_beside_it() -> None:
    hardened = harden_text(documents(BINDING, POD, WEB), Settings())
    assert hardened.count("automountServiceAccountToken: false") == 1
    assert hardened.count("automountServiceAccountToken: true") == 1


def test_what_is_left_names_the_binding_and_what_would_be_lost() -> None:
    assert left(documents(ACCOUNT, BINDING, POD)) == [
        (
            "Set automountServiceAccountToken to false and lose what ClusterRoleBinding "
            '"controller" gives',
            'ClusterRoleBinding "controller" gives its ServiceAccount a role',
        )
    ]


def test_without_a_binding_the_account_is_named() -> None:
    account = 'ServiceAccount "controller"'
    assert left(POD) == [
        (
            f"Set automountServiceAccountToken to false and overrule what is written for {account}",
            f"true is written out for {account}",
        )
    ]


def test_a_shared_account_that_is_bound_is_left_and_one_that_is_not_is_hardened() -> None:
    bound = BINDING.replace("name: controller\n    namespace", "name: default\n    namespace")
    assert [reason for _, reason in left(documents(bound, WEB))] == [
        'ClusterRoleBinding "controller" gives its ServiceAccount a role'
    ]
    assert left(documents(BINDING, WEB)) == []


def test_what_is_typed_into_a_binding_counts_at_once() -> None:
    pod = POD.replace("  automountServiceAccountToken: true\n", "")
    text = documents(BINDING, pod, WEB)
    analysis = analyze(text)
    silent = lines_about_tokens(analysis)
    assert len(silent) == 1
    other = text.replace("    name: controller\n    namespace", "    name: other\n    namespace")
    changed = update(analysis, other)
    assert lines_about_tokens(changed) == lines_about_tokens(analyze(other))
    assert len(lines_about_tokens(changed)) == 2
    assert lines_about_tokens(update(changed, text)) == silent


def test_what_is_typed_elsewhere_has_no_other_unit_checked_again() -> None:
    analysis = analyze(documents(ACCOUNT, BINDING, POD, WEB))
    text = analysis.text.replace("web:1.4.2", "web:1.4.3")
    changed = update(analysis, text)
    assert changed.context.facts.reach is analysis.context.facts.reach
    unchanged = zip(analysis.units[:3], changed.units[:3], strict=True)
    assert all(new is old for old, new in unchanged)
    # Nor does what is typed into a binding and tells nothing else about the accounts.
    text = analysis.text.replace("  name: controller\nsubjects", "  name: view\nsubjects")
    changed = update(analysis, text)
    assert changed.units[0] is analysis.units[0]
    assert changed.units[2] is analysis.units[2]
