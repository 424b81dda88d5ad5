"""A rule's explanation, which exists once: hover, `explain` and the page of rules all show it."""

import re
from collections.abc import Iterator, Mapping, Set
from typing import Final

from k8s_lsp.kubernetes.versions import OLDEST, Version
from k8s_lsp.rules.base import Rule

_FENCE = "```"


def markdown(rule: Rule) -> str:
    """All that is known about a rule, as Markdown without headings, so that it fits below any.

    The summary comes first, in bold; every paragraph is one line.
    """
    return "\n\n".join(
        (
            f"**{rule.summary}**",
            *_paragraphs(rule.explanation),
            f"Good form:\n\n{_FENCE}yaml\n{rule.good.rstrip()}\n{_FENCE}",
            "\n".join(_facts(rule)),
        )
    )


def brief(rule: Rule) -> str:
    """The summary and the first reason, as Markdown, for places that explain several rules."""
    first = next(_paragraphs(rule.explanation), None)
    summary = f"**{rule.summary}**"
    return summary if first is None else f"{summary}\n\n{first}"


WHY_LENGTH = 200
"""How long a summary and its reason are together, if that can be: two lines of a hover."""

REASON_LENGTH = 60
"""How long the beginning of a sentence is that is a reason by itself."""


def why(rule: Rule) -> str:
    """The summary and the first sentence of the reason, of which an enumeration may be left out."""
    first = re.split(r"(?<=[.!?])\s+(?=[A-Z\"`])", next(_paragraphs(rule.explanation), ""))[0]
    beginning = first.rpartition(": ")[0]
    if len(rule.summary) + len(first) > WHY_LENGTH and len(beginning) > REASON_LENGTH:
        first = f"{beginning}."
    return f"**{rule.summary}.** {first}".rstrip()


def lines_of_difference(rule: Rule) -> tuple[list[str], list[str]]:
    """The lines that only the bad form of a rule has, and those that only the good one has.

    Those of the good one come with the keys that they stand below, if others stand beside these.
    """
    bad, good = rule.bad.split("\n"), rule.good.split("\n")
    new = {index for index, line in enumerate(good) if line not in bad}
    shown = new | {above for index in new for above in _parents(good, index, new)}
    return [line for line in bad if line not in good], [good[index] for index in sorted(shown)]


def _parents(lines: list[str], index: int, chosen: Set[int]) -> Iterator[int]:
    """The lines of the keys above a line, as far out as some that are chosen stand."""
    least = min(_depth(lines[each]) for each in chosen)
    depth = _depth(lines[index])
    for above in range(index - 1, -1, -1):
        if least <= _depth(lines[above]) < depth:
            depth = _depth(lines[above])
            yield above


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def plain(rule: Rule) -> str:
    """The same as `markdown`, for readers who see its marks as they are."""
    return unmarked(markdown(rule))


def unmarked(text: str) -> str:
    """Markdown of this project, as plain text: without marks, examples indented by four."""
    lines: list[str] = []
    fenced = False
    rows: list[list[str]] = []
    for line in (*text.split("\n"), ""):
        if line.startswith("| ") and not fenced:
            rows.append(_cells(line))
            continue
        lines += _aligned(rows)
        rows = []
        # Code within a line may begin with as many ticks.
        if line.startswith(_FENCE) and "`" not in line[len(_FENCE) :]:
            fenced = not fenced
        elif fenced:
            lines.append(f"    {line}".rstrip())
        elif line == "---":
            lines.append("-" * 40)
        else:
            lines.append(_MARKS.sub(_without_marks, line.removesuffix("  ")))
    return "\n".join(lines[:-1])


