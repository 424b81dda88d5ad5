"""What silences findings: our own comments, those of other tools, and how they come and go."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from unittest.mock import patch

import pytest

from k8s_lsp.engine import checking
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import fixes_of, ignores_of
from k8s_lsp.engine.incremental import update
from k8s_lsp.engine.results import Analysis
from k8s_lsp.engine.suppression.writing import (
    ignore_edit,
    ignore_writer,
    place_in_object,
    place_on_line,
)
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import Context, Finding
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Level, Profile, Settings
from k8s_lsp.text import apply_edits, line_starts
from tests.fixes import harden_text
from tests.markers import Expected, found_in
from tests.test_cases import FILES, load, one_of

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostPID: true
  containers:
    - name: app
      image: app:latest
      securityContext:
        privileged: true
    - image: log
      name: log
      securityContext:
        privileged: true
"""


def only(*slugs: str, foreign: bool = True) -> Settings:
    """Settings under which these rules run, and no others."""
    off: tuple[tuple[str, Level], ...] = tuple(
        (rule.slug, "off") for rule in RULES if rule.slug not in slugs
    )
    return Settings("all", rules=off, foreign_ignores=foreign)


UNUSED = "unused-ignore"

SETTINGS = only("host-pid", "privileged-container", "latest-image-tag", UNUSED)


def lines_of(text: str, settings: Settings = SETTINGS) -> list[tuple[str, str]]:
    """Each finding's slug with its line, without the blanks around and the comment."""
    analysis = analyze(text, settings)
    assert not analysis.incomplete
    lines = text.splitlines()
    return [(each.slug, lines[each.line].partition("#")[0].strip()) for each in found_in(analysis)]


def commented(line: str, comment: str) -> str:
    """The pod with a comment at the end of a line that occurs once."""
    assert POD.count(f"{line}\n") == 1
    return POD.replace(f"{line}\n", f"{line}  # k8s-lsp: {comment}\n")


def above(line: str, comment: str) -> str:
    assert POD.count(f"{line}\n") == 1
    indent = " " * (len(line) - len(line.lstrip()))
    return POD.replace(f"{line}\n", f"{indent}# k8s-lsp: {comment}\n{line}\n")


PID = ("host-pid", "hostPID: true")
PRIVILEGED = ("privileged-container", "privileged: true")
LATEST = ("latest-image-tag", "image: app:latest")
UNTAGGED = ("latest-image-tag", "- image: log")
ALL = [PID, LATEST, PRIVILEGED, UNTAGGED, PRIVILEGED]


def without(*gone: tuple[str, str]) -> list[tuple[str, str]]:
    left = list(ALL)
    for each in gone:
        left.remove(each)
    return left


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (POD, ALL),
        (commented("  hostPID: true", "ignore[host-pid] it is a debugger"), without(PID)),
        (commented("  hostPID: true", "ignore [ host-pid,privileged-container ]"), without(PID)),
        (above("  hostPID: true", "ignore[host-pid]"), without(PID)),
        (above("  hostPID: true", "ignore[host-pid]\n  # because\n  #"), without(PID)),
        (above("      image: app:latest", "ignore[latest-image-tag]"), without(LATEST)),
        (commented("    - name: app", "ignore[privileged-container]"), without(PRIVILEGED)),
        (above("    - name: app", "ignore[latest-image-tag]"), without(LATEST)),
        (commented("      name: log", "ignore[latest-image-tag]"), without(UNTAGGED)),
        (above("    - image: log", "ignore[privileged-container]"), ALL[:-1]),
        (commented("    - image: log", "ignore[latest-image-tag]"), without(UNTAGGED)),
        (commented("kind: Pod", "ignore[privileged-container]"), without(PRIVILEGED, PRIVILEGED)),
        ("\ufeff# k8s-lsp: ignore[host-pid]\nkind: Pod\n" + POD.replace("kind: Pod\n", ""),
         without(PID)),
        (commented("kind: Pod", "ignore[privileged-container] # k8s-lsp: ignore[host-pid]"),
         without(PRIVILEGED, PRIVILEGED, PID)),
    ],
)  # fmt: skip
def test_a_comment_silences_its_place(text: str, expected: list[tuple[str, str]]) -> None:
    found = [each for each in lines_of(text) if each[0] != UNUSED]
    assert found == expected
    windows = [each for each in lines_of(text.replace("\n", "\r\n")) if each[0] != UNUSED]
    assert windows == expected


