"""A cluster decides by an exported policy what the rule decides: by the server's own evaluator.

Both see the same: the object as the server's types decode it, and with the server's defaults. The
rule reads it as JSON. What a server would refuse anyway is completed, or counted as left out.
"""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.exports.admission_policy import SINCE, admission_policies, policy_name
from k8s_lsp.exports.resources import RESOURCES
from k8s_lsp.kubernetes.versions import version_of
from k8s_lsp.kubernetes.workloads import pod_place
from k8s_lsp.rules.admission import Admission
from k8s_lsp.rules.base import Context
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from tests.conftest import absent
from tests.oracles.admission import SOURCE, Evaluator, Form, evaluator
from tests.oracles.api_server import SOURCE as API_SERVER
from tests.oracles.go_programs import NoGoError, pinned_version
from tests.test_api_server import objects_in, texts_in
from tests.test_cases import FILES, load

EXPORTED = {policy_name(rule): rule for rule in RULES if isinstance(rule.admission, Admission)}
"""The rules that are compared, by the names of their policies."""

EVERY = 34
"""One of how many texts of others is compared where not all are."""


@pytest.fixture(scope="module")
def server() -> Iterator[Evaluator]:
    try:
        with evaluator() as running:
            yield running
    except NoGoError as reason:
        absent("go", str(reason))


@cache
def install(server: Evaluator, settings: Settings) -> str:
    """Have the policies of some settings asked; gives the key that they are asked by.

    To compile them is most of the work, and the same for each test.
    """
    key = repr(settings)
    context = Context(settings, version_of(settings.kubernetes_version))
    # Pod Security has older versions than policies have.
    minor = max(context.version, SINCE).minor
    server.install(key, admission_policies(context), minor)
    return key


class Comparison:
    """What was compared, by the rules' slugs; each difference fails at once."""

    def __init__(self, server: Evaluator) -> None:
        self._server = server
        self.asked = 0
        self.left_out = 0
        self.refused: Counter[str] = Counter()
        self.same_message = 0

    def compare(self, obj: Any, settings: Settings) -> None:
        """Hold the policies of some settings to the rules, for both forms of an object."""
        key = install(self._server, settings)
        is_asked = is_served(obj) and not is_refused(obj)
        forms = self._server.judge(key, completed(obj)) if is_asked else ()
        self.left_out += not forms
        for form in forms:
            self._compare_form(form, settings)

    def _compare_form(self, form: Form, settings: Settings) -> None:
        text = json.dumps(form.object)
        found = messages_of_rules(text, settings)
        if found is None:
            self.left_out += 1
            return
        assert not form.errors, (form.errors, text)
        refused = {name: "; ".join(each) for name, each in form.refusals.items()}
        assert sorted(refused) == sorted(found), (differing(refused, found), settings, text)
        for name, message in refused.items():
            assert told_by(message, found[name]), (message, found[name], text)
            self.same_message += sorted(message.split("; ")) == sorted(found[name])
            self.refused[EXPORTED[name].slug] += 1
        self.asked += 1

    def __str__(self) -> str:
        refused = sum(self.refused.values())
        return (
            f"{self.asked} forms of objects compared, {self.left_out} left out; {refused} refusals "
            f"by {len(self.refused)} policies are findings, {self.same_message} of them word by "
            "word; no difference"
        )


def completed(obj: Any) -> Any:
    """The object, whose pod has what no server does without: cases leave it out."""
    place = pod_place(str(obj.get("apiVersion")), str(obj.get("kind")))
    if place is None:
        return obj
    obj = copy.deepcopy(obj)
    template = obj
    for key in (*place, "spec"):
        if not isinstance(template.get(key), dict):
            template[key] = {}
        template = template[key]
    if not template.get("containers"):
        template["containers"] = [{}]
    for key in ("containers", "initContainers", "ephemeralContainers", "volumes"):
        items = template.get(key)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                item["name"] = item.get("name") or f"{key.lower()}-{index}"
                if key != "volumes":
                    item["image"] = item.get("image") or "example.com/app:1.4.2"
    return obj


def is_served(obj: Any) -> bool:
    """Whether servers take the kind in this version still: in others, rules judge older ones."""
    resource = RESOURCES.get(str(obj.get("kind")))
    group, _, version = str(obj.get("apiVersion")).rpartition("/")
    return resource is None or (group, version) == (resource.group, resource.version)


def is_refused(obj: Any) -> bool:
    """Whether validation refuses an object before any policy sees it.

    `_` is no name (ValidateNamespaceName), and a hostPath has no `..` (validatePathNoBacksteps).
    """
    metadata = obj.get("metadata")
    if isinstance(metadata, dict) and metadata.get("name") == "_":
        return True
    return "/../" in json.dumps(obj)


def differing(refused: dict[str, str], found: dict[str, list[str]]) -> dict[str, Any]:
    """What only one of both says."""
    return {
        name: (refused.get(name, "not refused"), found.get(name, "not found"))
        for name in refused.keys() ^ found.keys()
    }


def told_by(message: str, findings: list[str]) -> bool:
    """Whether a policy's message tells of each finding, and of nothing else.

    It may end before the finding's own ends: with what is told of it, and not how to put it right.
    """
    parts = message.split("; ")
    return all(any(found.startswith(part) for part in parts) for found in findings) and all(
        any(found.startswith(part) for found in findings) for part in parts
    )