def _cells(row: str) -> list[str]:
    """The cells of a row of a table, without marks."""
    cells = re.split(r"(?<!\\)\|", row.strip().strip("|"))
    return [_MARKS.sub(_without_marks, cell.strip().replace("\\|", "|")) for cell in cells]


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    """The rows of a table as lines, with no line below the header."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=False)]
    for row in rows:
        if not all(set(cell) <= set(":-") for cell in row):
            padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            yield "  ".join(padded).rstrip()


_MARKS = re.compile(
    r"(?P<code>(?<!`)(?P<fence>`+)(?!`).*?(?<!`)(?P=fence)(?!`))"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|\*\*(?P<bold>(?:\\.|[^*\\])+)\*\*"
    r"|<(?P<address>https?://[^>]+)>"
    r"|\[(?P<label>[^][]+)\]\((?P<target>(?:https?|file)://[^)]+)\)"
)
"""The marks that this project writes within a line."""


def _without_marks(match: re.Match[str]) -> str:
    """What a mark is in plain text; code keeps its ticks, which tell where it ends."""
    match match.lastgroup:
        case "bold":
            return _MARKS.sub(_without_marks, match["bold"])
        case "target":
            return f"{match['label']} ({match['target']})"
        case "escaped" | "address" as group:
            return match[group]
    return match[0]


def pod_security(rule: Rule) -> str | None:
    """Where the Pod Security Standards ask for the rule; None for rules of our own."""
    earliest: dict[tuple[str, str], Version] = {}
    for control in rule.controls:
        key = (control.level, control.id)
        earliest[key] = min(control.since, earliest.get(key, control.since))
    if not earliest:
        return None
    return ", ".join(
        f"{level} (`{name}`" + (")" if since == OLDEST else f", since Kubernetes {since})")
        for (level, name), since in earliest.items()
    )


WEAKNESSES: Final[Mapping[str, str]] = {
    "CWE-94": "Improper Control of Generation of Code ('Code Injection')",
    "CWE-214": "Invocation of Process Using Visible Sensitive Information",
    "CWE-250": "Execution with Unnecessary Privileges",
    "CWE-266": "Incorrect Privilege Assignment",
    "CWE-306": "Missing Authentication for Critical Function",
    "CWE-312": "Cleartext Storage of Sensitive Information",
    "CWE-319": "Cleartext Transmission of Sensitive Information",
    "CWE-494": "Download of Code Without Integrity Check",
    "CWE-526": "Cleartext Storage of Sensitive Information in an Environment Variable",
    "CWE-613": "Insufficient Session Expiration",
    "CWE-653": "Improper Isolation or Compartmentalization",
    "CWE-732": "Incorrect Permission Assignment for Critical Resource",
    "CWE-770": "Allocation of Resources Without Limits or Throttling",
    "CWE-798": "Use of Hard-coded Credentials",
    "CWE-829": "Inclusion of Functionality from Untrusted Control Sphere",
    "CWE-918": "Server-Side Request Forgery (SSRF)",
    "CWE-923": "Improper Restriction of Communication Channel to Intended Endpoints",
    "CWE-1104": "Use of Unmaintained Third Party Components",
    "CWE-1188": "Initialization of a Resource with an Insecure Default",
}
"""What MITRE calls the weaknesses that rules name (cwe.mitre.org, version 4.18)."""


def _facts(rule: Rule) -> Iterator[str]:
    """The rest in one line each, as a list."""
    standards = pod_security(rule)
    if standards is not None:
        yield f"- Pod Security Standards: {standards}"
    off = rule.severity == "off"
    yield f"- Default severity: {rule.severity}" + (" (the profile `all` runs it)" if off else "")
    for option in rule.options:
        yield f"- Option `{option.name}`: {option.doc}"
    if rule.benchmarks:
        names = {"NSA/CISA": "NSA/CISA Kubernetes Hardening Guidance"}
        sections = (
            names.get(each, each.replace("CIS", "CIS Kubernetes Benchmark 1.12, section"))
            for each in rule.benchmarks
        )
        yield f"- Benchmarks: {'; '.join(sections)}"
    if rule.weaknesses:
        named = (f"{WEAKNESSES[weakness]} ({weakness})" for weakness in rule.weaknesses)
        yield f"- {'Weakness' if len(rule.weaknesses) == 1 else 'Weaknesses'}: {'; '.join(named)}"
    if rule.other_tools:
        tools = (f"{tool} {_codes(names)}" for tool, names in rule.other_tools.items())
        yield f"- In other tools: {', '.join(tools)}"
    for reference in rule.references:
        yield f"- See <{reference}>"


def _codes(names: tuple[str, ...]) -> str:
    return " ".join(f"`{name}`" for name in names)


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a docstring, each on one line; lists and examples keep their lines.

    Editors disagree on what a single line break in Markdown means, so there is none.
    """
    for paragraph in re.split(r"\n\s*\n", text):
        if re.search(r"^(?:[-*] | {4}|```)", paragraph, re.M):
            yield paragraph
        elif paragraph.strip():
            yield " ".join(paragraph.split())
