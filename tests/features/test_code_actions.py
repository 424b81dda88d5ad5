"""Code actions: what is offered, and that it does what it says when an editor applies it."""

from collections.abc import Sequence

import pytest
from lsprotocol import types

from k8s_lsp.engine import fixing
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.results import Analysis, Diagnosis
from k8s_lsp.features.client import Client
from k8s_lsp.features.code_actions import (
    MENU_LIMIT,
    QUICK_FIX,
    code_actions,
    remember_nothing,
    resolve,
)
from k8s_lsp.features.convert import Document
from k8s_lsp.features.diagnostics import diagnostics_of, protocol_value
from k8s_lsp.features.hardened_message import HardenedMessage
from k8s_lsp.features.hardenings import FIX_ALL, HARDEN, Remember
from k8s_lsp.rules.base import Fix
from k8s_lsp.settings import Profile, Settings
from k8s_lsp.text import Encoding
from tests.features.opened import URI, applied, opened, place
from tests.fixes import harden_text

PLAIN = Client(action_literals=True)
MODERN = Client(action_literals=True, document_changes=True, resolves_edits=True)

BASELINE = Settings(profile="baseline")

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web  # 😀
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext: {privileged: true}
    - name: log
      image: example.com/log:1.4.2
      securityContext:
        privileged: yes  # on purpose