def messages_of_rules(text: str, settings: Settings) -> dict[str, list[str]] | None:
    """What the rules find in an object, by the policies' names; None before an injector came."""
    analysis = analyze(text, settings)
    assert not analysis.incomplete
    found: dict[str, list[str]] = {}
    for unit in analysis.units:
        if any(each.is_partial for each in unit.containers()):
            return None
        for diagnoses in unit.checked:
            for each in diagnoses:
                name = policy_name(each.rule)
                if name in EXPORTED and each.status not in ("unknown", "out_of_profile"):
                    found.setdefault(name, []).append(each.finding.message)
    return found


def test_policies_decide_the_fixtures_of_pod_security(
    server: Evaluator, corpora: Path, manifest: list[dict[str, Any]]
) -> None:
    comparison = Comparison(server)
    for record in manifest:
        if record["set"] == "pss":
            settings = Settings(record["level"], record["policy_version"])
            for obj in objects_in((corpora / record["path"]).read_text(encoding="utf-8")):
                comparison.compare(obj, settings)
    print(f"Pod Security: {comparison}")
    assert comparison.asked >= 800


@pytest.mark.parametrize("slug", sorted(rule.slug for rule in EXPORTED.values()))
def test_a_policy_decides_the_cases_of_its_rule(server: Evaluator, slug: str) -> None:
    comparison = Comparison(server)
    for file in FILES:
        if file.parent.name == slug:
            case = load(file)
            for obj in readable(case.text):
                comparison.compare(obj, case.settings)
    print(f"{slug}: {comparison}")
    assert comparison.refused[slug]


def readable(text: str) -> list[dict[str, Any]]:
    """The objects of a text that another parser reads, none of a template."""
    try:
        return [] if "{{" in text else objects_in(text)
    except Exception:
        return []


def test_the_first_version_that_has_policies_takes_them(server: Evaluator) -> None:
    install(server, Settings("all", str(SINCE), registries=("registry.example.com/",)))


def test_what_is_being_deleted_may_lose_its_finalizers(server: Evaluator) -> None:
    metadata = {"name": "web", "finalizers": ["example.com/last"]}
    spec = {"hostPID": True, "containers": [{"name": "app", "image": "example.com/app:1.4.2"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    key = install(server, Settings("baseline"))
    refused = [form.refusals.keys() for form in server.judge(key, pod)]
    assert refused == [{"k8s-lsp-host-pid"}, {"k8s-lsp-host-pid"}]
    deleted = {**metadata, "deletionTimestamp": "2026-11-30T12:00:00Z"}
    going = server.judge(key, {**pod, "metadata": deleted})
    assert [(form.refusals, form.errors) for form in going] == [({}, {}), ({}, {})]


def test_one_version_is_asked() -> None:
    """The evaluator is of the version of the API server that confirms it."""
    module = "k8s.io/kubernetes"
    assert pinned_version(SOURCE, module) == pinned_version(API_SERVER, module)


def test_policies_are_cheap_enough(server: Evaluator) -> None:
    """A server lets no expression cost more than 1,000,000, and no policy more than ten times that.

    Here stands a larger pod than people write, in which every container breaks what it can.
    """
    container = {
        "image": "registry.example.com/team/app/with/a/long/name:latest",
        "securityContext": {
            "privileged": True,
            "runAsUser": 0,
            "capabilities": {"add": [f"CAP_{index}" for index in range(20)]},
        },
        "ports": [{"containerPort": port, "hostPort": port} for port in range(1, 41)],
        "env": [{"name": f"PASSWORD_{index}", "value": "x" * 100} for index in range(100)],
        "volumeMounts": [{"name": f"v{index}", "mountPath": f"/v/{index}"} for index in range(30)],
        "args": [f"--option-{index}=value" for index in range(50)],
    }
    spec = {
        "containers": [{**container, "name": f"c{index}"} for index in range(30)],
        "initContainers": [{**container, "name": f"i{index}"} for index in range(20)],
        "volumes": [{"name": f"v{index}", "hostPath": {"path": "/etc"}} for index in range(60)],
    }
    annotations = {f"example.com/{index}": "x" * 1000 for index in range(100)}
    metadata = {"name": "web", "annotations": annotations}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    forms = server.judge(install(server, Settings("all")), pod)
    assert [form.errors for form in forms] == [{}, {}]
    assert len(forms[0].refusals) > 20


def workloads_of_others(server: Evaluator, texts: Iterator[str]) -> Comparison:
    comparison = Comparison(server)
    for text in texts:
        for obj in readable(text):
            comparison.compare(obj, Settings("all"))
    print(f"manifests of others: {comparison}")
    return comparison


def test_policies_decide_some_manifests_of_others(server: Evaluator, corpora: Path) -> None:
    some = (text for index, text in enumerate(texts_in(corpora)) if index % EVERY == 0)
    assert workloads_of_others(server, some).asked > 100


@pytest.mark.sweep
def test_policies_decide_all_manifests_of_others(server: Evaluator, corpora: Path) -> None:
    assert workloads_of_others(server, texts_in(corpora)).asked > 2_000
