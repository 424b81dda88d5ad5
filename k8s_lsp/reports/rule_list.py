"""Rules for readers: a table for people, JSON for programs, the page of all, and each alone."""

import json
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import get_args

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import preferred_fix
from k8s_lsp.engine.selection import level_of
from k8s_lsp.rules import explanation
from k8s_lsp.rules.base import Context, Rule, Safety
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Level, Profile, Settings

FAMILIES = {
    "pod_security": "Pod Security Standards",
    "resources": "Resources",
    "images": "Images",
    "identity": "Identity and isolation",
    "secrets": "Secrets",
    "rbac": "RBAC",
    "network": "Network",
    "correctness": "Correctness",
}
"""The headings of the families; one that is not listed is shown by its own name."""


def profiles_of(rule: Rule) -> list[Profile]:
    """The profiles that run the rule, for the newest Kubernetes version."""
    profiles: tuple[Profile, ...] = get_args(Profile)
    return [
        profile
        for profile in profiles
        if level_of(rule, Context(Settings(profile=profile))) != "off"
    ]


def rules_text(rules: Iterable[Rule]) -> str:
    """A table of slug, severity and summary, by family."""
    listed = list(rules)
    width = max((len(rule.slug) for rule in listed), default=0)
    lines = []
    for family, members in _by_family(listed):
        lines += ["", family]
        lines += [f"  {rule.slug:{width}}  {rule.severity:11}  {rule.summary}" for rule in members]
    lines += ["", f"{len(listed)} rules; k8s-lsp explain SLUG tells why, and what to do"]
    return "\n".join(lines[1:])


def rule_text(rule: Rule, width: int) -> str:
    """A rule's whole explanation, in lines of at most `width` columns where words allow it."""
    lines = [rule.slug, ""]
    for line in explanation.plain(rule).split("\n"):
        if line.startswith("    ") or len(line) <= width:
            lines.append(line)
            continue
        indent = "  " if line.startswith("- ") else ""
        lines += textwrap.wrap(
            line,
            width,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def fix_class(rule: Rule) -> Safety | None:
    """The class of the preferred fix, as the rule's own bad example has it."""
    off: Level = "off"
    others = tuple((other.slug, off) for other in RULES if other is not rule)
    analysis = analyze(rule.bad, Settings("all", rules=others))
    fixes = (preferred_fix(analysis, reported) for _, reported in analysis.published())
    return next((fix.safety for fix in fixes if fix is not None), None)


def rules_json(rules: Iterable[Rule]) -> str:
    """A list with one object for each rule."""
    return json.dumps(
        [
            {
                "slug": rule.slug,
                "family": rule.family,
                "summary": rule.summary,
                "severity": rule.severity,
                "profiles": profiles_of(rule),
                "pod_security": [
                    {"level": control.level, "control": control.id, "since": str(control.since)}
                    for control in rule.controls
                ],
                "fix": fix_class(rule),
                "references": rule.references,
                "benchmarks": rule.benchmarks,
                "weaknesses": rule.weaknesses,
                "other_tools": dict(rule.other_tools),
            }
            for rule in rules
        ],
        indent=2,
    )


def rules_markdown(rules: Iterable[Rule]) -> str:
    """The page of all rules: a table, then one section for each, whose anchor is the slug."""
    listed = list(rules)
    parts = [
        "# Rules",
        "<!-- Made by `k8s-lsp rules --output-format markdown`; edit the rules, not this page. -->",
        "The severity is that of the profile `recommended`; a rule that is off there runs under "
        "`all`, or when `--rule SLUG=LEVEL` switches it on. `baseline` and `restricted` are the "
        "levels of the Pod Security Standards.",
    ]
    for family, members in _by_family(listed):
        rows = [
            "| Rule | Severity | Pod Security | Summary |",
            "|---|---|---|---|",
            *(_row(rule) for rule in members),
        ]
        parts += [f"**{family}**", "\n".join(rows)]
    for rule in listed:
        parts += [f"## {rule.slug}", explanation.markdown(rule)]
    return "\n\n".join(parts)


def _row(rule: Rule) -> str:
    level = rule.controls[0].level if rule.controls else ""
    summary = rule.summary.replace("|", "\\|")
    return f"| [{rule.slug}](#{rule.slug}) | {rule.severity} | {level} | {summary} |"


def _by_family(rules: list[Rule]) -> Iterator[tuple[str, Iterator[Rule]]]:
    """The rules under the headings of their families, which stand together in the catalogue."""
    for family, members in groupby(rules, key=lambda rule: rule.family):
        yield FAMILIES.get(family, family), members
