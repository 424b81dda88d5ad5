"""The state of a text in one line: why there are findings, or none."""

from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.configuration.reading import read
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.results import Limits
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.settings_file import SettingsFile, profile_edits
from k8s_lsp.features.status import (
    Holding,
    Mistake,
    SettingsSource,
    Status,
    broken_words,
    mistakes_of,
    status_of,
    told,
)
from k8s_lsp.settings import Settings
from k8s_lsp.text import apply_edits
from tests.features.opened import URI, opened
from tests.features.test_menus import CURSOR

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostPID: true
  automountServiceAccountToken: false
  containers:
    - {name: app, image: example.com/app:1.4.2, securityContext: {privileged: true}}
"""
CLEAN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"
BASELINE = Settings(profile="baseline")
SOURCE = SettingsSource("file:///work/.k8s-lsp.yaml", ".k8s-lsp.yaml")
BROKEN = SOURCE._replace(mistakes=(Mistake(3, 'there is no rule "x"'),))


def status(text: str, holding: Holding | None = None, **how: Any) -> Status:
    analysis = analyze(text, BASELINE, **how)
    document = Document(URI, 1, lines_of(text, "utf-16"), analysis)
    return status_of(document, holding or Holding(BASELINE))


@pytest.mark.parametrize(
    ("text", "state", "words"),
    [
        (POD, "findings", "2 findings"),
        (POD.replace("  hostPID: true\n", ""), "findings", "1 finding"),
        (CLEAN, "clean", "clean"),
        ('{"apiVersion": "v1", "kind": "ConfigMap"}', "clean", "clean"),
        ("apiVersion: example.com/v1\nkind: Widget\n", "clean", "clean"),
        (PATCH, "patch", "patch"),
        (PATCH + "---\n" + POD, "patch", "patch · 2 findings"),
        ("apiVersion: v1\nkind: Pod\n", "patch", "patch"),
        ("{{ if .Values.on }}\n" + POD + "{{ end }}\n", "template", "template, read in part"),
        ("{{ include 'a' . }}\n---\n" + PATCH, "template", "template, read in part"),
        ("", "not-a-manifest", "not a manifest"),
        ("# nothing\n", "not-a-manifest", "not a manifest"),
        ("services:\n  web: {image: nginx}\n", "not-a-manifest", "not a manifest"),
        ("on: push\njobs: {a: {privileged: true}}\n", "not-a-manifest", "not a manifest"),
        ("{{ define 'name' }}web{{ end }}\n", "not-a-manifest", "not a manifest"),
        ("apiVersion: v1\n", "not-a-manifest", "not a manifest"),
        ("just: text\n---\n" + CLEAN, "clean", "clean"),
    ],
)
def test_the_state_of_a_text(text: str, state: str, words: str) -> None:
    found = status(text)
    assert found.state == state
    assert found.words.startswith(words)
    assert bool(found.details) == (state in ("patch", "template"))


FILLED_IN = "apiVersion: {{ include 'api' . }}\nkind: Deployment\nspec: {{ .Values.a }}\n"


@pytest.mark.parametrize(
    ("text", "state", "count"),
    [
        (FILLED_IN, "template", 2),
        ("{{- if .Values.on }}\n" + FILLED_IN + "{{- end }}\n", "template", 2),
        (CLEAN + "---\n" + FILLED_IN, "template", 2),
        (CLEAN + "---\n{{ include 'a' . }}\n", "template", 1),
        ("apiVersion: v1\nkind: {{ .Values.kind }}\n", "template", 2),
        ("apiVersion: {{ .Values.api }}\nname: a\n", "not-a-manifest", 0),
        ("apiVersion: v2\nname: a-chart\nversion: 1.0.0\n", "not-a-manifest", 0),
    ],
)
def test_a_template_whose_kinds_are_filled_in_is_not_passed_over(
    text: str, state: str, count: int
) -> None:
    found = status(text, is_chart_template=True)
    assert (found.state, len(found.details)) == (state, count)


def test_a_broken_manifest_has_the_finding_that_says_so() -> None:
    found = status(POD + "  hostname: 'web\n")
    assert found.state == "findings"
    assert found.counts[0] >= 1


def test_values_are_no_manifest_but_are_judged() -> None:
    values = "image: {repository: nginx}\nsecurityContext: {privileged: true}\n"
    assert status(values).state == "not-a-manifest"
    assert status(values, is_values=True).words == "1 finding"
    encrypted = "token: ENC[AES256_GCM,data:aGk=]\nsops: {mac: 'ENC[AES256_GCM,data:eA==]'}\n"
    found = status(encrypted, is_values=True)
    assert (found.state, found.details) == (
        "read-in-part",
        ("Not read: its values are encrypted with SOPS",),
    )


BARE = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: a}]}\n"
)


@pytest.mark.parametrize(
    ("text", "settings", "details"),
    [
        # Two blocks of the container, and the token of the pod.
        (
            BARE.replace("image: a", "image: example.com/a:1.2"),
            Settings(),
            ["The 8 findings are listed as 3 problems: all that one block lacks is one problem"],
        ),
        (
            BARE,
            Settings(profile="restricted"),
            ["The 4 findings are listed as 1 problem: all that one block lacks is one problem"],
        ),
        (BARE, Settings(profile="restricted", group_absent=False), []),
        (BARE, Settings(profile="baseline"), []),
        (POD, Settings(profile="baseline"), []),
    ],
)
def test_why_there_are_fewer_problems_than_findings(
    text: str, settings: Settings, details: list[str]
) -> None:
    document = Document(URI, 1, lines_of(text, "utf-16"), analyze(text, settings))
    assert list(status_of(document, Holding(settings)).details) == details


def test_a_limit_is_told_even_where_nothing_was_read() -> None:
    found = status(POD, limits=Limits(text_length=10))
    assert (found.state, found.words) == ("read-in-part", "read in part")
    assert "10" in found.details[0]


def test_each_patch_is_named_up_to_a_limit() -> None:
    found = status("---\n".join([PATCH] * 5))
    assert found.details == (
        "Deployment web is read as a patch, because it has no spec.selector",
        "Deployment web is read as a patch, because it has no spec.selector",
        "Deployment web is read as a patch, because it has no spec.selector",
        "2 more objects are patches",
    )


def test_what_a_broken_settings_file_says_goes_before_all_but_no_manifest() -> None:
    broken = Holding(BASELINE, BROKEN)
    found = status(POD, broken)
    assert found.words == "settings file broken · 2 findings"
    assert found.details == ('.k8s-lsp.yaml has a mistake in line 3: there is no rule "x"',)
    both = status(PATCH, broken)
    assert both.state == "settings-broken"
    assert len(both.details) == 2
    assert status("a: b\n", broken).state == "not-a-manifest"
    assert status(POD, Holding(BASELINE, SOURCE)).state == "findings"


def test_silence_by_exclusion_is_not_clean() -> None:
    found = status(CLEAN, Holding(BASELINE, SOURCE, is_excluded=True))
    assert found.words == "excluded"
    assert found.details == ("The settings exclude this file: no rule runs",)


@pytest.mark.parametrize(
    ("text", "state", "counts", "words"),
    [
        ("profile: all\n", "clean", (0, 0, 0, 0), "clean"),
        ("", "clean", (0, 0, 0, 0), "clean"),
        ("\nprofile: al\n", "settings-broken", (1, 0, 0, 0), "settings file broken · 1 finding"),
        ('kubernetes-version: "1.99"\n', "findings", (0, 1, 0, 0), "1 finding"),
    ],
)
def test_a_settings_file_has_a_state_of_its_own(
    text: str, state: str, counts: tuple[int, ...], words: str
) -> None:
    found = status_of(
        SettingsFile(URI, 1, lines_of(text, "utf-16"), read(text)), Holding(BASELINE, SOURCE)
    )
    assert (found.state, found.counts, found.words) == (state, counts, words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "rules:\n  host-pit: off\n",
            '.k8s-lsp.yaml has a mistake in line 2: there is no rule "host-pit"; '
            "did you mean host-pid?",
        ),
        (
            "\r\nprofil: all\r\nrules: {host-pid: of}\r\n",
            '.k8s-lsp.yaml has 2 mistakes, the first in line 2: there is no setting "profil"; '
            "did you mean profile?",
        ),
    ],
)
def test_what_is_wrong_in_a_settings_file_is_one_sentence(text: str, words: str) -> None:
    assert broken_words(SOURCE._replace(mistakes=mistakes_of(read(text)))) == words


def test_a_version_that_is_too_new_breaks_nothing() -> None:
    assert mistakes_of(read('kubernetes-version: "1.99"\n')) == ()


def test_what_a_client_is_told() -> None:
    holding = Holding(Settings(profile="restricted", kubernetes_version="v1.34"), BROKEN)
    assert told(URI, status(POD, holding)) == {
        "uri": URI,
        "state": "settings-broken",
        "text": "settings file broken · 2 findings",
        "details": ['.k8s-lsp.yaml has a mistake in line 3: there is no rule "x"'],
        "counts": {"error": 2, "warning": 0, "information": 0, "hint": 0},
        "profile": "restricted",
        "kubernetesVersion": "1.34",
        "isLatestVersion": False,
        "settingsFile": {
            "uri": "file:///work/.k8s-lsp.yaml",
            "name": ".k8s-lsp.yaml",
            "mistakes": [{"line": 3, "message": 'there is no rule "x"'}],
        },
    }
    alone = told(URI, status(POD, Holding(Settings())))
    assert (alone["isLatestVersion"], alone["settingsFile"]) == (True, None)


COMMENTED = "# a\n\n# b\nrules:\n  host-pid: off # c\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "profile: all\n"),
        ("# team\n", "# team\nprofile: all\n"),
        ("# team", "# team\nprofile: all\n"),
        ("profile: baseline # why\nrules: {}\n", "profile: all # why\nrules: {}\n"),
        ("profile: # yet to come\nrules: {}\n", "profile: all # yet to come\nrules: {}\n"),
        ("'profile': 'baseline'\n", "'profile': 'all'\n"),
        (COMMENTED, COMMENTED + "profile: all\n"),
        ("---\nrules: {}\n", "---\nrules: {}\nprofile: all\n"),
        ("rules: {}\r\n", "rules: {}\r\nprofile: all\r\n"),
        ("rules: {}\n---\na: b\n", "rules: {}\nprofile: all\n---\na: b\n"),
        ("profile: baseline\nprofile: restricted\n", "profile: baseline\nprofile: all\n"),
        ("{rules: {}}\n", "{rules: {}, profile: all}\n"),
        ('{"profile": "baseline"}', '{"profile": "all"}'),
        ("profil: baseline\n", "profil: baseline\nprofile: all\n"),
    ],
)
def test_a_profile_is_written_and_nothing_else_changes(before: str, after: str) -> None:
    edits = profile_edits(before, "all")
    assert edits is not None
    written = apply_edits(before, edits)
    assert written == after
    assert read(written).values["profile"] == "all"


@pytest.mark.parametrize(
    "text",
    ["profile: [all]\n", "- a\n", "text\n", 'rules: "x\n', "profile: &a baseline\nother: *a\n"],
)
def test_where_a_profile_cannot_be_written_nothing_is(text: str) -> None:
    assert profile_edits(text, "all") is None


SITUATIONS = Path(__file__).parent / "menus"
GOLDEN = Path(__file__).parent / "status.txt"


def test_the_status_of_every_situation(update: bool) -> None:
    """What the line of an editor says of each text whose menu is read, with its reasons."""
    found = "".join(map(_situation, sorted(SITUATIONS.glob("*.yaml"))))
    if update:
        GOLDEN.write_text(found, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == found, "run: make test ARGS=--update"


def _situation(file: Path) -> str:
    text = file.read_text(encoding="utf-8").replace(CURSOR, "")
    holding = Holding(Settings())
    if file.stem == "broken-settings":
        found = status_of(SettingsFile(URI, 1, lines_of(text, "utf-16"), read(text)), holding)
    else:
        found = status_of(opened(text), holding)
    return "".join((f"{file.stem}: {found.words}\n", *(f"  {each}\n" for each in found.details)))
