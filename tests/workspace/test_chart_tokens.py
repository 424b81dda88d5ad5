"""Whether a token is used that the values of a chart turn on, by what its templates say."""

from textwrap import dedent

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.kubernetes.queries import Reach, is_bound_by_chart
from k8s_lsp.settings import Settings
from k8s_lsp.workspace.index import NO_INDEX
from tests.workspace.folders import index_of, place

VALUE = "web.serviceAccount.automount"
VALUES = "web: {serviceAccount: {create: true, automount: true}}\n"

ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "shop.web.account" . }}
automountServiceAccountToken: {{ .Values.web.serviceAccount.automount }}
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  template:
    spec:
      serviceAccountName: {{ include "shop.web.account" . }}
      automountServiceAccountToken: {{ .Values.web.serviceAccount.automount }}
      containers:
      - name: web
        image: web:1
"""

BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .Release.Name }}-web
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .Release.Name }}-web
subjects:
- kind: ServiceAccount
  name: {{ include "shop.web.account" . }}
  namespace: {{ .Release.Namespace }}
"""


def is_bound(*templates: str, value: str = VALUE, chart: str = "shop/") -> bool:
    """Whether the templates of a chart, which is a folder or all there is, give a role."""
    roots = (chart[:-1],) if chart else ()
    texts = {f"{chart}templates/{n}.yaml": text for n, text in enumerate(templates)}
    index = index_of(texts, roots)
    return is_bound_by_chart(
        Reach((), index.surroundings(place(f"{chart}values.yaml", roots))), value
    )


@pytest.mark.parametrize("chart", ["shop/", ""])
def test_an_account_that_a_template_binds_is_known_by_its_expression(chart: str) -> None:
    assert is_bound(ACCOUNT, BINDING, chart=chart)
    assert is_bound(DEPLOYMENT, BINDING, chart=chart)
    assert not is_bound(ACCOUNT, DEPLOYMENT, chart=chart)
    assert not is_bound(ACCOUNT, BINDING.replace("shop.web", "shop.node"), chart=chart)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{{ include "shop.web.account" . }}', '{{ template "shop.web.account" . }}'),
        ('{{ include "shop.web.account" . }}', '{{- include "shop.web.account" $ | quote -}}'),
        ('{{ include "shop.web.account" . }}', '"{{ include "shop.web.account" . }}"'),
        ('{{ include "shop.web.account" . }}', "{{include `shop.web.account` .}}"),
        ('{{ include "shop.web.account" . }}', '{{ (include "shop.web.account" .) | quote }}'),
        ("kind: RoleBinding", "kind: ClusterRoleBinding"),
        # Without a kind or a version it is no object, and says the same.
        ("kind: RoleBinding", 'kind: {{ .Values.wide | ternary "Cluster" "" }}RoleBinding'),
        ("apiVersion: rbac.authorization.k8s.io/v1", 'apiVersion: {{ include "shop.rbac" . }}'),
    ],
)
def test_it_does_not_matter_how_a_binding_writes_it(old: str, new: str) -> None:
    assert old in BINDING
    assert is_bound(ACCOUNT, BINDING.replace(old, new))
    assert not is_bound(ACCOUNT, BINDING.replace("shop.web", "shop.node").replace(old, new))


def test_a_name_is_compared_whole() -> None:
    named = '{{ include "shop.name" . }}-web'
    account = ACCOUNT.replace('{{ include "shop.web.account" . }}', named)
    binding = BINDING.replace('{{ include "shop.web.account" . }}', named)
    assert is_bound(account, binding)
    assert not is_bound(account, binding.replace("-web\n  namespace", "-node\n  namespace"))
    plain = [
        text.replace('{{ include "shop.web.account" . }}', "web") for text in (ACCOUNT, BINDING)
    ]
    assert is_bound(*plain)
    assert not is_bound(plain[0], plain[1].replace("name: web\n", "name: node\n"))


def test_an_account_of_no_name_is_the_one_of_all_pods() -> None:
    pod = DEPLOYMENT.replace('      serviceAccountName: {{ include "shop.web.account" . }}\n', "")
    assert not is_bound(pod, BINDING)
    assert is_bound(pod, BINDING.replace('{{ include "shop.web.account" . }}', "default"))


@pytest.mark.parametrize(
    "template",
    [
        # A variable, and what `with` shortens.
        ACCOUNT.replace("{{ .Values.web.serviceAccount.automount }}", "{{ $automount }}"),
        ACCOUNT.replace("{{ .Values.web.serviceAccount.automount }}", "{{ .automount }}"),
        # It is another value, and one whose path only begins alike.
        ACCOUNT.replace("web.serviceAccount", "node.serviceAccount"),
        ACCOUNT.replace("serviceAccount.automount", "serviceAccount.automounted"),
    ],
)
def test_where_no_template_is_understood_any_binding_counts(template: str) -> None:
    assert is_bound(template, BINDING.replace("shop.web", "shop.node"))
    assert not is_bound(template, DEPLOYMENT.replace("web.serviceAccount", "node.serviceAccount"))


def test_what_binds_a_user_or_group_binds_no_account() -> None:
    assert not is_bound(ACCOUNT, BINDING.replace("kind: ServiceAccount", "kind: Group"))


def test_the_templates_of_other_charts_tell_nothing() -> None:
    roots = ("shop", "other")
    texts = {
        "shop/templates/account.yaml": ACCOUNT,
        "other/templates/account.yaml": ACCOUNT,
        "other/templates/binding.yaml": BINDING,
        "binding.yaml": BINDING,
    }
    index = index_of(texts, roots)
    for chart, expected in (("shop", False), ("other", True)):
        surroundings = index.surroundings(place(f"{chart}/values.yaml", roots))
        assert is_bound_by_chart(Reach((), surroundings), VALUE) == expected


@pytest.mark.parametrize(("templates", "told"), [((ACCOUNT,), 1), ((ACCOUNT, BINDING), 0)])
def test_values_are_told_a_token_that_nothing_in_the_chart_uses(
    templates: tuple[str, ...], told: int
) -> None:
    roots = ("shop",)
    texts = {f"shop/templates/{n}.yaml": text for n, text in enumerate(templates)}
    surroundings = index_of(texts, roots).surroundings(place("shop/values.yaml", roots))
    analysis = analyze(VALUES, Settings("all"), is_values=True, surroundings=surroundings)
    found = [each.rule.slug for _, each in analysis.published()]
    assert found.count("service-account-token-mounted") == told


def test_a_template_without_a_name_is_no_account_of_others() -> None:
    """What is told of pods beside a chart depends on accounts that have names."""
    pod = dedent(
        """\
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          serviceAccountName: web
          containers: [{name: web, image: "web:1"}]
        """
    )
    roots = ("shop",)
    with_chart = index_of(
        {"shop/templates/a.yaml": ACCOUNT, "shop/templates/b.yaml": BINDING}, roots
    )
    found = [
        [
            (
                each.rule.slug,
                each.finding.message,
                [one.left_because for one in each.finding.fixes()],
            )
            for _, each in analyze(
                pod, Settings("all"), surroundings=index.surroundings(place("pod.yaml", roots))
            ).published()
        ]
        for index in (with_chart, NO_INDEX)
    ]
    assert found[0] == found[1]
    assert any(slug == "service-account-token-mounted" for slug, _, _ in found[0])
