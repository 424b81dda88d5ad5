"""An ignore comment ignores nothing.

Readers take the comment for a decision that somebody made about a danger that is there. If the
danger is gone, the comment hides the next one that appears in its place; if no rule has the
name that it gives, or it gives none, it has never hidden anything.

`# k8s-lsp: ignore[slug, slug] reason` at the end of a line, or alone above it, silences the
rules of these names on that line; on the line of a container's `name`, or alone above its first
line, in that container; on the line of an object's `kind`, in that object. A rule that is
switched off could have found something, so its comments are not reported, nor are those of
other tools.
"""

from collections.abc import Iterator

from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import UNIT, Context, Finding, UnitView, rule


@rule(
    severity="warning",
    subject=UNIT,
    is_unnecessary=True,
)
def unused_ignore(unit: UnitView, context: Context) -> Iterator[Finding]:
    yield from unit.unused_ignores()


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        privileged: true  # k8s-lsp: ignore[privileged]
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        privileged: true
"""

ADMISSION = Undecidable("it is about comments, which no object has")