@pytest.mark.parametrize(
    "text",
    [
        above("  hostPID: true", "ignore[host-pid]\n"),
        commented("spec:", "ignore[host-pid]"),
        commented("  hostPID: true", "ignore"),
        commented("  hostPID: true", "ignore host-pid"),
        commented("  hostPID: true", "ignore[]"),
        commented("  hostPID: true", "ignore[HOST-PID]"),
        commented("  hostPID: true", "ignore[host-pid"),
        commented("    - image: log", "ignore[privileged-container]"),
        commented("metadata:", "ignore[host-pid]"),
    ],
)
def test_a_comment_elsewhere_or_without_names_is_reported(text: str) -> None:
    found = lines_of(text)
    assert [each for each in found if each[0] != UNUSED] == ALL
    assert len(found) == len(ALL) + 1
    assert lines_of(harden_text(text, SETTINGS)) == lines_of(harden_text(POD, SETTINGS))


def test_a_comment_counts_for_its_document_only() -> None:
    text = commented("kind: Pod", "ignore[host-pid, privileged-container]")
    assert lines_of(f"{text}---\n{POD}") == lines_of(text) + ALL


def test_flow_style_has_lines_too() -> None:
    text = """\
{apiVersion: v1, kind: Pod,
 spec: {hostPID: true, # k8s-lsp: ignore[host-pid]
  containers: [
   # k8s-lsp: ignore[privileged-container]
   {name: a, securityContext: {
     privileged: true}},
   {name: b, securityContext: {
     privileged: true}},
 ]}}
"""
    assert lines_of(text) == [("privileged-container", "privileged: true}},")]


def test_one_line_may_hold_several_containers_and_their_object() -> None:
    two = "[{name: a, image: 'a:latest'}, {name: b, image: 'b:latest'}]"
    text = f"apiVersion: v1\nkind: Pod\nspec:\n  containers: {two}"
    assert len(lines_of(text)) == 2
    assert lines_of(f"{text} # k8s-lsp: ignore[latest-image-tag]") == []
    one = f"{{apiVersion: v1, kind: Pod, spec: {{hostPID: true, containers: {two}}}}}"
    assert lines_of(f"{one} # k8s-lsp: ignore[latest-image-tag, host-pid]") == []


def test_an_ignored_finding_still_silences_others() -> None:
    settings = only("privileged-container", "privilege-escalation-allowed", UNUSED)
    text = commented("    - name: app", "ignore[privileged-container]")
    assert lines_of(text, settings) == [PRIVILEGED]


def test_what_is_silenced_by_another_rule_is_no_reason_to_complain() -> None:
    settings = only("privileged-container", "privilege-escalation-allowed", UNUSED)
    text = commented("    - name: app", "ignore[privilege-escalation-allowed]")
    assert lines_of(text, settings) == [PRIVILEGED, PRIVILEGED]


def test_a_rule_that_is_off_or_crashes_may_have_found_something() -> None:
    text = commented("metadata:", "ignore[host-pid]")
    assert (UNUSED, "metadata:") in lines_of(text)
    assert lines_of(text, only("privileged-container", UNUSED)) == [PRIVILEGED, PRIVILEGED]

    def crash(obj: KubeObject, context: Context) -> Iterator[Finding]:
        raise RuntimeError

    rules = tuple(
        replace(rule, check=crash, requires_any_of=()) if rule.slug == "host-pid" else rule
        for rule in RULES
    )
    with patch.object(checking, "RULES", rules):
        found = {each.rule.slug for _, each in analyze(text, SETTINGS).published()}
    assert found == {"privileged-container", "latest-image-tag"}


@pytest.mark.parametrize("profile", ["baseline", "restricted"])
def test_the_levels_obey_comments_and_do_not_judge_them(profile: Profile) -> None:
    text = commented("kind: Pod", "ignore[privileged-container, nonsense]")
    slugs = {slug for slug, _ in lines_of(text, Settings(profile=profile))}
    assert "host-pid" in slugs
    assert not slugs & {"privileged-container", UNUSED}
    asked = Settings(profile=profile, rules=((UNUSED, "hint"),))
    assert UNUSED in {slug for slug, _ in lines_of(text, asked)}


