"""What an exported policy says, and of which rules there are some."""

import re
from typing import Any

import pytest
import yaml

from k8s_lsp.exports.admission_policy import API_VERSION, admission_policies, policy_name
from k8s_lsp.exports.cel import literal
from k8s_lsp.exports.resources import RESOURCES
from k8s_lsp.exports.written import yaml_text
from k8s_lsp.kubernetes.versions import Version, version_of
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.admission import Admission, Undecidable
from k8s_lsp.rules.base import Context, Rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import AdmissionPolicies, Settings

OF_OTHER_OBJECTS = {
    *("service-account-token-mounted", "missing-role", "unused-service-account"),
    *("ingress-without-tls", "missing-network-policy", "dangling-network-policy"),
    *("namespace-refuses-pod", "missing-config-source"),
}
"""The rules that ask about other objects than the one that they look at."""

OF_TEXT = {
    *("misplaced-field", "misspelled-field", "quoted-boolean", "quoted-number", "duplicate-key"),
    *("yaml-syntax", "unused-ignore", "plain-secret"),
}
"""The rules about how an object is written, of which nothing is left once it is decoded."""

RESERVED = {
    *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "in", "let"),
    *("loop", "package", "namespace", "return", "var", "void", "while", "true", "false", "null"),
}
"""What CEL lets nothing be called (cel-spec, "Syntax")."""

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)


def policies(settings: Settings = Settings()) -> dict[str, Any]:  # noqa: B008
    """The policies of some settings, by the slugs of their rules, each with its binding."""
    version = version_of(settings.kubernetes_version)
    exported = admission_policies(Context(settings, version))
    assert [each["kind"] for each in exported[::2]] == ["ValidatingAdmissionPolicy"] * (
        len(exported) // 2
    )
    return {
        policy["metadata"]["labels"]["k8s-lsp/rule"]: (policy["spec"], binding["spec"])
        for policy, binding in zip(exported[::2], exported[1::2], strict=True)
    }


ALL = policies(Settings("all", registries=("registry.example.com",)))


@each_rule
def test_every_rule_says_how_admission_decides_it_or_why_it_cannot(rule: Rule) -> None:
    how = rule.admission
    if isinstance(how, Undecidable):
        assert how.reason != "its file does not say how"
        assert not how.reason.endswith(".")
    else:
        assert rule.slug in ALL


def test_every_control_of_pod_security_is_exported_at_its_level() -> None:
    for level in ("baseline", "restricted"):
        for version in ("1.30", "latest"):
            settings = Settings(level, version)
            asked = {rule.slug for rule in RULES if rule.control_at(version_of(version), level)}
            assert policies(settings).keys() == asked


def test_nine_of_ten_rules_about_one_object_are_exported() -> None:
    slugs = {rule.slug for rule in RULES}
    of_one = slugs - OF_OTHER_OBJECTS - OF_TEXT
    assert slugs >= OF_OTHER_OBJECTS | OF_TEXT
    assert ALL.keys() <= of_one
    print(f"{len(ALL)} of {len(of_one)} rules about one object, of {len(slugs)}")
    assert len(ALL) >= 0.9 * len(of_one)


@each_rule
def test_expressions_name_what_is_there(rule: Rule) -> None:
    if rule.slug not in ALL:
        return
    spec, _ = ALL[rule.slug]
    known: set[str] = set()
    for variable in spec["variables"]:
        assert set(re.findall(r"\bvariables\.(\w+)", variable["expression"])) <= known
        assert re.fullmatch(r"[a-zA-Z]\w*", variable["name"])
        assert variable["name"] not in RESERVED
        known.add(variable["name"])
    assert "findings" in known
    assert isinstance(rule.admission, Admission)
    used = str(rule.admission.violations) + str(rule.admission.variables)
    assert {name for name, _ in rule.admission.variables} <= known, "the others are not used"
    assert all(f"variables.{name}" in used for name, _ in rule.admission.variables)


@each_rule
def test_a_policy_is_asked_about_the_kinds_of_its_rule(rule: Rule) -> None:
    if rule.slug not in ALL or rule.kinds is None:
        return
    spec, _ = ALL[rule.slug]
    rules = spec["matchConstraints"]["resourceRules"]
    asked = {name for each in rules for name in each["resources"]}
    kinds = rule.kinds & RESOURCES.keys()
    assert isinstance(rule.admission, Admission)
    if rule.admission.kinds is None:
        expected = {RESOURCES[kind].plural for kind in kinds}
        expected |= {"pods/ephemeralcontainers"} if kinds >= WITH_POD else set()
        assert asked == expected
    assert all(each["operations"] == ["CREATE", "UPDATE"] for each in rules)


def test_severities_become_actions() -> None:
    told = {slug: binding["validationActions"] for slug, (_, binding) in policies().items()}
    assert told["host-network"] == ["Deny"]
    assert told["root-user-allowed"] == ["Warn"]
    assert told["missing-cpu-request"] == ["Audit"]
    settings = Settings(
        rules=(("host-network", "hint"), ("host-pid", "off")),
        admission_policies=AdmissionPolicies(warning="deny", hint="warn"),
    )
    told = {slug: binding["validationActions"] for slug, (_, binding) in policies(settings).items()}
    assert told["host-network"] == ["Warn"]
    assert told["root-user-allowed"] == ["Deny"]
    assert "host-pid" not in told


