"""What is absent of one block is one diagnostic in an editor, and one finding a rule elsewhere."""

from dataclasses import replace
from pathlib import Path

import pytest
from lsprotocol import types

from k8s_lsp.features.client import Client
from k8s_lsp.features.code_actions import code_actions
from k8s_lsp.features.diagnostics import diagnostics_of
from k8s_lsp.features.rows import rows_of
from k8s_lsp.settings import Settings
from tests.features.opened import URI, applied, opened
from tests.test_cases import FILES, load
from tests.test_cases import name as name_of
from tests.test_nginx import NGINX

EDITOR = Client(related_information=True, diagnostic_data=True, action_literals=True)
CONTEXT = (
    "allowPrivilegeEscalation, capabilities.drop, readOnlyRootFilesystem, runAsNonRoot and "
    "seccompProfile.type"
)


DEFAULTS = Settings()


def messages(text: str, settings: Settings = DEFAULTS) -> list[str]:
    return [each["message"] for each in diagnostics_of(opened(text, settings), Client())]


def pod(container: str, spec: str = "") -> str:
    return (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
        f"  automountServiceAccountToken: false\n{spec}  containers:\n"
        f"    - name: app\n      image: registry.example.com/app:1.2.3\n{container}"
    )


LIMITS = "      resources: {limits: {cpu: 1, memory: 1Gi}}\n"
SAFE = """\
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
"""


def test_the_nginx_deployment_has_three_rows() -> None:
    token, context, limits = diagnostics_of(opened(NGINX), EDITOR)
    assert token["code"] == "service-account-token-mounted" and "data" not in token
    assert context["message"] == f'container "nginx" has no securityContext: it must set {CONTEXT}'
    assert limits["message"] == 'container "nginx" has no limits: it must set cpu and memory'
    assert (context["code"], context["severity"]) == ("missing-seccomp-profile", 2)
    assert limits["data"] == {"rules": ["missing-memory-limit", "missing-cpu-limit"]}
    assert (limits["code"], limits["severity"]) == ("missing-memory-limit", 2)
    assert limits["relatedInformation"] == [
        {
            "location": {"uri": URI, "range": limits["range"]},
            "message": 'warning[missing-memory-limit] container "nginx" must set '
            "resources.limits.memory",
        },
        {
            "location": {"uri": URI, "range": limits["range"]},
            "message": 'information[missing-cpu-limit] container "nginx" must set '
            "resources.limits.cpu",
        },
    ]


def test_what_a_client_does_not_show_is_not_sent() -> None:
    for each in diagnostics_of(opened(NGINX), Client()):
        assert "data" not in each and "relatedInformation" not in each


def test_a_hover_that_shows_diagnostics_is_not_filled_by_what_its_table_tells() -> None:
    client = replace(EDITOR, hovers_diagnostics=True)
    told, untold = (diagnostics_of(opened(NGINX), each) for each in (EDITOR, client))
    assert [each.pop("relatedInformation", None) is None for each in told] == [True, False, False]
    assert told == untold
    # What is related to a single finding stands elsewhere, and is shown.
    heirs = "  securityContext: {runAsUser: 0}\n"
    (root,) = (
        each
        for each in diagnostics_of(opened(pod(LIMITS, spec=heirs)), client)
        if each["code"] == "root-user"
    )
    assert root["relatedInformation"]


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        (LIMITS, [f'container "app" has no securityContext: it must set {CONTEXT}']),
        (SAFE, ['container "app" has no limits: it must set cpu and memory']),
        # As soon as the block is there, one each: even where nothing stands in it yet.
        (
            SAFE + "      resources:\n        limits:\n",
            [
                'container "app" must set resources.limits.cpu',
                'container "app" must set resources.limits.memory',
            ],
        ),
        (
            SAFE + "      resources: {limits: {}}\n",
            [
                'container "app" must set resources.limits.cpu',
                'container "app" must set resources.limits.memory',
            ],
        ),
        # A block that is there without the one below it.
        (
            SAFE + "      resources: {claims: []}\n",
            ['container "app" has no limits: it must set cpu and memory'],
        ),
        # What only one rule asks for keeps the words of that rule.
        (
            SAFE + "      resources: {limits: {memory: 1Gi}}\n",
            ['container "app" must set resources.limits.cpu'],
        ),
        (
            LIMITS + SAFE.replace("        capabilities: {drop: [ALL]}\n", ""),
            ['container "app" must have "ALL" in securityContext.capabilities.drop'],
        ),
    ],
)
def test_a_row_is_what_is_absent_of_one_block(container: str, expected: list[str]) -> None:
    assert sorted(messages(pod(container))) == expected


def test_five_findings_stand_alone_once_their_block_is_typed() -> None:
    for block in ("      securityContext:\n", "      securityContext: {}\n"):
        found = messages(pod(LIMITS + block))
        assert len(found) == 5 and not any("has no" in each for each in found)


def test_limits_and_requests_are_one_block_where_both_are_absent() -> None:
    # Where no limit of the CPU is asked for, a request is.
    settings = Settings(rules=(("missing-cpu-limit", "off"),))
    assert messages(pod(SAFE), settings) == [
        'container "app" has no resources: it must set limits.memory and requests.cpu'
    ]
    assert sorted(messages(pod(SAFE + "      resources: {}\n"), settings)) == [
        'container "app" must set resources.limits.memory',
        'container "app" must set resources.requests.cpu',
    ]


def test_each_container_has_rows_of_its_own() -> None:
    init = "  initContainers:\n    - name: first\n      image: example.com/first:1\n"
    assert [each.partition(":")[0] for each in messages(pod("", spec=init))] == [
        'init container "first" has no securityContext',
        'container "app" has no securityContext',
        'container "app" has no limits',
    ]