def test_unused_ignores_can_be_switched_off_and_ignored() -> None:
    text = commented("spec:", "ignore[nonsense]")
    assert UNUSED in {slug for slug, _ in lines_of(text, Settings())}
    off = Settings(rules=((UNUSED, "off"),))
    assert UNUSED not in {slug for slug, _ in lines_of(text, off)}
    assert lines_of(commented("spec:", f"ignore[nonsense, {UNUSED}]")) == ALL
    whole = text.replace("kind: Pod\n", f"kind: Pod  # k8s-lsp: ignore[{UNUSED}]\n")
    assert lines_of(whole) == ALL


def titles_of(text: str) -> list[tuple[str, str, bool]]:
    """What puts useless comments right: each title, its class, and whether it is preferred."""
    analysis = analyze(text, SETTINGS)
    return [
        (fix.title, fix.safety, fix.preferred)
        for _, each in analysis.published()
        if each.rule.slug == UNUSED
        for fix in fixes_of(analysis, each)
    ]


REMOVE = "Remove the ignore comment"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("host-pit", "host-pid"),
        ("hostpid", "host-pid"),
        ("host_pid", "host-pid"),
        ("unused-ignor", "unused-ignore"),
        # It is off, and could find something.
        ("host-ipx", "host-ipc"),
        ("host-pit, host-pdi", "host-pid"),
        ("nonsense, host-pit", "host-pid"),
        ("host-pit, latest-image-tag", "host-pid"),
        ("host-pit, host-ipx", "host-pid, host-ipc"),
    ],
)
def test_a_misspelt_slug_becomes_what_is_meant(written: str, meant: str) -> None:
    text = commented("  hostPID: true", f"ignore[{written}] as agreed")
    change = f'Change "{written}" to "{meant}"'
    assert titles_of(text) == [(change, "review", True), (REMOVE, "safe", False)]
    analysis = analyze(text, SETTINGS)
    (unused,) = [each for _, each in analysis.published() if each.rule.slug == UNUSED]
    after = apply_edits(text, fixes_of(analysis, unused)[0].edits)
    assert after == text.replace(written, meant)
    assert titles_of(after) == []
    # Whether it is meant, somebody says: on save and in bulk it is left.
    assert "ignore[" in harden_text(text, only(UNUSED))


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("nonsense", REMOVE),
        ("nobody-knows", REMOVE),
        # What is meant finds nothing here.
        ("privileged-contaner", REMOVE),
        ("host-pid, host-pit", "Remove host-pit from the ignore comment"),
        ("host-pid, latest-image-tga", "Remove latest-image-tga from the ignore comment"),
    ],
)
def test_what_no_word_would_help_is_taken_away(written: str, title: str) -> None:
    text = commented("  hostPID: true", f"ignore[{written}]")
    assert titles_of(text) == [(title, "safe", True)]


def test_one_slug_of_several_becomes_what_is_meant() -> None:
    text = commented("      image: app:latest", "ignore[latest-image-tag, privileged-contaner]")
    assert titles_of(text) == [
        ("Remove privileged-contaner from the ignore comment", "safe", True),
    ]
    text = commented("    - name: app", "ignore[latest-image-tag, privileged-contaner]")
    assert titles_of(text) == [
        ('Change "privileged-contaner" to "privileged-container"', "review", True),
        ("Remove privileged-contaner from the ignore comment", "safe", False),
    ]


def test_a_text_without_objects_gets_nothing() -> None:
    assert lines_of("a: 1  # k8s-lsp: ignore[nonsense]\n") == []


def test_an_edit_of_a_comment_is_seen_with_a_previous_analysis() -> None:
    text = commented("  hostPID: true", "ignore[host-pid]")
    before = analyze(text, SETTINGS)
    after = update(before, POD)
    assert found_in(after) == found_in(analyze(POD, SETTINGS))
    assert found_in(update(after, text)) == found_in(before)


# Other tools.


def annotated(annotation: str, text: str = POD) -> str:
    return text.replace("  name: web\n", f"  name: web\n  annotations:\n    {annotation}\n")