"""


def asked(
    document: Document,
    client: Client,
    token: str,
    only: Sequence[str] | None = None,
    trigger: types.CodeActionTriggerKind | None = None,
    diagnostics: Sequence[types.Diagnostic] = (),
    remember: Remember = remember_nothing,
) -> list[types.CodeAction]:
    here = place(document.lines.text, token, document.lines.encoding)
    context = types.CodeActionContext(diagnostics, only, trigger)
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(URI), types.Range(here, here), context
    )
    return code_actions(document, client, params, remember=remember)


def codes(text: str) -> list[str]:
    return [each.rule.slug for _, each in analyze(text).published()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_quick_fix_makes_its_finding_disappear(encoding: Encoding) -> None:
    document = opened(POD, encoding=encoding)
    client = Client(encoding, action_literals=True)
    action = asked(document, client, "yes", [QUICK_FIX])[0]
    assert (action.title, action.is_preferred) == ("Set privileged to false", True)
    after = applied(POD, action.edit, encoding)
    assert after == POD.replace("yes", "false")
    assert codes(after).count("privileged-container") == 1


def test_its_diagnostic_is_the_one_that_the_client_sent() -> None:
    document = opened(POD)
    shown = next(
        each
        for each in map(protocol_value, diagnostics_of(document, PLAIN))
        if each.range.start == place(POD, "true")
    )
    shown.data = "the client's own"
    shown.message = "shortened"
    action = asked(document, PLAIN, "true", [QUICK_FIX], diagnostics=[shown])[0]
    assert action.diagnostics == [shown]
    ours = asked(document, PLAIN, "true", [QUICK_FIX])[0].diagnostics
    assert ours is not None and ours[0].code == "privileged-container"


def test_versions_travel_along_where_the_client_knows_them() -> None:
    document = opened(POD)
    edit = asked(document, MODERN, "true", [QUICK_FIX])[0].edit
    assert edit is not None and edit.changes is None and edit.document_changes is not None
    (change,) = edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    assert (change.text_document.uri, change.text_document.version) == (URI, 7)
    edit = asked(document, PLAIN, "true", [QUICK_FIX])[0].edit
    assert edit is not None and edit.document_changes is None and edit.changes is not None


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (None, {QUICK_FIX, HARDEN}),
        ([], {QUICK_FIX, HARDEN}),
        ([""], {QUICK_FIX, HARDEN, FIX_ALL}),
        (["quickfix"], {QUICK_FIX}),
        (["quick"], set()),
        (["quickfix.more"], set()),
        (["refactor"], {HARDEN}),
        (["refactor.rewrite"], {HARDEN}),
        (["refactor.extract"], set()),
        (["source"], {FIX_ALL}),
        (["source.fixAll"], {FIX_ALL}),
        (["source.fixAll.k8s-lsp"], {FIX_ALL}),
        (["source.fixAll.other"], set()),
        (["source.organizeImports"], set()),
        (["source", "quickfix"], {FIX_ALL, QUICK_FIX}),
    ],
)
def test_only_means_a_kind_and_those_below_it(only: list[str] | None, kinds: set[str]) -> None:
    text = POD + '---\napiVersion: v1\nkind: Pod\nspec:\n  hostPID: "true"\n'
    document = opened(text)
    found = {str(each.kind) for each in asked(document, PLAIN, "true}", only)}
    assert found - {FIX_ALL} == kinds - {FIX_ALL}
    if FIX_ALL not in kinds:
        assert FIX_ALL not in found


def test_there_is_no_permanent_light_bulb() -> None:
    document = opened(POD)
    automatic = types.CodeActionTriggerKind.Automatic
    invoked = types.CodeActionTriggerKind.Invoked
    assert asked(document, PLAIN, "metadata", trigger=automatic) == []
    assert asked(document, PLAIN, "metadata", trigger=invoked) != []
    assert asked(document, PLAIN, "metadata", [HARDEN], trigger=automatic) != []


def test_commands_are_not_offered_to_clients_that_know_nothing_else() -> None:
    assert asked(opened(POD), Client(), "true") == []


def ignoring(document: Document, token: str, client: Client = PLAIN) -> list[types.CodeAction]:
    actions = asked(document, client, token, [QUICK_FIX])
    return [each for each in actions if each.title.startswith("Ignore")]


def test_a_finding_can_be_ignored_on_its_line_and_in_its_document() -> None:
    actions = ignoring(opened(POD), "true")
    assert [(each.title, each.is_preferred) for each in actions] == [
        ("Ignore privileged-container on this line", None),
        ("Ignore privileged-container in this document", None),
    ]
    for action in actions:
        assert action.diagnostics is not None
        assert [each.code for each in action.diagnostics] == ["privileged-container"]
    after = [applied(POD, each.edit) for each in actions]
    comment = "  # k8s-lsp: ignore[privileged-container]\n"
    assert after[0] == POD.replace("true}\n", f"true}}{comment}")
    assert after[1] == POD.replace("kind: Pod\n", f"kind: Pod{comment}")
    assert [codes(each).count("privileged-container") for each in after] == [1, 0]


def test_at_the_name_of_a_container_it_is_the_container_that_is_ignored() -> None:
    (action,) = (
        each
        for each in ignoring(opened(POD), "log\n")
        if each.title == 'Ignore 2 rules in container "log"'
    )
    after = applied(POD, action.edit)
    assert codes(after).count("missing-memory-limit") == 1
    assert codes(after).count("missing-cpu-limit") == 1
    assert after.count("k8s-lsp:") == 1


def test_a_second_rule_joins_the_comment_that_is_there() -> None:
    text = POD.replace("name: log", "name: log  # k8s-lsp: ignore[missing-cpu-limit] later")
    action = ignoring(opened(text), "log  #")[0]
    assert action.title == 'Ignore missing-memory-limit in container "log"'
    after = applied(text, action.edit)
    assert after.count("k8s-lsp:") == 1
    assert "ignore[missing-cpu-limit, missing-memory-limit] later\n" in after
    assert len(codes(after)) == len(codes(POD)) - 2


def test_what_silences_stands_below_what_cures() -> None:
    actions = asked(opened(POD), PLAIN, "log\n", [QUICK_FIX])
    ignored = [each.title.startswith("Ignore") for each in actions]
    assert ignored == sorted(ignored) and len(set(ignored)) == 2


def test_two_findings_of_a_line_are_ignored_by_one_comment() -> None:
    text = POD.replace("privileged: yes  # on purpose", "capabilities: {add: [BPF, SYSLOG]}")
    document = opened(text, BASELINE)
    start, end = place(text, "BPF"), place(text, "SYSLOG")
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(URI), types.Range(start, end), types.CodeActionContext([])
    )
    found = code_actions(document, PLAIN, params)
    (action,) = (each for each in found if each.title.endswith("on this line"))
    assert action.diagnostics is not None and len(action.diagnostics) == 2


def test_json_and_broken_texts_get_no_comments() -> None:
    text = '{"apiVersion": "v1", "kind": "Pod",\n "spec": {"hostPID": true}}'
    assert codes(text) and ignoring(opened(text), "true") == []
    broken = POD + "    - name: 'x\n"
    assert ignoring(opened(broken), "true") == []


def test_a_line_of_a_template_expression_gets_no_comment() -> None:
    text = "apiVersion: v1\nkind: Pod\nspec:\n  hostPID: true\n  hostIPC: true {{ end }}\n"
    assert [each.title for each in ignoring(opened(text), "hostPID: true")] == []
    at_value = text.replace("hostPID: true", "hostPID: yes")
    assert len(ignoring(opened(at_value), "yes")) == 2
    assert not any(each.title.endswith("on this line") for each in ignoring(opened(text), "{{"))


def test_a_useless_comment_can_be_removed_but_not_ignored() -> None:
    text = POD.replace("# on purpose", "# k8s-lsp: ignore[nonsense] on purpose")
    actions = asked(opened(text), PLAIN, "nonsense", [QUICK_FIX])
    assert [each.title for each in actions] == ["Remove the ignore comment"]
    assert applied(text, actions[0].edit) == POD.replace("  # on purpose", "")


def test_hardening_a_container_touches_its_lines_only() -> None:
    action = asked(opened(POD), PLAIN, "example.com/log", [HARDEN])[0]
    assert action.title == 'Harden container "log"'
    before, after = POD.split("    - name: log"), applied(POD, action.edit).split("    - name: log")
    assert before[0] == after[0]
    assert "privileged: false  # on purpose" in after[1]


def test_hardening_everything_gives_what_the_command_line_gives() -> None:
    document = opened(POD)
    action = asked(document, PLAIN, "metadata", [HARDEN])[0]
    assert action.title == "Harden both containers"
    after = applied(POD, action.edit)
    assert after == harden_text(POD, Settings())
    assert asked(opened(after), PLAIN, "metadata", [HARDEN]) == []


def test_more_than_two_containers_are_counted() -> None:
    text = f"{POD}    - name: third\n      image: example.com/third:1.4.2\n"
    action = asked(opened(text), PLAIN, "metadata", [HARDEN])[0]
    assert action.title == "Harden all 3 containers"


def test_only_lines_that_change_are_sent() -> None:
    action = asked(opened(POD), PLAIN, "metadata", [HARDEN])[0]
    assert action.edit is not None and action.edit.changes is not None
    for edit in action.edit.changes[URI]:
        assert "apiVersion" not in edit.new_text and edit.range.start.line > 4


ONE = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostPID: true
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        privileged: true
"""


