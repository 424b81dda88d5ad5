"""What `analyze` promises beyond single rules."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from k8s_lsp.engine import checking, reading
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.incremental import update
from k8s_lsp.engine.results import NO_LIMITS, Limits
from k8s_lsp.engine.selection import level_of
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import Context, Finding
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Profile, Settings
from k8s_lsp.syntax.limits import LIMITS
from tests.fixes import harden_text
from tests.markers import found_in

ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
automountServiceAccountToken: {automount}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      serviceAccountName: web
      containers:
        - name: app
          image: example.com/app:1.4.2
"""


def slugs(text: str, settings: Settings = Settings()) -> set[str]:  # noqa: B008
    return {each.rule.slug for _, each in analyze(text, settings).published()}


def without_images(text: str) -> str:
    return re.sub(r"(?m)^ *image: .*\n", "", text)


def absences(text: str) -> set[str]:
    """The rules that miss something in a pod."""
    return {
        each.rule.slug
        for _, each in analyze(text, Settings("all")).published()
        if each.finding.absent_from
        and any((each.finding.path or ())[: len(pod.path)] == pod.path for pod in each.object.pods)
    }


def test_nothing_is_missing_in_a_container_that_has_no_image_yet() -> None:
    assert len({slug for rule in RULES for slug in absences(rule.bad)}) > 10
    assert {rule.slug for rule in RULES if absences(without_images(rule.bad))} == set()


@pytest.mark.parametrize("profile", ["recommended", "restricted"])
def test_a_half_typed_container_is_left_alone(profile: Profile) -> None:
    half = without_images(DEPLOYMENT)
    assert slugs(DEPLOYMENT, Settings(profile)) > slugs(half, Settings(profile)) == set()
    assert harden_text(half, Settings(profile)) == half


def test_findings_stay_while_a_container_is_added_and_come_once_while_one_is_written() -> None:
    """Typed from the top, a workload is told nothing it lacks before it can run, then all of it."""
    text = DEPLOYMENT + "        - name: other\n          image: example.com/b:1\n"
    # While a reference is typed, it has no tag yet.
    told = [
        slugs(text[:end]) - {"latest-image-tag", "yaml-syntax"} for end in range(1, len(text) + 1)
    ]
    begun, added = DEPLOYMENT.index(" image:") + len(" image:"), len(DEPLOYMENT)
    assert told[: begun - 1] == [set()] * (begun - 1)
    assert slugs(DEPLOYMENT) == told[added - 1]
    assert told[added - 1 :] == [slugs(DEPLOYMENT)] * (len(told) - added + 1)


def test_what_a_half_typed_container_ignores_is_not_yet_unused() -> None:
    commented = without_images(DEPLOYMENT).rstrip() + "  # k8s-lsp: ignore[{}]\n"
    assert slugs(commented.format("missing-memory-limit")) == set()
    assert slugs(commented.format("privileged-container")) == {"unused-ignore"}


def test_the_last_severity_chosen_for_a_rule_counts() -> None:
    text = DEPLOYMENT
    off = Settings(rules=(("privilege-escalation-allowed", "off"),))
    assert "privilege-escalation-allowed" in slugs(text)
    assert "privilege-escalation-allowed" not in slugs(text, off)
    hint = Settings(rules=(("privilege-escalation-allowed", "hint"),))
    severities = {each.rule.slug: each.severity for _, each in analyze(text, hint).published()}
    assert severities["privilege-escalation-allowed"] == "hint"


def test_pod_security_profiles_run_their_level_and_the_syntax_check_only() -> None:
    profiles: tuple[Profile, ...] = ("baseline", "restricted")
    for profile in profiles:
        running = {
            rule.slug
            for rule in RULES
            if level_of(rule, Context(Settings(profile=profile))) != "off"
        }
        levels = {
            control.level for rule in RULES if rule.slug in running for control in rule.controls
        }
        assert "yaml-syntax" in running
        assert "restricted" in levels or profile == "baseline"
        assert all(
            rule.controls for rule in RULES if rule.slug in running and rule.slug != "yaml-syntax"
        )


def test_a_rule_that_is_off_silences_nothing() -> None:
    text = DEPLOYMENT + "          securityContext: {privileged: true}\n"
    assert "privilege-escalation-allowed" not in slugs(text)
    off = Settings(rules=(("privileged-container", "off"),))
    assert "privilege-escalation-allowed" in slugs(text, off)
    assert "privilege-escalation-allowed" in slugs(text, Settings(profile="restricted"))


def test_a_rule_that_raises_is_a_failure_and_the_others_still_speak() -> None:
    def broken(obj: KubeObject, context: Context) -> Iterator[Finding]:
        raise RuntimeError("no")

    rules = tuple(
        replace(rule, check=broken, requires_any_of=())
        if rule.slug == "privileged-container"
        else rule
        for rule in RULES
    )
    with patch.object(checking, "RULES", rules):
        analysis = analyze(DEPLOYMENT)
    assert [failure.is_limit for failure in analysis.incomplete] == [False]
    assert "privileged-container" in analysis.incomplete[0].message
    assert list(analysis.published())


