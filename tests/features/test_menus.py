"""The menus of code actions that a person sees, in situations of each kind, as texts to read."""

from pathlib import Path

import pytest
from lsprotocol import types

from k8s_lsp.configuration.reading import read
from k8s_lsp.features.client import Client
from k8s_lsp.features.code_actions import (
    MENU_LIMIT,
    QUICK_FIX,
    code_actions,
    corrections,
)
from k8s_lsp.features.convert import lines_of
from k8s_lsp.features.settings_file import SettingsFile
from tests.features.opened import URI, applied, opened, place

CURSOR = "▮"
"""Where the cursor is; two are the ends of a selection."""

MENUS = Path(__file__).parent / "menus"
MANIFESTS = sorted(set(MENUS.glob("*.yaml")) - {MENUS / "broken-settings.yaml"})

EDITOR = Client(action_literals=True, document_changes=True, resolves_edits=True)
BARE = Client(action_literals=True)


def asked(
    marked: str,
    client: Client = EDITOR,
    only: list[str] | None = None,
    trigger: types.CodeActionTriggerKind | None = None,
) -> list[types.CodeAction]:
    text = marked.replace(CURSOR, "")
    document = opened(text)
    first = marked.index(CURSOR)
    last = marked.rindex(CURSOR) - (marked.count(CURSOR) - 1)
    lines = document.lines
    range_ = types.Range(lines.position_of(first), lines.position_of(last))
    context = types.CodeActionContext([], only, trigger)
    params = types.CodeActionParams(types.TextDocumentIdentifier(URI), range_, context)
    return code_actions(document, client, params)


def menu(actions: list[types.CodeAction]) -> str:
    """One entry a line: its kind, a star where it is preferred, its title."""
    return "".join(
        f"{each.kind!s:<16} {'*' if each.is_preferred else ' '} {each.title}\n" for each in actions
    )


def corrected(marked: str) -> list[types.CodeAction]:
    """What is offered between the two cursors in a settings file."""
    before, inside, after = marked.split(CURSOR)
    text = before + inside + after
    file = SettingsFile(URI, 3, lines_of(text, "utf-16"), read(text))
    position_of = file.lines.position_of
    range_ = types.Range(position_of(len(before)), position_of(len(before + inside)))
    context = types.CodeActionContext([])
    params = types.CodeActionParams(types.TextDocumentIdentifier(URI), range_, context)
    return corrections(file, EDITOR, params)


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.stem)
def test_the_menu(file: Path, update: bool) -> None:
    compare(file, menu(asked(file.read_text(encoding="utf-8"))), update)


def test_the_menu_of_a_broken_settings_file(update: bool) -> None:
    file = MENUS / "broken-settings.yaml"
    compare(file, menu(corrected(file.read_text(encoding="utf-8"))), update)


def compare(file: Path, found: str, update: bool) -> None:
    """Hold a menu to the text that was read, or put it there to be read."""
    golden = file.with_suffix(".txt")
    if update:
        golden.write_text(found, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == found, "run: make test ARGS=--update"


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.stem)
@pytest.mark.parametrize("only", [None, [""], ["quickfix"], ["refactor"], ["quickfix", "refactor"]])
def test_a_menu_is_short_prefers_one_and_says_nothing_twice(
    file: Path, only: list[str] | None
) -> None:
    text = file.read_text(encoding="utf-8")
    actions = asked(text, only=only)
    assert len([each for each in actions if each.kind != "source.fixAll.k8s-lsp"]) <= MENU_LIMIT
    titles = [each.title for each in actions]
    assert len(titles) == len(set(titles))
    preferred = [each for each in actions if each.is_preferred]
    assert len(preferred) <= 1 and preferred == actions[: len(preferred)]
    # A client that gets all edits at once is offered the same.
    assert [each.title for each in asked(text, BARE, only)] == titles