def test_what_is_exempt() -> None:
    chosen = AdmissionPolicies(
        failure_policy="ignore",
        exempt_namespaces=("kube-system", "istio-system"),
        exempt_labels=("example.com/exempt", "team=platform"),
    )
    spec, binding = policies(Settings(admission_policies=chosen))["host-network"]
    assert spec["failurePolicy"] == "Ignore"
    assert binding == {
        "policyName": "k8s-lsp-host-network",
        "validationActions": ["Deny"],
        "matchResources": {
            "namespaceSelector": {
                "matchExpressions": [
                    {
                        "key": "kubernetes.io/metadata.name",
                        "operator": "NotIn",
                        "values": ["kube-system", "istio-system"],
                    }
                ]
            },
            "objectSelector": {
                "matchExpressions": [
                    {"key": "example.com/exempt", "operator": "DoesNotExist"},
                    {"key": "team", "operator": "NotIn", "values": ["platform"]},
                ]
            },
        },
    }


def test_the_namespaces_of_kubernetes_are_exempt_unless_the_settings_say_otherwise() -> None:
    """A refused pod of a network agent would cost the cluster its nodes."""
    _, binding = policies()["host-network"]
    (expression,) = binding["matchResources"]["namespaceSelector"]["matchExpressions"]
    assert (expression["key"], expression["operator"], expression["values"]) == (
        "kubernetes.io/metadata.name",
        "NotIn",
        ["kube-node-lease", "kube-public", "kube-system"],
    )
    none = AdmissionPolicies(exempt_namespaces=())
    _, binding = policies(Settings(admission_policies=none))["host-network"]
    assert "matchResources" not in binding


def test_options_and_versions_are_constants_of_the_policy() -> None:
    def constants(slug: str, settings: Settings) -> dict[str, str]:
        return {
            each["name"]: each["expression"] for each in policies(settings)[slug][0]["variables"]
        }

    on: Any = (("untrusted-image-registry", "error"),)
    settings = Settings(rules=on, registries=("Registry.example.com", "ghcr.io/acme/"))
    trusted = constants("untrusted-image-registry", settings)["registries"]
    assert trusted == '["registry.example.com/", "ghcr.io/acme/"]'
    older, newer = (
        constants("unsafe-sysctl", Settings(kubernetes_version=version))["allowed"]
        for version in ("1.31", "1.32")
    )
    assert "tcp_rmem" in newer and "tcp_rmem" not in older
    assert constants("root-user", Settings(kubernetes_version="1.34"))["minor"] == "34"


def test_what_is_written_is_read_as_it_was() -> None:
    exported = admission_policies(Context(Settings("all"), Version(1, 37)))
    assert list(yaml.safe_load_all(yaml_text(exported))) == exported
    texts = ["yes", "", "x: y # z", "1", "1\n  2", "1\n2\n", "  1\n2", "1\n\n2", "\n1", "é\n1"]
    odd = {"a": [], "b": {}, "c": [{"d": each} for each in texts], "e": texts, "f": True, "g": 1}
    assert yaml.safe_load(yaml_text([odd])) == odd


def test_literals() -> None:
    assert literal(True) == "true"
    assert literal(("a", 'b"c\\')) == r'["a", "b\"c\\"]'
    assert literal({"a": "b"}) == '{"a": "b"}'
    assert literal("\U0001f600") == '"\U0001f600"'


def test_a_policy_reads_well() -> None:
    """A person reviews it: what is asked about, what it is built of, and what it tells."""
    settings = Settings("baseline", rules=(("host-network", "off"),))
    exported = admission_policies(Context(settings))
    name = policy_name(next(rule for rule in RULES if rule.slug == "privileged-container"))
    text = yaml_text([each for each in exported if each["metadata"]["name"] == name])
    policy, binding = text.split("---\n")
    head, _, variables = policy.partition("  variables:\n")
    assert (
        head
        == f"""\
apiVersion: {API_VERSION}
kind: ValidatingAdmissionPolicy
metadata:
  name: k8s-lsp-privileged-container
  labels:
    app.kubernetes.io/managed-by: k8s-lsp
    k8s-lsp/rule: privileged-container
  annotations:
    k8s-lsp/summary: "A container runs privileged"
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [pods, pods/ephemeralcontainers, podtemplates, replicationcontrollers]
      - apiGroups: [apps]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [replicasets, deployments, daemonsets, statefulsets]
      - apiGroups: [batch]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [jobs, cronjobs]
  matchConditions:
    - name: not-being-deleted
      expression: "!has(object.metadata.deletionTimestamp)"
"""
    )
    assert variables.endswith("""\
    - name: findings
      expression: |-
        variables.containers.map(container,
          container.securityContext.?privileged.orValue(false),
          container.title + " must not set securityContext.privileged to true")
  validations:
    - expression: "variables.findings.size() == 0"
      messageExpression: "variables.findings.join(\\"; \\")"
      message: "A container runs privileged"
""")
    assert (
        binding
        == f"""\
apiVersion: {API_VERSION}
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: k8s-lsp-privileged-container
  labels:
    app.kubernetes.io/managed-by: k8s-lsp
    k8s-lsp/rule: privileged-container
spec:
  policyName: k8s-lsp-privileged-container
  validationActions: [Deny]
  matchResources:
    namespaceSelector:
      matchExpressions:
        - key: kubernetes.io/metadata.name
          operator: NotIn
          values: [kube-node-lease, kube-public, kube-system]
"""
    )