@pytest.mark.parametrize(
    ("annotation", "gone"),
    [
        ("checkov.io/skip1: CKV_K8S_16=it is a debugger", [PRIVILEGED] * 2),
        ("checkov.io/skip12: CKV_K8S_17", [PID]),
        ("checkov.io/skip1: CKV_K8S_999=no such check", []),
        ("ignore-check.kube-linter.io/host-pid: debugger", [PID]),
        ('ignore-check.kube-linter.io/privileged-container: ""', [PRIVILEGED] * 2),
        ("ignore-check.kube-linter.io/unknown: why", []),
        ("kube-linter.io/ignore-all: why", ALL),
        (
            "kube-score/ignore: container-image-tag, container-security-context-privileged",
            [LATEST, UNTAGGED, PRIVILEGED, PRIVILEGED],
        ),
        ('polaris.fairwinds.com/hostPIDSet-exempt: "true"', [PID]),
        ('polaris.fairwinds.com/hostPIDSet-exempt: "false"', []),
        ('polaris.fairwinds.com/exempt: "true"', ALL),
        ("polaris.fairwinds.com/other: 'true'", []),
        ("k8s-lsp/ignore: host-pid", []),
    ],
)
def test_annotations_of_other_tools(annotation: str, gone: list[tuple[str, str]]) -> None:
    assert lines_of(annotated(annotation)) == without(*gone)
    own = replace(SETTINGS, foreign_ignores=False)
    assert lines_of(annotated(annotation), own) == ALL
    assert lines_of(f"{annotated(annotation)}---\n{POD}") == without(*gone) + ALL


def test_annotations_of_a_pod_template_count() -> None:
    text = """\
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    metadata: {annotations: {checkov.io/skip1: CKV_K8S_17=why}}
    spec: {hostPID: true}
"""
    assert lines_of(text) == []


@pytest.mark.parametrize(
    ("line", "comment", "gone"),
    [
        ("  hostPID: true", "trivy:ignore:KSV010", [PID]),
        ("  hostPID: true", " trivy:ignore:KSV-0010", [PID]),
        ("  hostPID: true", "trivy:ignore:AVD-KSV-0010 why", [PID]),
        ("  hostPID: true", "trivy:ignore:AVD-KSV-0010:exp:2020-01-01", []),
        ("  hostPID: true", "trivy:ignore:KSV017", []),
        ("  hostPID: true", "trivy:ignore:AVD-AWS-0010", []),
        ("  hostPID: true", "trivy:ignore:KCV-0010", []),
        ("    - name: app", "trivy:ignore:KSV017 trivy:ignore:KSV013", [PRIVILEGED, LATEST]),
        ("kind: Pod", "trivy:ignore:KSV017", [PRIVILEGED] * 2),
        ("  hostPID: true", " kics-scan ignore-line", [PID]),
        ("    - name: app", " kics-scan ignore-line", []),
        ("    - name: app", " kics-scan ignore-block", [LATEST, PRIVILEGED]),
        ("  containers:", "kics-scan ignore-block", [LATEST, UNTAGGED, *[PRIVILEGED] * 2]),
        ("spec:", " kics-scan ignore-block", ALL),
        ("  name: web", " kics-scan ignore-block", []),
        ("  name: web", " kics-scan ignore", []),
        ("apiVersion: v1", " kics-scan ignore", ALL),
        ("apiVersion: v1", " more\n# kics-scan ignore\n---", ALL),
    ],
)
def test_comments_of_other_tools(line: str, comment: str, gone: list[tuple[str, str]]) -> None:
    text = POD.replace(f"{line}\n", f"#{comment}\n{line}\n")
    assert lines_of(text) == without(*gone)
    assert lines_of(text.replace("\n", "\r\n")) == without(*gone)
    assert lines_of(text, replace(SETTINGS, foreign_ignores=False)) == ALL


def test_the_block_of_a_key_has_the_dashes_below_it() -> None:
    text = """\
apiVersion: v1
kind: Pod
spec:
  # kics-scan ignore-block
  containers:
  - name: app

    securityContext: {privileged: true}
  - name: log
    securityContext: {privileged: true}
  hostPID: true
"""
    assert lines_of(text) == [PID]
    item = text.replace("  # kics-scan ignore-block\n", "").replace(
        "  - name: app", "  # kics-scan ignore-block\n  - name: app"
    )
    assert len(lines_of(item)) == 2


