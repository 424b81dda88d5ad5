"""What every rule has to hold: its texts, its examples, its place in the catalogue."""

import ast
import inspect
import pkgutil
import re
import sys
from typing import get_args

import pytest

import k8s_lsp.rules
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import harden, preferred_fix
from k8s_lsp.engine.hardened import consequences
from k8s_lsp.engine.selection import kinds_of
from k8s_lsp.rules.base import Context, Risk, Rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from k8s_lsp.text import apply_edits
from tests.fixes import check_fixes, harden_text
from tests.test_cases import CASES, FILES, load

DIGEST = "@sha256:" + "0123456789abcdef" * 4

LEFT = {
    # Read-only is better than writable, and still a path of the node.
    "writable-host-path": {"host-path-volume"},
    # A Secret that is read from the environment is better than one in the manifest.
    "literal-credential": {"secret-in-environment"},
    # Spelled out, one sees what was granted.
    "wildcard-rbac-rule": {"workload-creation-access"},
    # These are about something else than encryption.
    "ingress-snippet-annotation": {"ingress-without-tls"},
    "wildcard-ingress-host": {"ingress-without-tls"},
    # A load balancer is what takes the place of external addresses.
    "service-external-ips": {"exposed-service"},
}
"""What a good example still shows once all the rest is hardened: its purpose excludes that rule."""

AT_THE_END = (
    *("BAD", "GOOD", "AFTER_FIX", "REFERENCES", "BENCHMARKS", "WEAKNESSES", "OTHER_TOOLS"),
    "ADMISSION",
)
"""The names of what people are shown of a rule, at the end of its file; the first two must be."""

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)


def alone(rule: Rule) -> Settings:
    """Settings under which no other rule runs."""
    off = tuple((other.slug, "off") for other in RULES if other is not rule)
    return Settings("all", rules=off, registries=("registry.example.com/",))  # type: ignore[arg-type]


def test_every_rule_module_is_listed_once() -> None:
    modules = {
        info.name
        for info in pkgutil.walk_packages(k8s_lsp.rules.__path__, "k8s_lsp.rules.")
        if not info.ispkg and info.name.count(".") == 3
    }
    assert {rule.module for rule in RULES} == modules
    assert len({rule.slug for rule in RULES}) == len(RULES)


def test_what_a_rule_silences_exists() -> None:
    slugs = {rule.slug for rule in RULES}
    assert {slug for rule in RULES for slug in rule.silences} <= slugs


def test_a_rule_finds_nothing_but_in_its_kinds_and_beside_what_it_requires() -> None:
    context = Context(Settings("all", registries=("registry.example.com/",)))
    texts = [*(load(file).text for file in FILES), *(rule.bad for rule in RULES)]
    objects = [obj for text in texts for unit in analyze(text).units for obj in unit.objects]
    for rule in RULES:
        found = [obj for obj in objects if any(rule.findings(obj, context))]
        kinds = rule.kinds
        assert kinds is None or not any(kinds.isdisjoint(kinds_of(obj)) for obj in found), rule.slug
        # Keys with escaped characters are written in another way.
        texts = [obj.text for obj in found if rule.requires_any_of and "\\" not in obj.text]
        assert all(any(word in text for word in rule.requires_any_of) for text in texts), rule.slug


