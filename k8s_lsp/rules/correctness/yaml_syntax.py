"""The text is not valid YAML.

No client can read the document, so nothing of it reaches the cluster. The mark stands where the
reader could not go on; the mistake is there or shortly before: a quote or bracket that nobody
closed, a tab in the indentation, a key without its colon, a line that is not indented like its
neighbours.

The rest of the file is still checked, and so is what could be read of this document; only
nothing is said about fields that seem to be missing around the broken place.
"""

from collections.abc import Iterator

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
