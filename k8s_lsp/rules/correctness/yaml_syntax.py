"""The text is not valid YAML, or kubectl does not take all of it.

What kubectl cannot read does not reach the cluster: it sends the documents above and refuses the
file from here on. The mark stands where the reader could not go on; the mistake is there or shortly
before: a quote or bracket that is not closed, a tab in the indentation, a key without its colon, a
line that is not indented like its neighbours.

Some text is YAML, and kubectl refuses it all the same: a directive, content behind `---` on its
line, a value that its tag does not fit. Other text it drops without a word: all that follows the
end of a document up to the next `---` line, behind a bracket too many or behind `...`. What is
meant to be an object belongs below a `---` of its own.

The rest of the file is still checked, and so is what could be read of this document; only
nothing is said about fields that seem to be missing around the broken place.
"""

from collections.abc import Iterator

from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import UNIT, Context, Finding, UnitView, rule


@rule(
    severity="error",
    subject=UNIT,
    in_every_profile=True,
)
def yaml_syntax(unit: UnitView, context: Context) -> Iterator[Finding]:
    for problem in unit.problems:
        yield Finding(problem.span, problem.message)


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
