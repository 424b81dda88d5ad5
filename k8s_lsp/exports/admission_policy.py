"""The enabled rules as ValidatingAdmissionPolicies, by which a cluster decides them itself.

One policy and one binding a rule. A policy holds the variables that its expressions name, so that
each can be read and changed by itself; `findings` are the messages, and there must be none.
Source: kubernetes.io, "Validating Admission Policy"; k8s.io/api, admissionregistration/v1.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Any

from k8s_lsp.engine.selection import selection_for
from k8s_lsp.exports.cel import SHARED, literal
from k8s_lsp.exports.resources import RESOURCES, resource_rules
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Constant, Undecidable, Violation
from k8s_lsp.rules.base import Context, Rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Action, AdmissionPolicies, Severity

API_VERSION = "admissionregistration.k8s.io/v1"
SINCE = Version(1, 30)
"""From here on servers have that version of the API, and all that the expressions use."""

MANAGED_BY = ("app.kubernetes.io/managed-by", "k8s-lsp")
"""The label of all that is exported: by it, `kubectl apply --prune` removes what is gone."""

RULE_LABEL = "k8s-lsp/rule"
"""The label that names the rule."""

OF_KUBERNETES = ("kube-node-lease", "kube-public", "kube-system")
"""The namespaces that no policy speaks of: a node whose network agent is refused is lost.

Source: kubernetes.io, "Namespaces", the initial ones but for the default.
"""

_NOT_BEING_DELETED = {
    "name": "not-being-deleted",
    "expression": "!has(object.metadata.deletionTimestamp)",
}
"""What is on its way out has finalizers left, which are taken away by updates."""

_LISTS = {"container": "variables.containers", "owner": "variables.owners"}
"""What there is several of."""


def admission_policies(
    context: Context, rules: tuple[Rule, ...] = RULES
) -> list[Mapping[str, Any]]:
    """The policies and bindings of the enabled rules, each policy before its binding."""
    chosen = context.settings.admission_policies
    enabled = selection_for(rules, context.settings, context.version).rules.values()
    return [
        obj
        for rule, severity in enabled
        if isinstance(rule.admission, Admission)
        for obj in (
            _policy(rule, rule.admission, context),
            _binding(rule, severity, chosen),
        )
    ]


def undecidable(rules: Iterable[Rule] = RULES) -> Iterator[tuple[Rule, str]]:
    """The rules that cannot be exported, each with its reason."""
    for rule in rules:
        if isinstance(rule.admission, Undecidable):
            yield rule, rule.admission.reason


def policy_name(rule: Rule) -> str:
    """What the policy of a rule, and its binding, are called."""
    return f"k8s-lsp-{rule.slug}"


def _metadata(rule: Rule) -> dict[str, Any]:
    return {
        "name": policy_name(rule),
        "labels": {MANAGED_BY[0]: MANAGED_BY[1], RULE_LABEL: rule.slug},
    }


def _policy(rule: Rule, admission: Admission, context: Context) -> Mapping[str, Any]:
    kinds = admission.kinds or rule.kinds or frozenset(RESOURCES)
    spec: dict[str, Any] = {
        "failurePolicy": context.settings.admission_policies.failure_policy.capitalize(),
        "matchConstraints": {"resourceRules": resource_rules(kinds)},
        "matchConditions": [_NOT_BEING_DELETED],
        "variables": [
            {"name": name, "expression": expression}
            for name, expression in _variables(admission, context)
        ],
        "validations": [
            {
                "expression": "variables.findings.size() == 0",
                "messageExpression": 'variables.findings.join("; ")',
                # It takes the place of messages of more than 5 KiB.
                "message": rule.summary,
            }
        ],
    }
    metadata = {**_metadata(rule), "annotations": {"k8s-lsp/summary": rule.summary}}
    return {
        "apiVersion": API_VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": metadata,
        "spec": spec,
    }


def _binding(rule: Rule, severity: Severity, chosen: AdmissionPolicies) -> Mapping[str, Any]:
    action: Action = getattr(chosen, severity)
    spec: dict[str, Any] = {
        "policyName": policy_name(rule),
        "validationActions": [action.capitalize()],
    }
    names = list(dict.fromkeys((*OF_KUBERNETES, *chosen.exempt_namespaces)))
    matched = {"namespaceSelector": _selector([_unlike("kubernetes.io/metadata.name", names)])}
    if chosen.exempt_labels:
        labels = [each.partition("=") for each in chosen.exempt_labels]
        unlike = [_unlike(key, [value] if equals else []) for key, equals, value in labels]
        matched["objectSelector"] = _selector(unlike)
    spec["matchResources"] = matched
    return {
        "apiVersion": API_VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": _metadata(rule),
        "spec": spec,
    }


def _selector(expressions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"matchExpressions": expressions}


def _unlike(key: str, values: list[str]) -> dict[str, Any]:
    """What selects all that has none of some values of a label, or, without values, no such."""
    if not values:
        return {"key": key, "operator": "DoesNotExist"}
    return {"key": key, "operator": "NotIn", "values": values}


# Expressions.


def _variables(admission: Admission, context: Context) -> list[tuple[str, str]]:
    """The variables of a policy in their order: those alone that its findings need."""
    constants: dict[str, Constant] = {
        "minor": context.version.minor,
        "profile": context.settings.profile,
        **admission.constants(context.settings, context.version),
    }
    findings = " +\n".join(_findings(each) for each in admission.violations)
    defined = [
        *((name, literal(value)) for name, value in constants.items()),
        *SHARED,
        *((name, cleandoc(expression)) for name, expression in admission.variables),
        ("findings", findings),
    ]
    needed, chosen = {"findings"}, []
    for name, expression in reversed(defined):
        if name in needed:
            needed.update(re.findall(r"\bvariables\.(\w+)", expression))
            chosen.append((name, expression))
    return chosen[::-1]


def _findings(violation: Violation) -> str:
    """The expression for the messages of a violation."""
    each = violation.each
    when, message, items = (_indented(cleandoc(text)) for text in violation[1:])
    if items:
        within = f"{items}.map(item,\n  {when},\n  {message})"
        if each not in _LISTS:
            return within
        joined = f'{within}.join("; ")'
        return f'{_LISTS[each]}.map({each}, {joined}).filter(message, message != "")'
    if each not in _LISTS:
        return f"({when}\n  ? [{message}] : [])"
    return f"{_LISTS[each]}.map({each},\n  {when},\n  {message})"


def _indented(expression: str) -> str:
    """An expression that stands two columns further right than its first line says."""
    return expression.replace("\n", "\n  ")