@pytest.mark.parametrize(
    ("series", "kind", "body", "slug"),
    [
        (
            "KSV-01011",
            "ClusterRoleBinding",
            "roleRef: {kind: ClusterRole, name: view}\n"
            "subjects: [{kind: Group, name: system:authenticated}]",
            "authenticated-group-subject",
        ),
        (
            "KCV-0093",
            "Ingress",
            "metadata: {annotations: {nginx.ingress.kubernetes.io/server-snippet: x}}",
            "ingress-snippet-annotation",
        ),
    ],
)
def test_every_series_of_trivy_is_known(series: str, kind: str, body: str, slug: str) -> None:
    group = "networking" if kind == "Ingress" else "rbac.authorization"
    text = f"apiVersion: {group}.k8s.io/v1\nkind: {kind}\n{body}\n"
    assert [each[4] for each in found_in(analyze(text, only(slug)))] == [slug]
    ignored = text.replace("kind", f"# trivy:ignore:{series}\nkind", 1)
    assert not found_in(analyze(ignored, only(slug)))


def test_a_whole_file_is_ignored_by_its_first_comment_only() -> None:
    text = f"{POD}---\n{POD}"
    unnamed = "missing-ephemeral-storage-limit"  # KICS has no query for it
    partly = analyze(f"# kics-scan ignore\n{text}", only("host-pid", unnamed))
    assert {each.rule.slug for _, each in partly.published()} == {unnamed}
    ignored = analyze(f"# kics-scan ignore\n{text}", SETTINGS)
    assert not list(ignored.published())
    after = update(ignored, f"# kics-scan ignored\n{text}")
    assert [each[4] for each in found_in(after)] == [slug for slug, _ in ALL * 2]


def test_unused_ignores_are_not_for_other_tools_to_silence() -> None:
    text = annotated('polaris.fairwinds.com/exempt: "true"', commented("spec:", "ignore[nonsense]"))
    assert lines_of(f"# kics-scan ignore\n{text}") == [(UNUSED, "spec:")]


BLOCK = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  app.env: |
    USER=shop
    PASSWORD=tiger
    API_KEY=8Qk3vT0zLm5n
  other.env: |
    PASSWORD=tiger
