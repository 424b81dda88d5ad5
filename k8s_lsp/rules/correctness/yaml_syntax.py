"""The text is not valid YAML, or kubectl does not take all of it.

What kubectl cannot read does not reach the cluster: it sends the documents above and refuses the
file from here on. The mark stands where the reader could not go on; the mistake is there or shortly
before: a quote or bracket that is not closed, a tab in the indentation, a key without its colon, a
line that is not indented like its neighbours.

Some text is YAML, and kubectl refuses it all the same: a directive, content behind `---` on its
line, a value that its tag does not fit. Other text it drops without a word: all that follows the
end of a document up to the next `---` line, behind a bracket too many or behind `...`. What is
meant to be an object belongs below a `---` of its own.

A line that is nothing but a placeholder, such as `${LABELS}`, `@LABELS@` or `DATE_LABEL` among keys
in lower case, is there for a tool to replace before kubectl reads the file: that is only told.

The rest of the file is still checked, and so is what could be read of this document; only
nothing is said about fields that seem to be missing around the broken place.
"""

from collections.abc import Iterator

from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import UNIT, Context, Finding, UnitView, rule
from k8s_lsp.text import Span, line_end, line_start


@rule(
    severity="error",
    subject=UNIT,
    in_every_profile=True,
)
def yaml_syntax(unit: UnitView, context: Context) -> Iterator[Finding]:
    for problem in unit.problems:
        text = unit.objects[0].text if unit.objects else ""
        if _is_for_a_tool(text, problem.span):
            yield Finding(problem.span, _REPLACED, severity="information")
        else:
            yield Finding(problem.span, problem.message)


_REPLACED = "kubectl refuses the file until a tool has replaced this"

_AROUND = (("${", "}"), ("$(", ")"), ("$", ""), ("@", "@"), ("%", "%"), ("__", "__"), ("<%", "%>"))
"""What stands around the names that tools replace: envsubst and make, autoconf, sed, ERB."""

_OF_DATA = frozenset({"data", "stringData", "binaryData", "env"})
"""Keys below which others are chosen freely, and often in capitals."""


def _is_for_a_tool(text: str, span: Span) -> bool:
    """Whether a line has nothing but a placeholder, where a tool puts lines of its own.

    A word in capitals is one only among keys that are not, for data has such keys.
    """
    start, end = line_start(text, span.start), line_end(text, span.start)
    line = text[start:end].strip()
    if line != text[span.start : span.end]:
        return False
    if not _is_in_capitals(line):
        return _is_marked(line)
    sibling, parent = _keys_above(text[:start], span.start - start)
    return not (sibling == "" or sibling.isupper() or parent in _OF_DATA)


def _is_marked(line: str) -> bool:
    return any(
        line.startswith(before)
        and line.endswith(after)
        and line[len(before) : len(line) - len(after)].strip("@%= ").isidentifier()
        for before, after in _AROUND
    )


def _is_in_capitals(line: str) -> bool:
    return line.isupper() and line.isidentifier() and "_" in line.strip("_")


def _keys_above(text: str, depth: int) -> tuple[str, str]:
    """The nearest keys above that are as deep, and less deep; empty where there are none."""
    sibling = ""
    for line in reversed(text.splitlines()):
        key = line.strip()
        at = len(line) - len(line.lstrip())
        if at > depth or not key or key.startswith("#") or _is_in_capitals(key):
            continue
        key = key.partition(":")[0]
        if at < depth:
            return sibling, key
        sibling = sibling or key
    return sibling, ""


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: "web
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: "web"
"""

REFERENCES = ("https://yaml.org/spec/1.2.2/",)

ADMISSION = Undecidable("it is about the text of a manifest, and objects have none")