@pytest.mark.parametrize(
    "text",
    [
        "a" * (NO_LIMITS.text_length + 1),
        "apiVersion: v1\nkind: Pod\nspec: " + "[" * 100_000,
        "apiVersion: v1\nkind: Pod\nspec:\n" + "- " * 100_000,
    ],
    ids=["size", "flow depth", "block depth"],
)
def test_a_limit_that_is_reached_is_said(text: str) -> None:
    analysis = analyze(text)
    assert [failure.is_limit for failure in analysis.incomplete] == [True]


def test_an_alias_bomb_is_read_in_linear_time() -> None:
    lines = ["apiVersion: v1", "kind: Pod", "a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 30)]
    lines += ["spec:", "  <<: *a29", "  containers: [*a29, *a29]"]
    assert not analyze("\n".join(lines)).incomplete


def test_the_items_of_a_cut_list_are_judged_like_those_of_a_small_one() -> None:
    item = "".join("    " + line for line in DEPLOYMENT.splitlines(keepends=True))
    item = "  - " + item.removeprefix("    ")
    head = "apiVersion: v1\nkind: List\nitems:\n"
    small, large = analyze(head + item * 2), analyze(head + item * 500)
    assert len(large.units) > 500 > len(small.units)
    per_item = len(found_in(small)) // 2
    assert found_in(large)[: 2 * per_item] == found_in(small)


@pytest.mark.parametrize("limit", ["depth", "nodes"])
def test_a_limit_of_the_parser_is_said_in_words(limit: str) -> None:
    assert LIMITS[limit].startswith("not analysed: ")


def test_aliases_of_aliases_are_looked_at_once() -> None:
    lines = ["apiVersion: v1", "kind: Pod", "a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    lines += ["spec: {containers: *a29, initContainers: *a29, volumes: *a29}"]
    assert not analyze("\n".join(lines), Settings("all")).incomplete


def definition(lines: int) -> str:
    """A CustomResourceDefinition with a mistake in its last line, and much that looks like one."""
    columns = "".join(f"    - {{name: c{n}, privileged: true}}\n" for n in range(lines))
    return (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata:\n  name: webs.example.com\nspec:\n  hostNetwork: true\n"
        f"  containers:\n{columns}  scope: Namespaced\n  scope: Cluster\n"
    )


def test_nothing_is_put_off_into_which_a_rule_looks() -> None:
    for kind in reading.SKIPPED_BLOCKS:
        text = definition(1).replace("CustomResourceDefinition", kind)
        assert {each[4] for each in found_in(analyze(text, Settings("all")))} == {"duplicate-key"}


BLOCK = """\
  names:
    kind: Web
  versions:
  - name: v1
    schema:
      description: some words
        and more of them
"""


def schema(block: str, more: str = "") -> str:
    """A large definition with some lines at its end."""
    return (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        f"metadata:\n  name: webs.example.com\nspec:\n{BLOCK}"
        + "".join(f"  x{n}: y\n" for n in range(1_000))
        + block
        + more
    )


@pytest.mark.parametrize(
    ("block", "more", "found"),
    [
        ("", "", []),
        ("  names: {}\n", "", ["duplicate-key"]),
        ("  names: x\n  other: 'y\n", "", ["yaml-syntax"]),
        ("", "spec: {}\n", ["duplicate-key"]),
        ("", "status: x: y\n", ["yaml-syntax"]),
        ("  hostNetwork: true\n", "", []),
        # The last kind counts, and it is one into which rules look.
        ("  hostPID: true\n", "kind: Pod\n", ["duplicate-key", "host-pid"]),
        (
            "  hostPID: true\n",
            "...\nkind: Pod\napiVersion: v1\nspec: {hostIPC: true}\n",
            ["yaml-syntax"],
        ),
        ("  # k8s-lsp: ignore[host-pid]\n  x: 'y'\n", "", ["unused-ignore"]),
        ("  x: |\n    # k8s-lsp: ignore[host-pid]\n", "", []),
    ],
)
def test_a_large_definition_is_read_as_far_as_somebody_looks(
    block: str, more: str, found: list[str]
) -> None:
    text = schema(block, more).replace("apiextensions.k8s.io/v1", "v1")
    assert len(text) > reading.SKIP_ABOVE
    slugs = {each.rule.slug for _, each in analyze(text).published()}
    assert slugs & {*found, "duplicate-key", "yaml-syntax", "unused-ignore"} == set(found)


def test_nothing_is_missed_in_the_definitions_of_others(
    corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [
        file.read_bytes().decode("utf-8", "replace")
        for file in sorted((corpora / "real").rglob("*.y*ml"))
        if b"kind: CustomResourceDefinition" in file.read_bytes()
    ]
    settings = Settings("all")
    outlined = [found_in(analyze(text, settings)) for text in texts]
    monkeypatch.setattr(reading, "SKIPPED_BLOCKS", {})
    assert outlined == [found_in(analyze(text, settings)) for text in texts]


def test_after_so_many_findings_the_rest_is_left_as_it_is() -> None:
    text = f"{DEPLOYMENT}---\n" * 3
    whole = found_in(analyze(text))
    for most in (1, 4, 9, 15, 23):
        part = analyze(text, limits=Limits(findings=most))
        [failure] = part.incomplete
        assert failure == (f"not analysed further: more than {most} findings", True)
        assert len(found_in(part)) <= most
        # A finding that was left out silences nothing, so that others may come up for it.
        assert {each[0] for each in found_in(part)} <= {each[0] for each in whole}
        again = update(part, text)
        assert found_in(again) == whole
        assert not again.incomplete
    enough = analyze(text, limits=Limits(findings=100))
    assert found_in(enough) == whole
    assert not enough.incomplete


ALONE = "{broken}\n{other}\nmetadata:\n  name: web\n"


@pytest.mark.parametrize(
    "broken",
    [
        *("apiVersion v1", "apiVersion:v1", "apiVersion\tv1", "apiVersion; v1", "apiVersion = v1"),
        *("'apiVersion' v1", "apiVersion apps/v1 # x", "\ufeffapiVersion v1", "apiVersion v1\r"),
    ],
)
@pytest.mark.parametrize("beside", ["", f"---\n{ACCOUNT.format(automount='false')}"])
def test_a_document_that_cannot_be_read_as_an_object_is_told(broken: str, beside: str) -> None:
    text = ALONE.format(broken=broken, other="kind: Pod")
    assert "yaml-syntax" in slugs(text + beside)
    [found] = [each for _, each in analyze(text).published() if each.rule.slug == "yaml-syntax"]
    assert not found.object.is_whole


@pytest.mark.parametrize("broken", ["kind Pod", "kind:Pod", "kind  Pod # x", '"kind" "Pod"'])
def test_a_kind_without_its_colon_is_told(broken: str) -> None:
    assert slugs(ALONE.format(broken=broken, other="apiVersion: v1")) == {"yaml-syntax"}


BROKEN = ["a: [b\n", "a: b: c\n", "%YAML 1.1\n", "- a\nb: c\n", "a: !!int b\n", "{a}}\n"]


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_no_manifest_is_told_beside_one_alone(broken: str) -> None:
    account = ACCOUNT.format(automount="false")
    assert slugs(broken) == set()
    assert slugs(f"{broken}---\n{broken}") == set()
    assert slugs(f"{broken}---\n{account}") == {"yaml-syntax"}
    assert slugs(f"{account}---\n{broken}") == {"yaml-syntax"}
    whole = analyze(f"{account}---\n{broken}")
    quick = analyze(whole.text, read=reading.findings_only)
    assert [each.finding.span for _, each in quick.published()] == [
        each.finding.span for _, each in whole.published()
    ]


@pytest.mark.parametrize("broken", BROKEN)
def test_what_makes_a_manifest_of_a_text_tells_what_is_broken_beside_it(broken: str) -> None:
    account = ACCOUNT.format(automount="false")
    before = analyze(f"{broken}---\n{account.replace('kind', 'kid')}")
    assert not [*before.published()]
    after = update(before, f"{broken}---\n{account}")
    assert [each.rule.slug for _, each in after.published()] == ["yaml-syntax"]
    assert not [*update(after, before.text).published()]


JSON_POD = (
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"NAME"},'
    '"spec":{"hostPID":true,"containers":[]}}'
)


@pytest.mark.parametrize("between", ["", " ", "\n", "\r\n", "\n\n\t", "\n---\n", "\n---\n---\n"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_all_objects_of_a_json_text_are_judged(between: str, end: str) -> None:
    text = between.join(JSON_POD.replace("NAME", name) for name in ("a", "b")) + end
    found = [each for _, each in analyze(text).published() if each.rule.slug == "host-pid"]
    assert [each.object.name for each in found] == ["a", "b"]
    assert "yaml-syntax" not in slugs(text)
    assert "hostPID" not in harden_text(text, Settings())


@pytest.mark.parametrize("escaped", [r"\ud83d\ude80", r"\/", r"\ud83d", "\x7f", r"\\ud83d"])
def test_what_json_may_escape_hides_nothing(escaped: str) -> None:
    text = JSON_POD.replace("NAME", escaped)
    assert slugs(text) == slugs(JSON_POD)
    assert "hostPID" not in harden_text(text, Settings())
    # Below a comment it is YAML, which knows none of these but the last.
    assert ("yaml-syntax" in slugs(f"# x\n{text}")) == (escaped != r"\\ud83d")


def test_merges_of_merges_are_looked_at_once() -> None:
    chain = "".join(f"  - &m{n} {{<<: [*m{n - 1}, *m{n - 1}], k{n}: x}}\n" for n in range(1, 300))
    text = f"apiVersion: v1\nkind: Pod\nspec:\n  hostPID: true\n  x:\n  - &m0 {{}}\n{chain}"
    text += "  y: *m299\n"
    [unit] = analyze(text).units
    merged = unit.objects[0].get("spec", "y")
    assert len([*merged.entries()]) == 299
    assert merged.get("k1").text == "x"
    assert not merged.get("k300").present