"""


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_a_comment_at_a_block_scalar_speaks_for_what_is_found_in_its_text(line_break: str) -> None:
    settings = only("credential-in-config-map", UNUSED)
    text = BLOCK.replace("\n", line_break)
    analysis = analyze(text, settings)
    assert [each[:2] for each in found_in(analysis)] == [(7, 13), (8, 12), (10, 13)]
    (result,) = analysis.units
    first = ignores_of(result, result.published).on_lines[0]
    assert first.title == "Ignore credential-in-config-map in this value"
    ignored = apply_edits(text, [first.edit])
    assert "app.env: |  # k8s-lsp: ignore[credential-in-config-map]" in ignored
    assert [each[:2] for each in found_in(analyze(ignored, settings))] == [(10, 13)]


# Writing comments, for every finding of every case.


def _moved(found: list[Expected], line: int, by: int) -> Counter[tuple[object, ...]]:
    """The findings, with those on and below a line moved."""
    return Counter(
        (each.line + by * (each.line >= line), each.column, each.slug, each.message)
        for each in found
        if each.slug != UNUSED
    )


def _line(text: str, offset: int) -> int:
    return sum(start <= offset for start in line_starts(text)) - 1


def _ignored(analysis: Analysis, settings: Settings) -> set[str]:
    """Try every way to ignore every finding; gives the beginnings of the titles that there were."""
    text, tried = analysis.text, set()
    before = found_in(analysis)
    for offset, result in zip(analysis.offsets, analysis.units, strict=True):
        for reported in result.published:
            slug = reported.rule.slug
            at = _line(text, reported.finding.span.start + offset)
            for ignoring in chain(*ignores_of(result, [reported])):
                edit = ignoring.edit.shifted(offset)
                after_text = apply_edits(text, [edit])
                after = analyze(after_text, settings)
                added = after_text.count("\n") - text.count("\n")
                then = _moved(found_in(after), 0, 0)
                now = _moved(before, _line(text, edit.span.start), added)
                where = f"{ignoring.title}\n{after_text}"
                assert not then - now, where
                gone = now - then
                at_line = at + added * (at >= _line(text, edit.span.start))
                here = {each for each in now if each[0] == at_line and each[2] == slug}
                assert here and here <= gone.keys() and {each[2] for each in gone} == {slug}, where
                if ignoring.title == f"Ignore {slug} on this line":
                    assert gone.keys() == here, where
                tried.add(ignoring.title.replace(slug, "…"))
    return tried


@pytest.mark.parametrize("file", one_of(3))
def test_ignoring_a_finding_silences_that_and_nothing_else(file: Path) -> None:
    case = load(file)
    _ignored(analyze(case.text, case.settings), case.settings)


@pytest.mark.parametrize("file", one_of(3, [file for file in FILES if file.parent.name != UNUSED]))
def test_removing_an_unused_comment_is_the_inverse_of_writing_it(file: Path) -> None:
    case = load(file)
    rules = tuple(each for each in case.settings.rules if each[0] != UNUSED)
    settings = replace(case.settings, rules=(*rules, (UNUSED, "warning")))
    analysis = analyze(case.text, settings)
    for offset, result in zip(analysis.offsets, analysis.units, strict=True):
        if analysis.is_template or result.tree.problems:
            continue
        writer = ignore_writer(result.tree, result.objects)
        for reported in result.published:
            # A rule that runs everywhere, and finds nothing in a text that parses.
            slug = "yaml-syntax"
            place = place_on_line(result.unit.text, reported.object, reported.finding)
            for where in (place, place_in_object(result.unit.text, reported.object)):
                ignore = None if where is None else ignore_edit(writer, [slug], where)
                if ignore is None:
                    continue
                edit = ignore.edit.shifted(offset)
                after = analyze(apply_edits(case.text, [edit]), settings)
                ((start, unused),) = [
                    (start, each)
                    for start, each in after.published()
                    if each.rule.slug == UNUSED and slug in each.finding.message
                ]
                (fix,) = fixes_of(after, unused)
                assert fix.safety == "safe"
                edits = [each.shifted(start) for each in fix.edits]
                assert apply_edits(after.text, edits) == case.text


EXOTIC = """\
apiVersion: v1
kind: {kind}
metadata:
  name: web
spec:
  hostPID: true # why
  containers:
    - image: app:latest   # why
      name: app
      securityContext: {{
        privileged: true,
        }}
    - {{name: log, image: log, securityContext: {{privileged: true}}}}
    - securityContext: # why
        privileged: true # k8s-lsp: ignore[host-pid] what?
      name: other
      image: &other
        other:latest
    - name: again
      image: *other
"""


@pytest.mark.parametrize("change", ["", "\r\n", "\ufeff", "---", "list"])
def test_ignoring_in_every_way_of_writing(change: str) -> None:
    text = EXOTIC.format(kind="Pod # why")
    if change == "\r\n":
        text = text.replace("\n", "\r\n")
    elif change == "list":
        items = "".join(f"    {line}" for line in text.splitlines(keepends=True))
        text = f"apiVersion: v1\nkind: List\nitems:\n  - {items[4:]}  - {items[4:]}"
    elif change:
        text = f"{change}{text}" if change == "\ufeff" else f"{text}---\n{text}"
    analysis = analyze(text, SETTINGS)
    assert len(list(analysis.published())) >= 9
    whole = "object" if change == "list" else "document"
    assert _ignored(analysis, SETTINGS) == {
        "Ignore … on this line",
        'Ignore … in container "app"',
        'Ignore … in container "log"',
        f"Ignore … in this {whole}",
    }


def test_a_comment_above_an_item_of_a_large_list_is_heard() -> None:
    # Each item is a unit of its own there.
    pod = POD.replace("apiVersion: v1\nkind: Pod\n", "kind: Pod\napiVersion: v1\n")
    item = "  - " + pod.replace("\n", "\n    ").rstrip(" ")
    above, below = f"apiVersion: v1\nkind: List\nitems:\n{item * 300}", item
    ignoring = "  # k8s-lsp: ignore[host-pid]\n"
    for comment, count in (("", 301), (ignoring, 300)):
        analysis = analyze(above + comment + below, only("host-pid", "unused-ignore"))
        assert len(analysis.units) > 300
        assert [each.rule.slug for _, each in analysis.published()] == ["host-pid"] * count
