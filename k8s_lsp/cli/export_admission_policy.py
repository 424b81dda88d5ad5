"""`k8s-lsp export admission-policy`: the enabled rules, for a cluster that decides them itself."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.exit_status import FAILED, OK
from k8s_lsp.cli.output import print_configuration_errors, print_error, write_output
from k8s_lsp.cli.tasks import configurations_for
from k8s_lsp.engine.selection import level_of
from k8s_lsp.exports.admission_policy import MANAGED_BY, RULE_LABEL, SINCE, admission_policies
from k8s_lsp.exports.written import yaml_text
from k8s_lsp.files.errors import reason_of
from k8s_lsp.kubernetes.versions import version_of
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import Context
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import SEVERITIES, AdmissionPolicies

KUSTOMIZATION = "kustomization.yaml"

_SELECTED = f"{MANAGED_BY[0]}={MANAGED_BY[1]}"
_KINDS = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
_PRUNING = " ".join(
    (
        f"kubectl apply --prune -l {_SELECTED}",
        *(f"--prune-allowlist=admissionregistration.k8s.io/v1/{kind}" for kind in _KINDS),
    )
)
"""The command that applies what it is told of, and removes what an earlier export had beside it."""

_HEAD = f"""\
# Written by k8s-lsp export admission-policy. To apply it, and remove what is gone since last time:
# {_PRUNING} {{}}
"""


def run(options: argparse.Namespace) -> int:
    """Write what the options ask for, and return the exit status; raises UsageError."""
    configurations = configurations_for(options)
    found = configurations.of(str(Path.cwd())).settings
    if print_configuration_errors(configurations.broken()):
        return FAILED
    settings = replace(found, admission_policies=_chosen(options, found.admission_policies))
    context = Context(settings, version_of(settings.kubernetes_version))
    if context.version < SINCE:
        raise UsageError(
            f"k8s-lsp export admission-policy: error: Kubernetes {context.version} has no "
            f"ValidatingAdmissionPolicies of version v1: {SINCE} is the first that has"
        )
    if options.lists:
        write_output("".join(f"{line}\n" for line in _listed(context)))
        return OK
    policies = admission_policies(context)
    if options.output_directory is None:
        write_output(_HEAD.format("-f FILE") + yaml_text(policies))
    else:
        try:
            _write_kustomization(Path(options.output_directory), policies)
        except OSError as error:
            print_error(f"error: {options.output_directory}: {reason_of(error)}")
            return FAILED
    return OK


def _chosen(options: argparse.Namespace, settings: AdmissionPolicies) -> AdmissionPolicies:
    """How the policies are enforced: by the settings, and before them by the options."""
    actions = {
        each: action
        for severity, action in options.actions
        for each in ((severity,) if severity else SEVERITIES)
    }
    return settings._replace(
        **actions,
        failure_policy=options.failure_policy or settings.failure_policy,
        exempt_namespaces=(*settings.exempt_namespaces, *options.exempt_namespaces),
    )


def _listed(context: Context) -> Iterator[str]:
    """A line for each rule: what becomes of what breaks it, or why it is not exported."""
    width = max(len(rule.slug) for rule in RULES)
    for rule in RULES:
        level = level_of(rule, context)
        if isinstance(rule.admission, Undecidable):
            told = f"not exported: {rule.admission.reason}"
        elif level == "off":
            told = "off"
        else:
            told = getattr(context.settings.admission_policies, level)
        yield f"{rule.slug:{width}}  {told}"


def _write_kustomization(folder: Path, policies: list[Mapping[str, Any]]) -> None:
    """Write a file for each rule, with its policy and binding, and a kustomization of them."""
    folder.mkdir(parents=True, exist_ok=True)
    texts: dict[str, list[Mapping[str, Any]]] = {}
    for each in policies:
        texts.setdefault(f"{each['metadata']['labels'][RULE_LABEL]}.yaml", []).append(each)
    for rule in RULES:
        if f"{rule.slug}.yaml" not in texts:
            # Of an earlier export, under other settings.
            (folder / f"{rule.slug}.yaml").unlink(missing_ok=True)
    for name, objects in texts.items():
        (folder / name).write_text(yaml_text(objects), encoding="utf-8")
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(texts),
    }
    (folder / KUSTOMIZATION).write_text(
        _HEAD.format("-k FOLDER") + yaml_text([kustomization]), encoding="utf-8"
    )
