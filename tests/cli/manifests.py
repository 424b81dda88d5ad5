"""Manifests and rules whose findings the tests of the command can foretell."""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, found, rule

PRIVILEGED = """\
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
"""Violates the baseline level once, at line 10, columns 21 to 25, and has a fix."""

HARDENED = PRIVILEGED.replace("true", "false")
"""What every fix of the baseline level makes of it."""

HOST_PATH = """\
apiVersion: v1
kind: Pod
metadata:
  name: node
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
  volumes:
    - name: data
      hostPath:
        path: /srv/data
"""
"""Violates the baseline level once, at line 11, and has no fix."""

BASELINE = ("--profile", "baseline")


@rule(severity="hint", subject=OBJECT)
def shouted_name(obj: KubeObject, context: Context) -> Iterator[Finding]:
    """An object's name is in capitals."""
    name = obj.get("metadata", "name")
    if name.text is not None and name.text.isupper():
        lowered = partial(_lowered, obj.text, name.text)
        yield found(name, "name must not be in capitals", fixes=partial(lowered, obj))


def _lowered(text: str, name: str, obj: KubeObject) -> tuple[Fix, ...]:
    edits = obj.get("metadata", "name").set(text, name.lower())
    return fix("Write it in small letters", edits, safety="safe")


@rule(severity="hint", subject=OBJECT)
def broken_check(obj: KubeObject, context: Context) -> Iterator[Finding]:
    """A rule that crashes."""
    raise RuntimeError("out of cheese")
    yield


@rule(severity="hint", subject=OBJECT)
def broken_fix(obj: KubeObject, context: Context) -> Iterator[Finding]:
    """A rule whose fix crashes."""
    yield found(obj.get("kind"), "kind must not be seen", fixes=_no_cheese)


def _no_cheese() -> tuple[Fix, ...]:
    raise RuntimeError("out of cheese")


@rule(severity="hint", subject=OBJECT)
def nameless(obj: KubeObject, context: Context) -> Iterator[Finding]:
    """An object has no name."""
    if not obj.get("metadata", "name").present:
        yield Finding(obj.anchor, "object must have a name")


@rule(severity="error", subject=OBJECT)
def decided_on_purpose(obj: KubeObject, context: Context) -> Iterator[Finding]:
    """A pod has its node's processes, which its author has decided."""
    shared = obj.get("spec", "hostPID")
    if shared.present:
        fixes = partial(_left, obj.text, obj)
        yield found(shared, "pod must not see the processes", fixes=fixes)


def _left(text: str, obj: KubeObject) -> tuple[Fix, ...]:
    edits = obj.get("spec", "hostPID").remove(text, ("spec",))
    return fix("Remove it, though it is an agent", edits, left_because="it is an agent of its node")
