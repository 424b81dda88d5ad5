"""Which rules run under some settings, and how grave what they find is."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.base import UNIT, Context, Rule
from k8s_lsp.settings import Level, Settings, Severity

EnabledRules = Mapping[str, tuple[Rule, Severity]]
"""Rules that run, by their slugs and in their order, and the severities of their findings."""


class Selection(NamedTuple):
    """The rules that run: all of them, those about whole units, and those about each kind.

    What `by_kind` has for None holds for every kind that is not named there.
    """

    rules: EnabledRules
    of_units: EnabledRules
    by_kind: Mapping[str | None, EnabledRules]

    def for_object(self, obj: KubeObject) -> EnabledRules:
        """The rules that look at an object: at a custom resource with pods, those about pods."""
        kinds = kinds_of(obj)
        if len(kinds) == 1:
            return self.by_kind.get(kinds[0]) or self.by_kind[None]
        chosen = [self.by_kind[kind] for kind in kinds]
        return {
            slug: entry for slug, entry in self.rules.items() if any(slug in by for by in chosen)
        }


def kinds_of(obj: KubeObject) -> tuple[str, ...]:
    """The kinds by which rules are chosen.

    A custom resource with pods counts as a ReplicaSet, and one with rules of RBAC as a ClusterRole.
    """
    if not obj.policy_fields:
        return ("ReplicaSet",) if obj.is_custom else (obj.kind,)
    return ("ReplicaSet", "ClusterRole") if obj.pods else ("ClusterRole",)


def level_of(rule: Rule, context: Context) -> Level:
    """The severity of a rule under the settings; `off` where it does not run."""
    settings = context.settings
    level: Level = rule.severity
    if settings.profile == "all":
        level = "information" if level == "off" else level
    elif settings.profile != "recommended" and not rule.in_every_profile:
        level = level if rule.control_at(context.version, settings.profile) else "off"
    for slug, chosen in settings.rules:
        if slug == rule.slug:
            level = chosen
    return level


@lru_cache(maxsize=8)
def selection_for(rules: tuple[Rule, ...], settings: Settings, version: Version) -> Selection:
    """Those of the rules that run under the settings. The same ones hold for thousands of files."""
    levels = ((rule, level_of(rule, Context(settings, version))) for rule in rules)
    enabled = {rule.slug: (rule, level) for rule, level in levels if level != "off"}
    of_units = {slug: entry for slug, entry in enabled.items() if entry[0].subject is UNIT}
    of_objects = {slug: entry for slug, entry in enabled.items() if slug not in of_units}
    kinds = {kind for rule in rules if rule.kinds is not None for kind in rule.kinds}
    by_kind = {
        kind: {
            slug: (rule, severity)
            for slug, (rule, severity) in of_objects.items()
            if rule.kinds is None or kind in rule.kinds
        }
        for kind in (None, *kinds)
    }
    return Selection(enabled, of_units, by_kind)