def test_harden_is_a_quick_fix_unless_a_rewrite_is_asked_for() -> None:
    text = (MENUS / "nginx.yaml").read_text(encoding="utf-8")
    title = 'Harden container "nginx" and its pod'
    for only, kind in (
        (None, QUICK_FIX),
        (["quickfix"], QUICK_FIX),
        (["refactor", "quickfix"], QUICK_FIX),
        (["refactor"], "refactor.rewrite"),
        (["refactor.rewrite"], "refactor.rewrite"),
    ):
        first, *others = asked(text, only=only)
        assert (first.title, first.kind, first.is_preferred) == (title, kind, True)
        assert title not in [each.title for each in others]
        # All that the container lacks is two diagnostics.
        assert first.diagnostics is not None
        assert [each.code for each in first.diagnostics] == [
            "missing-seccomp-profile",
            "missing-memory-limit",
        ]


def test_the_light_bulb_has_harden_where_there_are_findings() -> None:
    text = (MENUS / "nginx.yaml").read_text(encoding="utf-8")
    automatic = types.CodeActionTriggerKind.Automatic
    whole = asked(text)
    shown = asked(text, trigger=automatic)
    assert shown == [each for each in whole if each.kind == QUICK_FIX]


def test_where_all_is_decided_on_purpose_nothing_is_preferred() -> None:
    text = (
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec:\n"
        "  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n"
        "    spec:\n"
        "      # the agent reads what the node does\n      ▮hostPID: true\n"
        "      # and talks to what listens there\n      hostIPC: true▮\n      containers:\n"
        "        - {name: agent, image: example.com/agent:1.2}\n"
    )
    actions = asked(text, only=[QUICK_FIX])
    assert [each.title.partition(",")[0] for each in actions][:2] == [
        "Remove hostPID",
        "Remove hostIPC",
    ]
    assert not any(each.is_preferred for each in actions)


def test_one_comment_ignores_all_rules_of_a_container() -> None:
    marked = (MENUS / "nginx.yaml").read_text(encoding="utf-8")
    text = marked.replace(CURSOR, "")
    for where in ('in container "nginx"', "in this document"):
        (action,) = (
            each for each in asked(marked, BARE) if each.title == f"Ignore 7 rules {where}"
        )
        after = applied(text, action.edit)
        assert after.count("k8s-lsp: ignore[") == 1
        codes = [each.rule.slug for _, each in opened(after).analysis.published()]
        assert codes == ["service-account-token-mounted"]


def test_a_container_with_its_pod_leaves_the_others_alone() -> None:
    marked = (MENUS / "two-containers.yaml").read_text(encoding="utf-8")
    text = marked.replace(CURSOR, "")
    first = asked(marked, BARE)[0]
    after = applied(text, first.edit)
    assert "automountServiceAccountToken: false" in after
    app, log = after[after.index("name: app") :].split("name: log")
    assert "limits" in log and "limits" not in app


SETTINGS = """\
profil: recommended
profile: "recomended"
rules:
  host-pit: off
  host-ipc: {severity: eror}
resources: {limits: {memory: 100m}}
kubernetes-version: latest
"""


@pytest.mark.parametrize(
    ("token", "title", "new"),
    [
        ("profil:", 'Change "profil" to "profile"', "profile:"),
        ('"recomended"', 'Change "recomended" to "recommended"', '"recommended"'),
        ("host-pit", 'Change "host-pit" to "host-pid"', "host-pid"),
        ("eror", 'Change "eror" to "error"', "error"),
        ("100m", 'Change "100m" to "256Mi"', "256Mi"),
    ],
)
def test_a_word_of_a_settings_file_is_put_right(token: str, title: str, new: str) -> None:
    file = SettingsFile(URI, 3, lines_of(SETTINGS, "utf-16"), read(SETTINGS))
    here = place(SETTINGS, token)
    context = types.CodeActionContext([])
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(URI), types.Range(here, here), context
    )
    (action,) = corrections(file, EDITOR, params)
    assert (action.title, action.kind, action.is_preferred) == (title, QUICK_FIX, True)
    assert action.diagnostics is not None and "did you mean" in action.diagnostics[0].message
    assert applied(SETTINGS, action.edit) == SETTINGS.replace(token, new)
    params.context.only = ["refactor"]
    assert corrections(file, EDITOR, params) == []
    assert corrections(file, Client(), params) == []


