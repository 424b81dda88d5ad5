"""The notation of the cases: what is expected stands under the token, in the manifest itself.

    privileged: yes
    #           ^^^ error privileged-container: init container "prepare"

The carets give the exact range on the last line above that is no marker; `# <---` begins under its
own `#` and is as long as its arrow. After the severity and the slug, the text behind a colon has to
occur in the message. Markers are taken out before the text is analysed, so that they can stand in
block scalars, JSON and broken YAML. A first line `# case: profile=… version=… rules=a,b` changes
what runs; without it, the rule that the folder is named for and `yaml-syntax` run alone.

A case without markers has to be silent, and `--update` leaves it as it is. To mark a new case,
write `# ^ error <slug>` below one of the lines that must have a finding; `make test ARGS=--update`
then writes the exact markers of all findings. The test that fails without one shows them too.
"""

import re
from bisect import bisect
from typing import NamedTuple

from k8s_lsp.engine.results import Analysis
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from k8s_lsp.text import line_starts

_MARKER = re.compile(
    r"^(?P<before>[ ]*#[ ]*)(?P<range>\^+|<-*)[ ](?P<severity>error|warning|information|hint)[ ]"
    r"(?P<slug>[a-z0-9-]+)(?:: (?P<message>.*))?$"
)
_DIRECTIVE = re.compile(r"^# case: (.*)$")


class Expected(NamedTuple):
    """One marker: line and column count code points from 0, in the text without markers."""

    line: int
    column: int
    length: int
    severity: str
    slug: str
    message: str


class Case(NamedTuple):
    """A manifest without its markers, and what they expect of it."""

    text: str
    expected: list[Expected]
    settings: Settings
    directive: str | None


def read_case(source: str, slug: str) -> Case:
    """Take the markers and the directive out of a case."""
    lines: list[str] = []
    expected: list[Expected] = []
    directive = None
    for line in source.splitlines(keepends=True) if "\r" not in source else source.split("\n"):
        content = line.rstrip("\n")
        if (found := _DIRECTIVE.match(content)) and directive is None and not lines:
            directive = found[1]
            continue
        match = _MARKER.match(content)
        if match is None:
            lines.append(line)
            continue
        column = match.start("range")
        if match["range"].startswith("<"):
            column = content.index("#")
        length = len(match["range"])
        expected.append(
            Expected(
                len(lines) - 1,
                column,
                length,
                match["severity"],
                match["slug"],
                match["message"] or "",
            )
        )
    return Case("".join(lines), expected, _settings(directive, slug), directive)


def _settings(directive: str | None, slug: str) -> Settings:
    given = dict(part.split("=", 1) for part in (directive or "").split())
    version = given.get("version", "latest")
    if "profile" in given:
        profile = given["profile"]
        assert profile in ("recommended", "baseline", "restricted", "all")
        return Settings(profile=profile, kubernetes_version=version)  # type: ignore[arg-type]
    running = {*given.get("rules", slug).split(","), "yaml-syntax"}
    off = tuple((rule.slug, "off") for rule in RULES if rule.slug not in running)
    return Settings("all", version, off, registries=("registry.example.com/",))  # type: ignore[arg-type]


def found_in(analysis: Analysis) -> list[Expected]:
    """The findings of an analysis, as markers would describe them."""
    starts = line_starts(analysis.text)
    found = []
    for offset, reported in analysis.published():
        span = reported.finding.span.shifted(offset)
        line = bisect(starts, span.start) - 1
        found.append(
            Expected(
                line,
                span.start - starts[line],
                span.end - span.start,
                reported.severity,
                reported.rule.slug,
                reported.finding.message,
            )
        )
    return sorted(found)


def write_case(case: Case, found: list[Expected]) -> str:
    """The source of a case with markers for what was found."""
    lines = case.text.splitlines(keepends=True)
    parts = [f"# case: {case.directive}\n"] if case.directive is not None else []
    for index, line in enumerate(lines):
        parts.append(line if line.endswith("\n") else line + "\n")
        for each in found:
            if each.line == index:
                parts.append(_marker(line, each))
    return "".join(parts)


def how_to_mark(case: Case, found: list[Expected]) -> str:
    """What to do where the findings of a case are not those that it expects."""
    if case.expected:
        return "if what is found is right: make test ARGS=--update rewrites the markers"
    lines = case.text.splitlines()
    shown = "".join(f"{lines[each.line]}\n{_marker(lines[each.line], each)}" for each in found)
    return (
        "a case without markers has to be silent. If what is found is right, write one of these "
        "markers below its line; make test ARGS=--update then writes the others:"
        f"\n\n{shown}"
    )


def _marker(line: str, each: Expected) -> str:
    """A marker under a line, at the line's own indentation where that leaves room."""
    indent = len(line) - len(line.lstrip())
    if each.column < 1:
        head = "# <" + "-" * (each.length - 1)
    else:
        hash_column = min(indent, each.column - 1 - (each.column > 1))
        head = " " * hash_column + "#" + " " * (each.column - hash_column - 1) + "^" * each.length
    return f"{head} {each.severity} {each.slug}: {each.message}\n"
