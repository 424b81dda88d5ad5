"""What a user does in an editor: open, read, fix, ignore, configure, save, and type."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest

from k8s_lsp.features.rule_links import link_of
from k8s_lsp.rules.catalogue import RULES
from tests.editors.conftest import Start
from tests.editors.driver import Driver, eventually
from tests.editors.manifests import CHAIN, EMOJI, HARDENED, NGINX, TWO
from tests.editors.setups import ALONE, LINKED, Setup

OF_THE_POD = "16:5-9 service-account-token-mounted"
# What it lacks of one block is one diagnostic, of the gravest rule.
OF_THE_CONTAINER = ["18:17-22 missing-memory-limit", "18:17-22 missing-seccomp-profile"]
FINDINGS = [OF_THE_POD, *OF_THE_CONTAINER]
ONE_EACH = [
    OF_THE_POD,
    "18:17-22 capabilities-not-dropped",
    "18:17-22 missing-cpu-limit",
    "18:17-22 missing-memory-limit",
    "18:17-22 missing-seccomp-profile",
    "18:17-22 privilege-escalation-allowed",
    "18:17-22 root-user-allowed",
    "18:17-22 writable-root-filesystem",
]


@pytest.fixture(scope="module", params=ALONE.values(), ids=list(ALONE))
def editor(request: pytest.FixtureRequest, start: Start) -> Iterator[Driver]:
    """Each editor in turn, running as long as these tests."""
    setup: Setup = request.param
    with start(setup) as running:
        yield running


def test_findings_stand_at_their_tokens(editor: Driver) -> None:
    editor.open("places/nginx.yaml", NGINX)
    assert editor.findings(FINDINGS) == FINDINGS


def test_places_after_an_emoji_are_counted_as_the_editor_does(editor: Driver) -> None:
    (editor.folder / "emoji").mkdir()
    (editor.folder / "emoji/.k8s-lsp.yaml").write_text("profile: baseline\n")
    path = editor.open("emoji/pod.yaml", EMOJI)
    # Four spaces, `- {name: app, `, `args: ["🦊", "é𝔘"], ` and `securityContext: {privileged: `
    # are 4 + 14 + 19 + 30 = 67 characters.
    finding = ["7:68-72 privileged-container"]
    assert editor.findings(finding) == finding
    title = "Set privileged to false"
    assert title in editor.choose(7, 70, title)
    assert editor.findings([]) == []
    editor.save()
    assert path.read_bytes().decode() == EMOJI.replace("privileged: true", "privileged: false")


def test_a_hover_explains_what_is_wrong(editor: Driver) -> None:
    editor.open("hover/nginx.yaml", NGINX)
    editor.findings(FINDINGS)
    assert "automountServiceAccountToken" in editor.hover(16, 5)
    shown = editor.hover(18, 18)
    assert "7 findings" in shown
    assert "root-user-allowed" in shown and "runAsNonRoot" in shown


# lsp-mode starts yaml-language-server too wherever that is installed, and jumps by neither then.
JUMPING = [name for name in ALONE if "lsp-mode" not in name]


@pytest.mark.parametrize("editor", [*map(ALONE.get, JUMPING)], ids=JUMPING, indirect=True)
def test_a_name_leads_to_what_it_means(editor: Driver) -> None:
    editor.open("follow/pod.yaml", CHAIN)
    # `metadata: {annotations: {of: "🦊"}, name: ` are 41 characters.
    eventually(lambda: editor.follow(5, 24) == "10:42")


def test_a_quick_fix_changes_what_it_says_and_nothing_else(editor: Driver) -> None:
    path = editor.open("fix/nginx.yaml", NGINX)
    editor.findings(FINDINGS)
    titles = editor.choose(16, 5, "Set automountServiceAccountToken to false")
    assert titles[0] == "Set automountServiceAccountToken to false"
    assert editor.findings(OF_THE_CONTAINER) == OF_THE_CONTAINER
    editor.save()
    fixed = NGINX + "      automountServiceAccountToken: false\n"
    assert path.read_bytes().decode() == fixed


def test_harden_does_everything_at_once(editor: Driver) -> None:
    path = editor.open("harden/nginx.yaml", NGINX)
    editor.findings(FINDINGS)
    editor.choose(18, 18, 'Harden container "nginx" and its pod')
    assert editor.findings([]) == []
    assert path.read_bytes().decode() == NGINX
    editor.save()
    assert path.read_bytes().decode() == HARDENED


def test_a_finding_can_be_ignored_by_a_comment(editor: Driver) -> None:
    path = editor.open("ignore/nginx.yaml", NGINX)
    editor.findings(FINDINGS)
    editor.choose(16, 5, "Ignore service-account-token-mounted on this line")
    assert editor.findings(OF_THE_CONTAINER) == OF_THE_CONTAINER
    editor.save()
    comment = "    spec:  # k8s-lsp: ignore[service-account-token-mounted]\n"
    assert path.read_bytes().decode() == NGINX.replace("    spec:\n", comment)
    editor.write_line(16, "    spec:")
    assert editor.findings(FINDINGS) == FINDINGS


def test_a_settings_file_counts_when_it_is_saved(editor: Driver) -> None:
    editor.open("team/nginx.yaml", NGINX)
    editor.findings(FINDINGS)
    editor.open("team/.k8s-lsp.yaml", "profile: recomended\n")
    mistake = ["1:10-20"]
    assert editor.findings(mistake) == mistake
    editor.choose(1, 12, 'Change "recomended" to "recommended"')
    assert editor.findings([]) == []
    editor.write_line(1, "editor: {group-absent: false}")
    editor.save()
    assert editor.findings([]) == []
    editor.open("team/nginx.yaml")
    assert editor.findings(ONE_EACH) == ONE_EACH


def test_the_editors_own_settings_count_at_once(editor: Driver) -> None:
    editor.open("own/nginx.yaml", NGINX)
    editor.findings(FINDINGS)
    editor.configure({"profile": "baseline"})
    assert editor.findings([]) == []
    editor.configure({"profile": "recommended"})
    assert editor.findings(FINDINGS) == FINDINGS


def test_while_half_a_line_is_typed_the_rest_keeps_its_findings(editor: Driver) -> None:
    (editor.folder / "typing").mkdir()
    (editor.folder / "typing/.k8s-lsp.yaml").write_text("profile: baseline\n")
    editor.open("typing/pod.yaml", TWO)
    first, second = "11:21-25 privileged-container", "15:21-25 privileged-container"
    assert editor.findings([first, second]) == [first, second]
    editor.write_line(11, '        privileged: "tr')
    # Of the container in which somebody types, nothing is said but that a quote is open.
    broken = ["11:21-24 yaml-syntax", second]
    assert editor.findings(broken) == broken
    editor.write_line(11, "        privi")
    assert editor.findings([second]) == [second]
    editor.write_line(11, "        privileged: false")
    assert editor.findings([second]) == [second]
    editor.write_line(11, "        privileged: true")
    assert editor.findings([first, second]) == [first, second]


def test_an_ignore_comment_completes_its_rules(editor: Driver) -> None:
    editor.open("complete/nginx.yaml", NGINX)
    editor.findings(FINDINGS)
    editor.write_line(16, "    spec: # k8s-lsp: ignore[service-account-token-m")
    assert editor.completions(16, 52) == ["service-account-token-mounted"]


def test_what_another_program_writes_counts_from_the_next_save_on(editor: Driver) -> None:
    path = editor.open("pulled/nginx.yaml", NGINX)
    editor.findings(FINDINGS)
    path.with_name(".k8s-lsp.yaml").write_text("profile: baseline\n")
    editor.write_line(3, "metadata: # saved")
    editor.save()
    assert editor.findings([]) == []


# Neovim before 0.10 shows no lens, and eglot has none.
LENSES = ["nvim", "nvim-0.10", "emacs-30-lsp-mode"]
# lsp-mode shows hints only where its user wants them when it starts.
HINTS = ["nvim", "nvim-0.10", "emacs-30-eglot"]
LINKS = ["nvim", "emacs-30-lsp-mode"]


@pytest.mark.parametrize("editor", [*map(ALONE.get, LENSES)], ids=LENSES, indirect=True)
def test_a_click_on_the_lens_hardens(editor: Driver) -> None:
    path = editor.open("lens/nginx.yaml", NGINX)
    editor.findings(FINDINGS)
    [lens] = editor.lenses(line=1)
    assert lens.startswith("Pod Security: baseline · restricted needs allowPrivilegeEscalation")
    assert editor.findings([]) == []
    editor.save()
    assert path.read_bytes().decode() == HARDENED


@pytest.mark.parametrize("editor", [*map(ALONE.get, HINTS)], ids=HINTS, indirect=True)
def test_hints_tell_what_holds_by_default(editor: Driver) -> None:
    editor.open("hints/nginx.yaml", NGINX)
    editor.findings(FINDINGS)
    editor.configure({"editor": {"inlay-hints": True}})
    hints = editor.hints()
    # eglot shows each part of a hint by itself.
    assert {hint.partition(":")[0] for hint in hints} == {"16", "18"}
    for line, value in (
        ("16", "serviceAccountName: default"),
        ("18", "seccompProfile: Unconfined"),
    ):
        assert any(hint.startswith(line) and value in hint for hint in hints)
    editor.configure({"profile": "recommended"})


@pytest.mark.parametrize("editor", [*map(ALONE.get, LINKS)], ids=LINKS, indirect=True)
def test_a_rule_in_a_comment_leads_to_its_line(editor: Driver) -> None:
    comment = "    spec:  # k8s-lsp: ignore[service-account-token-mounted]\n"
    editor.open("links/nginx.yaml", NGINX.replace("    spec:\n", comment))
    editor.findings(OF_THE_CONTAINER)
    [link] = editor.links()
    assert link.startswith("16: file:///")
    page, _, line = link.removeprefix("16: ").partition("#L")
    rules = Path(url2pathname(urlparse(page).path)).read_text(encoding="utf-8").split("\n")
    assert rules[int(line) - 1] == "## service-account-token-mounted"


def line_of(slug: str) -> str:
    """The line of the page of rules that explains a rule."""
    [rule] = [each for each in RULES if each.slug == slug]
    return link_of(rule).rpartition("#L")[2]


@pytest.mark.parametrize("editor", LINKED.values(), ids=LINKED, indirect=True)
def test_a_link_is_followed_to_the_line_of_the_rule(editor: Driver) -> None:
    # As far as the rule there are more bytes, and more units of UTF-16, than characters.
    name = '        - name: "é😀"  # k8s-lsp: ignore[missing-cpu-limit]\n'
    editor.open("followed/nginx.yaml", NGINX.replace("        - name: nginx\n", name))
    editor.findings(
        [OF_THE_POD, "18:17-21 missing-memory-limit", "18:17-21 missing-seccomp-profile"]
    )
    for character in ("m", "t]"):
        editor.open("followed/nginx.yaml")
        place = name.index(character, name.index("[")) + 1
        assert editor.follow_link(18, place) == f"README.md:{line_of('missing-cpu-limit')}"