def test_a_single_container_is_named_with_its_pod() -> None:
    titles = [each.title for each in asked(opened(ONE), PLAIN, "privileged", [HARDEN])]
    assert titles[:2] == ['Harden container "app"', 'Harden container "app" and its pod']


def test_nothing_is_offered_twice() -> None:
    actions = asked(opened(ONE), PLAIN, "privileged", [HARDEN])
    after = applied(ONE, actions[1].edit)
    assert applied(ONE, actions[0].edit) != after
    settings = Settings(profile="baseline")
    text = ONE.replace("  hostPID: true\n", "")
    titles = [each.title for each in asked(opened(text, settings), PLAIN, "privileged", [HARDEN])]
    assert titles == ['Harden container "app" to baseline']


def test_other_levels_are_offered_where_they_differ() -> None:
    document = opened(ONE)
    titles = [each.title for each in asked(document, PLAIN, "privileged", [HARDEN])]
    assert titles[2:] == [
        "Harden to restricted only: leaves limits, automountServiceAccountToken and "
        "readOnlyRootFilesystem as they are",
        "Harden to baseline only: leaves capabilities.drop, limits, seccompProfile.type "
        "and 4 more as they are",
    ]
    actions = asked(document, PLAIN, "metadata", [HARDEN])
    levels: tuple[Profile, ...] = ("restricted", "baseline")
    for level in levels:
        (action,) = (each for each in actions if f" to {level} only: " in each.title)
        assert applied(ONE, action.edit) == harden_text(ONE, Settings(profile=level))
    only_baseline = harden_text(ONE, Settings())
    assert asked(opened(only_baseline), PLAIN, "metadata", [HARDEN]) == []


def test_another_level_keeps_the_other_settings() -> None:
    settings = Settings(rules=(("host-pid", "off"),))
    actions = asked(opened(ONE, settings), PLAIN, "kind", [HARDEN])
    (action,) = (each for each in actions if " to baseline only: " in each.title)
    after = applied(ONE, action.edit)
    assert "hostPID: true" in after and "privileged: false" in after


def test_the_menu_stays_short() -> None:
    text = POD + "".join(f"    - {{name: n{n}, image: example.com/n:1.0}}\n" for n in range(9))
    everything = types.Range(types.Position(0, 0), types.Position(99, 0))
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(URI), everything, types.CodeActionContext([], [HARDEN])
    )
    found = code_actions(opened(text), PLAIN, params)
    assert len(found) == MENU_LIMIT
    titles = [each.title for each in found if each.title.startswith("Harden")]
    # All of the pod is all of the file.
    assert len(titles) == 4 and titles[0] == 'Harden Pod "web"'