def test_what_the_pod_sets_is_not_absent() -> None:
    context = "  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\n"
    assert messages(pod(LIMITS, spec=context)) == [
        'container "app" has no securityContext: it must set allowPrivilegeEscalation, '
        "capabilities.drop and readOnlyRootFilesystem"
    ]


def test_a_row_is_as_grave_as_its_gravest_finding() -> None:
    settings = Settings(rules=(("missing-cpu-limit", "error"), ("missing-memory-limit", "hint")))
    (found,) = diagnostics_of(opened(pod(SAFE), settings), EDITOR)
    assert (found["severity"], found["code"]) == (1, "missing-cpu-limit")
    assert found["data"] == {"rules": ["missing-cpu-limit", "missing-memory-limit"]}
    assert [each["message"].partition("]")[0] for each in found["relatedInformation"]] == [
        "error[missing-cpu-limit",
        "hint[missing-memory-limit",
    ]


@pytest.mark.parametrize(
    ("change", "settings"),
    [
        (("name: app", "name: app  # k8s-lsp: ignore[missing-cpu-limit]"), Settings()),
        (
            ("name: app", "name: app"),
            Settings(rules=(("missing-cpu-limit", "off"), ("missing-cpu-request", "off"))),
        ),
    ],
)
def test_a_rule_that_is_silent_leaves_the_row(change: tuple[str, str], settings: Settings) -> None:
    text = pod(SAFE).replace(*change)
    assert messages(text, settings) == ['container "app" must set resources.limits.memory']


def test_a_row_without_one_of_its_rules() -> None:
    text = pod(LIMITS).replace("name: app", "name: app  # k8s-lsp: ignore[root-user-allowed]")
    (found,) = diagnostics_of(opened(text), EDITOR)
    assert "runAsNonRoot" not in found["message"]
    assert len(found["data"]["rules"]) == 4 and "root-user-allowed" not in found["data"]["rules"]


def test_the_setting_turns_it_off() -> None:
    found = messages(NGINX, Settings(group_absent=False))
    assert len(found) == 8 and not any("has no" in each for each in found)


def test_what_an_operator_may_set_is_told_so() -> None:
    def custom(api_version: str, kind: str, spec: str) -> list[str]:
        return messages(
            f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n"
        )

    # It adds containers as they are written, and lays what is written over its own.
    added = "{containers: [{name: own, image: example.com/own:1}]}"
    assert 'container "own" has no limits: it must set cpu and memory' in custom(
        "monitoring.coreos.com/v1", "Prometheus", added
    )
    assert (
        "container spec.autoscalerOptions has no limits: it must set cpu and memory, unless its "
        "operator sets them"
    ) in custom("ray.io/v1", "RayCluster", "{autoscalerOptions: {image: example.com/a:1}}")


def test_a_name_of_several_lines_is_told_on_one() -> None:
    text = pod(LIMITS).replace("name: app", 'name: "a\\nb"')
    (found,) = messages(text)
    assert found.startswith('container "a b" has no securityContext: ')


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_no_finding_is_lost_and_none_is_told_twice(file: Path) -> None:
    case = load(file)
    settings = replace(case.settings, profile="all")
    analysis = opened(case.text, settings).analysis
    for unit in analysis.units:
        rows = rows_of(unit.published, settings)
        told = [id(each) for row in rows for each in row]
        assert sorted(told) == sorted(map(id, unit.published))
        for row in rows:
            assert len({each.finding.span for each in row}) == 1
            if len(row) > 1:
                # They lack one thing in common, and that is not there.
                block = row[0].finding.absent_block
                assert block is not None
                field = row[0].object.root.get(*block[len(row[0].object.root.path) :])
                assert field.key is None and field.written is None
                assert all(each.finding.absent_block == block for each in row)


# What can be done about a row.


def actions_at_container(text: str, shown: list[types.Diagnostic]) -> list[types.CodeAction]:
    document = opened(text)
    offset = text.index("name: app") + len("name: ")
    position = document.lines.position_of(offset)
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(URI),
        types.Range(position, position),
        types.CodeActionContext(shown),
    )
    return code_actions(document, EDITOR, params)


def test_the_actions_of_a_row_are_those_of_all_its_findings() -> None:
    text = pod(LIMITS)
    first, *others = actions_at_container(text, [])
    assert first.title.startswith("Harden container") and first.is_preferred
    titles = [each.title for each in others]
    for fixed in ("runAsNonRoot", "readOnlyRootFilesystem", "seccompProfile", "Drop all"):
        assert any(fixed in title for title in titles), fixed
    # Each of them is for the one diagnostic that the client shows.
    for action in (first, *others):
        if action.diagnostics is not None:
            assert [each.code for each in action.diagnostics] == ["missing-seccomp-profile"]
    hardened = applied(text, first.edit)
    assert messages(hardened) == []


def test_a_row_is_ignored_whole() -> None:
    text = pod(LIMITS)
    (ignore,) = (
        each
        for each in actions_at_container(text, [])
        if each.title == 'Ignore 5 rules in container "app"'
    )
    assert messages(applied(text, ignore.edit)) == []


def test_the_clients_own_diagnostic_comes_back_with_what_it_carries() -> None:
    text = pod(LIMITS)
    first, *_ = actions_at_container(text, [])
    assert first.diagnostics is not None
    (ours,) = first.diagnostics
    assert ours.data is not None
    theirs = types.Diagnostic(ours.range, "what it shows", code=ours.code, source=ours.source)
    again, *_ = actions_at_container(text, [theirs])
    assert again.diagnostics is not None and again.diagnostics[0] is theirs