WITH_AN_ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: shop
---
"""


@each_rule
def test_what_is_told_after_its_fix_is_told_of_the_bad_example(rule: Rule) -> None:
    if rule.after_fix is None:
        return
    assert rule.after_fix.risk in get_args(Risk)
    text = rule.bad
    if rule.slug == "service-account-token-mounted":
        # Of the account that all pods share, whose token grants nothing, nothing is told.
        assert not consequences(harden(analyze(text, alone(rule))))
        text = WITH_AN_ACCOUNT + text.replace("spec:", "spec:\n  serviceAccountName: shop")
    if rule.slug == "root-user":
        # A 0 stands there on purpose, unless it keeps the image from starting.
        assert not harden(analyze(text, alone(rule))).applied
        text = text.replace("runAsUser: 0", "runAsNonRoot: true\n        runAsUser: 0")
    hardened = harden(analyze(text, alone(rule)))
    assert [applied.diagnosis.rule for applied in hardened.applied] == [rule]
    (consequence,) = consequences(hardened)
    assert (consequence.rule, consequence.pods, consequence.containers) == (rule.slug, 1, 1)
    # A number that is filled in stands with its noun; without one, the text stands as it is.
    line = rule.after_fix.text
    told = line.replace("{containers}", "1 container").replace("{pods}", "1 pod")
    assert str(consequence) == told
    assert len(line) < 100 and not line.endswith(".")


@each_rule
def test_texts_are_there(rule: Rule) -> None:
    assert rule.summary
    assert rule.explanation
    assert not rule.summary.endswith(".")
    assert rule.bad
    assert rule.good
    assert rule.module.endswith("." + rule.slug.replace("-", "_"))


@each_rule
def test_a_file_reads_from_the_top(rule: Rule) -> None:
    """The docstring, the check, what the check needs, and at the end what people are shown."""
    statements = ast.parse(inspect.getsource(sys.modules[rule.module])).body
    names = [
        target.id
        for statement in statements
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name) and not target.id.startswith("_")
    ]
    functions = [
        statement.name
        for statement in statements
        if isinstance(statement, ast.FunctionDef) and not statement.name.startswith("_")
    ]
    assert names == [name for name in AT_THE_END if name in names], "no other, in this order"
    assert all(isinstance(statement, ast.Assign) for statement in statements[-len(names) :])
    assert functions == [rule.check.__name__]
    assert rule.check.__doc__ is None, "the docstring of the file is the explanation"


@each_rule
def test_what_people_are_shown_is_of_its_type(rule: Rule) -> None:
    assert {type(rule.bad), type(rule.good)} == {str}
    tuples = (rule.references, rule.benchmarks, *rule.other_tools.values())
    assert {type(names) for names in tuples} == {tuple}, "a tuple of one needs its comma"
    assert {type(name) for names in (rule.other_tools, *tuples) for name in names} <= {str}


@each_rule
def test_cases_exist(rule: Rule) -> None:
    folder = CASES / rule.slug
    assert list(folder.glob("*.yaml")), f"write one below {folder}: CONTRIBUTING.md says how"


@each_rule
def test_bad_example_yields_the_finding_and_good_does_not(rule: Rule) -> None:
    bad = [each for _, each in analyze(rule.bad, alone(rule)).published()]
    assert bad, "the bad example has no finding"
    assert not list(analyze(rule.good, alone(rule)).published())


@each_rule
def test_preferred_fix_of_the_bad_example_gives_the_good_one(rule: Rule) -> None:
    analysis = analyze(rule.bad, alone(rule))
    fixes = [preferred_fix(analysis, each) for _, each in analysis.published()]
    if any(fix is not None and fix.left_because is not None for fix in fixes):
        # In bulk it is left to a person; alone it does what it says.
        (only,) = fixes
        assert only is not None
        assert apply_edits(rule.bad, only.edits) == rule.good
        assert harden_text(rule.bad, alone(rule)) == rule.bad
    elif any(fixes):
        assert harden_text(rule.bad, alone(rule)) == rule.good
    check_fixes(rule.bad, alone(rule))


@each_rule
def test_the_good_example_in_a_hardened_manifest_is_clean_under_all(rule: Rule) -> None:
    hardened = harden_text(decided(rule.good), Settings("all"))
    assert rule.slug not in LEFT.get(rule.slug, ())
    found = {each.rule.slug for _, each in analyze(hardened, Settings("all")).published()}
    assert found == LEFT.get(rule.slug, set())


def decided(text: str) -> str:
    """The text with what no fix can know: a namespace, an account, what for, and the digests."""
    text = re.sub(r"(image: \"?[\w./-]+:[\w.-]+)(?=[\"\n])", rf"\1{DIGEST}", text)
    decisions: tuple[tuple[str, str | bool], ...] = (
        ("default-namespace", "shop"),
        ("default-service-account", "web"),
        # Where another file makes the account, nobody takes its token in bulk.
        ("service-account-token-mounted", False),
    )
    for slug, value in decisions:
        for _, each in analyze(text, Settings("all")).published():
            if each.rule.slug == slug and (path := each.finding.path):
                edits = each.object.get(*path).set(text, value)
                text = apply_edits(text, edits or ())
                break
    return text
