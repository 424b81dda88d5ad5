"""How the admission control of a cluster decides a rule: in CEL, as data of the rule's file.

The file of each rule ends with a constant ADMISSION: an `Admission`, or `Undecidable`. In the
expressions stand, beside what Kubernetes has for a ValidatingAdmissionPolicy (`object`, `request`):

* `variables.pod`, the pod of any workload: a map of its `title` for messages, `type` (`pod`),
  `metadata`, `spec`, `securityContext` (an empty map where there is none), and `isWindows`;
* `variables.containers`, all of its containers, in the order of Pod Security: each a map of its
  `title`, `type` (`init`, `sidecar`, `container`, `ephemeral`), `spec` and `securityContext`;
* `variables.owners`, the pod and then the containers, where both may say the same;
* `variables.images`, what the pod pulls, for containers and image volumes: each a map of its
  `title`, the reference's end as `short`, the full `name` without tag and digest, `hasTag`,
  `hasDigest`, `isLatest`, and the pull `policy` with its field's name, `policyField`;
* `variables.rules`, those of a Role or ClusterRole, of which a server stores none as null;
* `variables.minor`, the minor version of Kubernetes, and `variables.profile`, of the settings.

Maps are asked with `.?key.orValue(…)`: what is not set is not there. An exported policy holds those
variables alone that it needs.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.settings import Settings

Each = Literal["container", "owner", "pod", "object"]
"""What an expression is asked about, which is also what it is called in there: a container, the
pod or a container, or once; then it names `variables.pod` or `object` itself."""

Constant = bool | int | str | tuple[str, ...] | Mapping[str, str]
"""What may be written into an expression as a literal."""


class Violation(NamedTuple):
    """One way to break a rule: when it is broken, and the rule's own message, both in CEL.

    With `items`, a list in CEL, both are about each `item` of it. The message begins with the
    `title` of what it is about, where the rule's does.
    """

    each: Each
    when: str
    message: str
    items: str = ""


def _no_constants(settings: Settings, version: Version) -> Mapping[str, Constant]:
    return {}


class Admission(NamedTuple):
    """How a rule is decided at admission: it is broken where one of the violations holds.

    `constants` gives, for the settings and their version of Kubernetes, literals that the
    expressions name `variables.NAME`: the options of the rule, and its tables. `variables` are
    further expressions under names, each of which may name those before it. `kinds` are those
    of the objects that it is asked about, where they are not the rule's.
    """

    violations: tuple[Violation, ...]
    variables: tuple[tuple[str, str], ...] = ()
    constants: Callable[[Settings, Version], Mapping[str, Constant]] = _no_constants
    kinds: frozenset[str] | None = None


class Undecidable(NamedTuple):
    """Why no admission control can decide a rule: what it sees is one object, decoded.

    The reason is a clause, as in "not exported: it looks at …".
    """

    reason: str
