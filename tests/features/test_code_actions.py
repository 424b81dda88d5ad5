"""Code actions: what is offered, and that it does what it says when an editor applies it."""

from collections.abc import Sequence

import pytest
from lsprotocol import types

from k8s_lsp import engine
from k8s_lsp.engine import Analysis, Reported, analyze, harden
from k8s_lsp.features.client import Client
from k8s_lsp.features.code_actions import FIX_ALL, HARDEN, QUICK_FIX, code_actions, resolve
from k8s_lsp.features.convert import Document
from k8s_lsp.features.diagnostics import diagnostics_of
from k8s_lsp.rules.base import Fix
from k8s_lsp.settings import Settings
from k8s_lsp.text import Encoding
from tests.features.opened import URI, applied, opened, place

PLAIN = Client(action_literals=True)
MODERN = Client(action_literals=True, document_changes=True, resolves_edits=True)

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
) -> list[types.CodeAction]:
    here = place(document.lines.text, token, document.lines.encoding)
    context = types.CodeActionContext(diagnostics, only, trigger)
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(URI), types.Range(here, here), context
    )
    return code_actions(document, client, params)


def codes(text: str) -> list[str]:
    return [each.rule.slug for _, each in analyze(text).reported()]


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
        each for each in diagnostics_of(document, PLAIN) if each.range.start == place(POD, "true")
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


def test_hardening_a_container_touches_its_lines_only() -> None:
    action = asked(opened(POD), PLAIN, "example.com/log", [HARDEN])[0]
    assert action.title == 'Harden container "log"'
    before, after = POD.split("    - name: log"), applied(POD, action.edit).split("    - name: log")
    assert before[0] == after[0]
    assert "privileged: false  # on purpose" in after[1]


def test_hardening_everything_gives_what_the_command_line_gives() -> None:
    document = opened(POD)
    action = asked(document, PLAIN, "metadata", [HARDEN])[0]
    assert action.title == "Harden all 2 containers"
    after = applied(POD, action.edit)
    assert after == harden(POD, Settings())
    assert asked(opened(after), PLAIN, "metadata", [HARDEN]) == []


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
    assert titles == ['Harden container "app"', 'Harden container "app" and its pod']


def test_nothing_is_offered_twice() -> None:
    actions = asked(opened(ONE), PLAIN, "privileged", [HARDEN])
    after = applied(ONE, actions[1].edit)
    assert applied(ONE, actions[0].edit) != after
    settings = Settings(profile="baseline")
    text = ONE.replace("  hostPID: true\n", "")
    titles = [each.title for each in asked(opened(text, settings), PLAIN, "privileged", [HARDEN])]
    assert titles == ['Harden container "app"']


def test_clients_that_resolve_get_the_edit_later() -> None:
    document = opened(POD)
    for action in asked(document, MODERN, "example.com/log", [HARDEN]):
        assert action.edit is None
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


def test_a_template_is_left_alone() -> None:
    text = POD.replace("1.4.2\n      securityContext: {", "{{ .tag }}\n      securityContext: {")
    assert asked(opened(text), PLAIN, "metadata") == []


def test_a_fix_that_raises_costs_nobody_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = "privilege-escalation-allowed"
    real = engine.fixes_of

    def fixes_of(analysis: Analysis, reported: Reported) -> tuple[Fix, ...]:
        if reported.rule.slug == broken:
            raise RuntimeError("no")
        return real(analysis, reported)

    monkeypatch.setattr(engine, "fixes_of", fixes_of)
    text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: app\n"
    titles = {each.title for each in asked(opened(text), PLAIN, "app")}
    assert "Drop all capabilities" in titles
    assert "Set allowPrivilegeEscalation to false" not in titles
