"""The rules of a SARIF log: what each says, and where it stands in the taxonomies of others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from k8s_lsp.rules import explanation
from k8s_lsp.rules.base import Control, Rule
from k8s_lsp.settings import SEVERITIES, Severity

Object = dict[str, Any]
"""An object of JSON."""

LEVELS: Final[Mapping[Severity, str]] = {
    "error": "error",
    "warning": "warning",
    "information": "note",
    "hint": "note",
}
"""SARIF's words for a severity."""

_SECURITY_SEVERITIES: Final[Mapping[Severity, str]] = {
    "error": "8.0",
    "warning": "5.5",
    "information": "3.0",
    "hint": "1.0",
}
"""What GitHub calls high, medium and low (docs.github.com, "SARIF support for code scanning": over
9.0 is critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low)."""

_MOST_TAGS: Final = 10
"""How many tags of a rule GitHub shows (same page)."""

POD_SECURITY: Final = "Pod Security Standards"


class Taxonomy(NamedTuple):
    """A catalogue of others, as a component of the log; `taxa` are its entries that rules name."""

    name: str
    version: str
    organization: str
    uri: str
    summary: str


_TAXONOMIES: Final = (
    Taxonomy(
        POD_SECURITY,
        "latest",
        "Kubernetes",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "The levels that Pod Security admission enforces, and the checks of each.",
    ),
    Taxonomy(
        "CIS Kubernetes Benchmark",
        "1.12",
        "Center for Internet Security",
        "https://www.cisecurity.org/benchmark/kubernetes",
        "Recommendations for configuring Kubernetes, by their sections.",
    ),
    Taxonomy(
        "Kubernetes Hardening Guidance",
        "1.2",
        "NSA and CISA",
        "https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/"
        "CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
        "Guidance of two agencies of the United States for hardening Kubernetes, by its chapters.",
    ),
    Taxonomy(
        "CWE",
        "4.18",
        "MITRE",
        "https://cwe.mitre.org/data/index.html",
        "The Common Weakness Enumeration.",
    ),
)

_CHAPTERS: Final = {
    "network": "Network separation and hardening",
    "resources": "Network separation and hardening",
    "secrets": "Network separation and hardening",
}
"""The chapters of the Kubernetes Hardening Guidance, by the families of rules that they ask for."""

_POD_CHAPTER: Final = "Kubernetes Pod security"
"""The chapter that asks for the rules of all other families."""


def taxon_of_control(control: Control) -> str:
    """The id of a check of the Pod Security Standards, which is that of its level and its own."""
    return f"{control.level}/{control.id}"


def taxa_of(rule: Rule) -> dict[str, list[str]]:
    """The ids of a rule's taxa, by the names of their taxonomies."""
    cis = [name.removeprefix("CIS ") for name in rule.benchmarks if name.startswith("CIS ")]
    chapter = _CHAPTERS.get(rule.family, _POD_CHAPTER)
    taxa = {
        POD_SECURITY: list(dict.fromkeys(map(taxon_of_control, rule.controls))),
        "CIS Kubernetes Benchmark": cis,
        "Kubernetes Hardening Guidance": [chapter] if "NSA/CISA" in rule.benchmarks else [],
        "CWE": list(rule.weaknesses),
    }
    return {name: ids for name, ids in taxa.items() if ids}


def taxonomies_of(rules: Iterable[Rule]) -> list[Object]:
    """The taxonomies that some rules belong to, each with the taxa that they name."""
    named: dict[str, dict[str, None]] = {}
    for rule in rules:
        for name, ids in taxa_of(rule).items():
            named.setdefault(name, {}).update(dict.fromkeys(ids))
    return [
        {
            "name": taxonomy.name,
            "version": taxonomy.version,
            "organization": taxonomy.organization,
            "informationUri": taxonomy.uri,
            "shortDescription": {"text": taxonomy.summary},
            "isComprehensive": False,
            "taxa": [_taxon(taxonomy, id) for id in sorted(named[taxonomy.name])],
        }
        for taxonomy in _TAXONOMIES
        if taxonomy.name in named
    ]


def pascal_case(slug: str) -> str:
    """A slug as one word, the form in which SARIF wants the names of rules."""
    return "".join(part.capitalize() for part in slug.split("-"))


def _taxon(taxonomy: Taxonomy, id: str) -> Object:
    taxon: Object = {"id": id}
    if taxonomy.name == "CWE":
        taxon["name"] = explanation.WEAKNESSES[id]
        taxon["helpUri"] = weakness_uri(id)
    return taxon


def weakness_uri(weakness: str) -> str:
    """The page of a weakness by its id, such as `CWE-250`."""
    return f"https://cwe.mitre.org/data/definitions/{weakness.removeprefix('CWE-')}.html"


def described(rule: Rule, severity: Severity, taxonomies: Sequence[Object]) -> Object:
    """What a log says of a rule, the gravest of whose findings in it has that severity.

    Its help is the one explanation that hover and `k8s-lsp explain` show.
    """
    summary = f"{rule.summary}."
    first, _, _ = rule.explanation.partition("\n\n")
    plain = explanation.unmarked(" ".join(first.split()))
    told: Object = {
        "id": rule.slug,
        "name": pascal_case(rule.slug),
        "shortDescription": {"text": explanation.unmarked(summary)},
        "fullDescription": {"text": plain or explanation.unmarked(summary)},
        "help": {"text": explanation.plain(rule), "markdown": explanation.markdown(rule)},
    }
    if rule.references:
        told["helpUri"] = rule.references[0]
    told["defaultConfiguration"] = {
        "level": LEVELS[severity],
        "rank": _rank(severity),
    }
    relationships = list(_relationships(rule, taxonomies))
    if relationships:
        told["relationships"] = relationships
    told["properties"] = {
        "tags": _tags(rule),
        "precision": "high",
        "problem.severity": _PROBLEM_SEVERITIES[severity],
        "security-severity": _SECURITY_SEVERITIES[severity],
    }
    return told


_PROBLEM_SEVERITIES: Final[Mapping[Severity, str]] = {
    "error": "error",
    "warning": "warning",
    "information": "recommendation",
    "hint": "recommendation",
}


def _rank(severity: Severity) -> float:
    """How grave a finding is, from 0 to 100, as SARIF has it."""
    return 100.0 - 25.0 * SEVERITIES.index(severity)


def _relationships(rule: Rule, taxonomies: Sequence[Object]) -> Iterable[Object]:
    indexes = {taxonomy["name"]: index for index, taxonomy in enumerate(taxonomies)}
    for name, ids in taxa_of(rule).items():
        index = indexes[name]
        places = {taxon["id"]: place for place, taxon in enumerate(taxonomies[index]["taxa"])}
        for id in ids:
            component = {"name": name, "index": index}
            target = {"id": id, "index": places[id], "toolComponent": component}
            yield {"target": target, "kinds": ["relevant"]}


def _tags(rule: Rule) -> list[str]:
    """The tags by which code hosts filter; GitHub shows the weaknesses of these names as such."""
    weaknesses = (f"external/cwe/{weakness.lower()}" for weakness in rule.weaknesses)
    levels = dict.fromkeys(f"pod-security-{control.level}" for control in rule.controls)
    return ["security", "kubernetes", rule.family.replace("_", "-"), *weaknesses, *levels][
        :_MOST_TAGS
    ]
