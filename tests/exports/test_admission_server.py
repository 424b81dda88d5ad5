"""A real API server takes the exported policies, and refuses by them what the evaluator refuses."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.cli import main
from k8s_lsp.exports.admission_policy import admission_policies, policy_name
from k8s_lsp.kubernetes.versions import NEWEST
from k8s_lsp.rules.base import Context
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import AdmissionPolicies, Settings
from tests.conftest import absent
from tests.exports.test_admission_equality import completed, is_served, readable
from tests.oracles.admission import Evaluator, evaluator
from tests.oracles.api_server import ApiServer, pinned_minor, started
from tests.oracles.go_programs import NoGoError
from tests.test_api_server import objects_in, texts_in

SAMPLE = 500
"""How many objects are asked about."""

BAD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "hostNetwork": True,
        "containers": [{"name": "app", "image": "example.com/app:1.4.2"}],
    },
}
WARN = AdmissionPolicies(error="warn", warning="warn", information="warn", hint="warn")
DENY = AdmissionPolicies(error="deny", warning="deny", information="deny", hint="deny")


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with started() as server:
        yield server


@pytest.fixture(scope="module")
def model() -> Iterator[Evaluator]:
    try:
        with evaluator() as running:
            yield running
    except NoGoError as reason:
        absent("go", str(reason))


def last_policy() -> tuple[dict[str, Any], dict[str, Any]]:
    """A policy and its binding; once it is in force, so is what was applied before it."""
    api_version, metadata = "admissionregistration.k8s.io/v1", {"name": "tests-last"}
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": ["configmaps"],
    }
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "object.metadata.name != 'last'"}],
    }
    bound = {"policyName": "tests-last", "validationActions": ["Deny"]}
    kind = "ValidatingAdmissionPolicy"
    return (
        {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec},
        {"apiVersion": api_version, "kind": f"{kind}Binding", "metadata": metadata, "spec": bound},
    )


def applied(server: ApiServer, model: Evaluator, settings: Settings) -> None:
    """Have the server and the evaluator decide by the policies of some settings."""
    policies = admission_policies(Context(settings))
    # Of each kind, a server sees one after the other.
    for each in (*policies[::2], last_policy()[0], *policies[1::2], last_policy()[1]):
        verdict = server.apply(dict(each))
        assert verdict.is_accepted, (each["metadata"]["name"], verdict)
        assert not verdict.warnings
    last = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "last"}}
    server.wait_for("in force", lambda: not verdict_of(server, last).is_accepted)
    model.install("server", policies)


def verdict_of(server: ApiServer, obj: Any) -> Any:
    verdict = server.verdict(obj)
    assert verdict is not None
    return verdict


def sample(corpora: Path, manifest: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The newest fixtures of Pod Security, and manifests of others."""
    for record in manifest:
        if record["set"] == "pss" and record["policy_version"] == "v1.36":
            yield from objects_in((corpora / record["path"]).read_text(encoding="utf-8"))
    for index, text in enumerate(texts_in(corpora)):
        if index % 5 == 0:
            yield from (completed(obj) for obj in readable(text) if is_served(obj))


@pytest.mark.sweep
def test_a_server_refuses_what_the_evaluator_refuses(
    server: ApiServer, model: Evaluator, corpora: Path, manifest: list[dict[str, Any]]
) -> None:
    assert pinned_minor() == NEWEST.minor
    applied(server, model, Settings("restricted", admission_policies=DENY))
    asked = refused = 0
    for obj in sample(corpora, manifest):
        verdict, forms = server.verdict(obj), model.judge("server", server.placed(obj))
        if verdict is None or not forms:
            continue
        by_policy = re.search(
            r"ValidatingAdmissionPolicy '([\w-]+)' with binding '[\w-]+' denied request: (.*)",
            verdict.message,
        )
        refusals = forms[1].refusals
        if by_policy is None:
            # Others are refused by themselves, or accepted.
            assert not (verdict.is_accepted and refusals), (refusals, verdict, json.dumps(obj))
            asked += verdict.is_accepted
        else:
            # A server writes the fields that annotations for AppArmor stand for beside these.
            parts = set(refusals[by_policy[1]][0].split("; "))
            assert parts <= set(by_policy[2].split("; ")), (refusals, verdict, json.dumps(obj))
            asked, refused = asked + 1, refused + 1
        if asked == SAMPLE:
            break
    print(f"a server: {asked} objects asked about, {refused} refused, as the evaluator does")
    assert asked == SAMPLE
    assert 100 < refused < 450


@pytest.mark.sweep
def test_a_server_warns_of_what_the_evaluator_finds(
    server: ApiServer, model: Evaluator, corpora: Path, manifest: list[dict[str, Any]]
) -> None:
    """All policies at once: each of them is told, in one warning."""
    settings = Settings("all", admission_policies=WARN, registries=("registry.example.com/",))
    applied(server, model, settings)
    told, kinds = 0, set()
    for obj in sample(corpora, manifest):
        verdict, forms = server.verdict(obj), model.judge("server", server.placed(obj))
        # Of many, a server tells the first ones.
        if verdict is None or not forms or not verdict.is_accepted or len(forms[1].refusals) > 12:
            continue
        names = re.findall(r"ValidatingAdmissionPolicy '([\w-]+)'", "\n".join(verdict.warnings))
        assert sorted(set(names)) == sorted(forms[1].refusals), json.dumps(obj)
        told += len(names)
        kinds |= set(names)
        if told > SAMPLE:
            break
    print(f"a server: {told} warnings by {len(kinds)} policies, as the evaluator does")
    assert told > SAMPLE


@pytest.mark.sweep
def test_an_export_after_a_rule_was_switched_off_removes_its_policy(
    server: ApiServer,
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    program: Callable[[str], str],
) -> None:
    kubectl = program("kubectl")
    folder = tmp_path / "policies"

    def export(*options: str) -> str:
        asked = ("export", "admission-policy", "--no-config", "--profile", "baseline", *options)
        status = main([*asked, "--output-directory", str(folder)])
        assert status == 0, capsysbinary.readouterr().err
        head = (folder / "kustomization.yaml").read_text(encoding="utf-8")
        command = re.search(r"^# kubectl (.* -k) FOLDER$", head, re.MULTILINE)
        assert command is not None
        return server.kubectl(kubectl, *command[1].split(), str(folder))

    first = export()
    assert "k8s-lsp-host-network created" in first
    server.wait_for("in force", lambda: not verdict_of(server, BAD).is_accepted)
    verdict = verdict_of(server, BAD)
    assert verdict.message == (
        "pods \"web\" is forbidden: ValidatingAdmissionPolicy 'k8s-lsp-host-network' with binding "
        "'k8s-lsp-host-network' denied request: pod must not set hostNetwork to true"
    )
    second = export("--rule", "host-network=off")
    assert second.count("k8s-lsp-host-network pruned") == 2
    assert second.count("pruned") == 2
    assert (
        second.count("unchanged") + second.count("configured")
        == 2 * len(_exported_at_baseline()) - 2
    )
    server.wait_for("removed", lambda: verdict_of(server, BAD).is_accepted)


def _exported_at_baseline() -> set[str]:
    policies = admission_policies(Context(Settings("baseline")))
    names = {each["metadata"]["name"] for each in policies}
    assert names <= {policy_name(rule) for rule in RULES}
    return names