KINDS = {
    "a setting": ("profil: all\n", "profil", "profile"),
    "a setting below": ("editor: {completions: true}\n", "completions", "completion"),
    "a word": ("profile: restriced\n", "restriced", "restricted"),
    "a level": ("rules: {host-pid: of}\n", "of", "off"),
    "a level by its name": ("rules: {host-pid: {severity: warnin}}\n", "warnin", "warning"),
    "a rule": ("rules: {host-pit: off}\n", "host-pit", "host-pid"),
    "a rule in single quotes": ("rules: {'host-pit': off}\n", "host-pit", "host-pid"),
    "an option": (
        "rules: {untrusted-image-registry: {registrys: []}}\n",
        "registrys",
        "registries",
    ),
    "an ignored rule": ("ignore: [{path: a, rules: [host-ipx]}]\n", "host-ipx", "host-ipc"),
    "an ignored path": ("ignore: [{paths: a, rules: [host-ipc]}]\n", "paths", "path"),
    "a side": ("resources: {limit: {cpu: 1}}\n", "limit", "limits"),
    "a resource": ("resources: {limits: {memry: 1Gi}}\n", "memry", "memory"),
    "an amount": ("resources: {limits: {memory: 100m}}\n", "100m", "256Mi"),
    "a field of an image": ("images: [{name: a/b, user: 1, port: []}]\n", "port", "ports"),
    "a capability": (
        "images: [{name: a/b, user: 1, capabilities: [NET_BIND_SERVCE]}]\n",
        "NET_BIND_SERVCE",
        "NET_BIND_SERVICE",
    ),
    "a core type": (
        "custom-resources: {example.com/Widget: {spec.pod: PodSpce}}\n",
        "PodSpce",
        "PodSpec",
    ),
    "a field of a place": (
        "custom-resources: {example.com/Widget: {spec.pod: {type: PodSpec, harden: true}}}\n",
        "harden",
        "hardened",
    ),
    "a closed file's setting": ("workspace: {diagnostic: true}\n", "diagnostic", "diagnostics"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_mistake_that_asks_for_a_word_has_it_as_a_fix(kind: str) -> None:
    text, written, meant = KINDS[kind]
    assert text.count(written) == 1
    asking = [each.message for each in read(text).errors if "did you mean" in each.message]
    assert len(asking) == 1 and asking[0].endswith(f"did you mean {meant}?")
    actions = corrected(text.replace(written, f"{CURSOR}{written}{CURSOR}"))
    (action,) = [each for each in actions if each.title == f'Change "{written}" to "{meant}"']
    after = applied(text, action.edit)
    assert after == text.replace(written, meant)
    assert "did you mean" not in "".join(each.message for each in read(after).errors)


def test_all_words_that_are_asked_for_are_fixes() -> None:
    text = "".join(dict.fromkeys(text for text, _, _ in KINDS.values()))
    asking = [each for each in read(text).errors if "did you mean" in each.message]
    assert len(asking) > 5
    assert len(corrected(f"{CURSOR}{text}{CURSOR}")) == len(asking)


def test_where_no_word_is_near_there_is_nothing_to_change() -> None:
    text = "nonsense: 1\nprofile: all\n"
    file = SettingsFile(URI, 3, lines_of(text, "utf-16"), read(text))
    everything = types.Range(types.Position(0, 0), types.Position(9, 0))
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(URI), everything, types.CodeActionContext([])
    )
    assert file.configuration.errors and corrections(file, EDITOR, params) == []
