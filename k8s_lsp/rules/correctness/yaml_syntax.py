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

import re
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

_PLACEHOLDER = re.compile(
    r"\$\{\w+\}|\$\(\w+\)|\$[A-Z]\w*|@{1,2}\w+@{1,2}|%{1,2}\w+%{1,2}|__[A-Z]\w*?__|<%[^%\n]*%>"
    r"|(?P<bare>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"
)
"""What tools replace: envsubst and make, autoconf and sed, templates of Ruby, words in capitals."""

_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]*:")
_DATA = re.compile(r"(?:data|stringData|binaryData|env\w*):")


def _is_for_a_tool(text: str, span: Span) -> bool:
    """Whether a line has nothing but a placeholder, where a tool puts lines of its own.

    A word in capitals is one only among keys that are not, for data has such keys.
    """
    start, end = line_start(text, span.start), line_end(text, span.start)
    line = text[start:end].strip()
    placeholder = _PLACEHOLDER.fullmatch(line)
    if placeholder is None or line != text[span.start : span.end]:
        return False
    if placeholder["bare"] is None:
        return True
    sibling, parent = _keys_above(text[:start], span.start - start)
    return _CAPITALS.match(sibling or "A:") is None and _DATA.match(parent) is None


def _keys_above(text: str, depth: int) -> tuple[str, str]:
    """The nearest lines above that are as deep, and less deep: no more than these are asked for."""
    sibling = ""
    for line in reversed(text.splitlines()):
        key = line.strip()
        at = len(line) - len(line.lstrip())
        if at > depth or not key or key.startswith("#") or _PLACEHOLDER.fullmatch(key):
            continue
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