def test_clients_that_resolve_get_the_edit_later() -> None:
    document = opened(POD)
    assert len(asked(document, MODERN, "example.com/log", [HARDEN])) == 4
    for action in asked(document, MODERN, "example.com/log", [HARDEN]):
        assert action.edit is None
        # Neovim keeps its data in Lua tables, in which null is the same as nothing.
        assert isinstance(action.data, dict)
        assert None not in action.data.values()
        twin = next(
            each
            for each in asked(document, PLAIN, "example.com/log", [HARDEN])
            if each.title == action.title
        )
        assert resolve(document, PLAIN, action)
        assert action.edit == twin.edit


def test_resolving_for_another_version_is_refused() -> None:
    action = asked(opened(POD), MODERN, "metadata", [HARDEN])[0]
    assert not resolve(opened(POD, version=8), MODERN, action)
    assert action.edit is None


@pytest.mark.parametrize("data", [None, 3, [], {}, {"uri": URI, "version": 7}])
def test_resolving_what_we_never_sent_is_refused(data: object) -> None:
    assert not resolve(opened(POD), MODERN, types.CodeAction("?", data=data))


def test_line_ends_stay_as_they_are() -> None:
    text = POD.replace("\n", "\r\n")
    action = asked(opened(text), PLAIN, "metadata", [HARDEN])[0]
    after = applied(text, action.edit)
    assert after.count("\n") == after.count("\r\n") > text.count("\n")


def test_in_a_template_only_literal_values_are_hardened() -> None:
    text = POD.replace("web", "{{ .name }}").replace("{privileged: true}", "{{ .security }}")
    (action,) = asked(opened(text), PLAIN, "metadata", [HARDEN])
    assert applied(text, action.edit) == text.replace("yes", "false")
    rest = text.replace("yes", "false")
    assert asked(opened(rest), PLAIN, "metadata") == []


def test_a_fix_that_raises_costs_nobody_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = "privilege-escalation-allowed"
    real = fixing.fixes_of

    def fixes_of(analysis: Analysis, reported: Diagnosis) -> tuple[Fix, ...]:
        if reported.rule.slug == broken:
            raise RuntimeError("no")
        return real(analysis, reported)

    monkeypatch.setattr("k8s_lsp.features.code_actions.fixes_of", fixes_of)
    text = (
        "apiVersion: v1\nkind: Pod\nspec:\n"
        "  containers:\n    - name: app\n      image: example.com/web:1.4.2\n"
    )
    titles = {each.title for each in asked(opened(text), PLAIN, "app")}
    assert "Drop all capabilities" in titles
    assert "Set allowPrivilegeEscalation to false" not in titles


def test_one_object_of_several_can_be_hardened_alone() -> None:
    first, second = POD, POD.replace("name: web", "name: other").replace("log", "out")
    text = f"{first}---\n{second}"
    for client in (PLAIN, MODERN):
        document = opened(text)
        offered = {each.title: each for each in asked(document, client, "other", [HARDEN])}
        action = offered['Harden Pod "other"']
        if action.edit is None:
            assert resolve(document, client, action)
        hardened = applied(text, action.edit)
        assert hardened.startswith(f"{first}---\n")
        assert hardened.endswith(harden_text(second, Settings()))


@pytest.mark.parametrize("client", [PLAIN, MODERN], ids=["at once", "resolved"])
def test_what_to_say_of_each_hardened_text_is_remembered(client: Client) -> None:
    document, said = opened(POD), dict[str, HardenedMessage]()
    for action in asked(document, client, "true}", [HARDEN], remember=said.__setitem__):
        if action.edit is None:
            assert resolve(document, client, action, remember=said.__setitem__)
        message = said[applied(POD, action.edit)].text
        assert message.startswith("Changed: ") and "\n" not in message
    # What runs on save is silent.
    text, said = "apiVersion: v1\nkind: Pod\nspec: {serviceAccount: web, containers: []}\n", {}
    document = opened(text)
    for action in asked(document, client, "web", [FIX_ALL], remember=said.__setitem__):
        assert action.edit is not None or resolve(
            document, client, action, remember=said.__setitem__
        )
    assert said == {}


def test_parts_of_containers_are_hardened_with_their_object() -> None:
    text = (
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: db\nspec:\n"
        "  securityContext:\n    privileged: true\n"
    )
    document = opened(text)
    place = types.Range(types.Position(6, 16), types.Position(6, 16))
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(document.uri), place, types.CodeActionContext([])
    )
    titles = [each.title for each in code_actions(document, PLAIN, params)]
    assert [title for title in titles if title.startswith("Harden")] == ["Harden the whole file"]
