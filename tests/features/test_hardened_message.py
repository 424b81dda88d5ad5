"""The message after hardening: what changed, what may break, what is left and why."""

from collections.abc import Iterator
from functools import partial

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import harden, harden_container, harden_object
from k8s_lsp.features.hardened_message import hardened_message
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import OBJECT, Context, Finding, fix, found, rule
from k8s_lsp.settings import Settings

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
    - name: log
      image: example.com/log:1.4.2
"""

RESTRICTED = Settings("restricted")


def test_it_names_the_fields_and_what_may_break() -> None:
    assert hardened_message(harden(analyze(POD, RESTRICTED))) == (
        "Changed: capabilities.drop, seccompProfile.type, allowPrivilegeEscalation, runAsNonRoot. "
        "runAsNonRoot was set for 2 containers: an image without a numeric user will not start. "
        "2 containers lost every capability: what changes its user or the owner of files fails. "
        "2 containers cannot gain rights any more: sudo and other setuid programs fail."
    )


def test_of_one_container_it_tells_that_one() -> None:
    hardened = harden_container(analyze(POD, RESTRICTED), 0, ("spec", "containers", 1))
    message = hardened_message(hardened, 0, ("spec", "containers", 1))
    assert "runAsNonRoot was set for 1 container:" in message
    assert "2 containers" not in message


def test_fields_of_the_pod_and_of_other_objects_have_their_names() -> None:
    message = hardened_message(harden(analyze(POD)))
    assert message.startswith("Changed: capabilities.drop, limits.cpu, limits.memory, ")
    assert "automountServiceAccountToken" in message
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\n"
    assert hardened_message(harden(analyze(account))) == "Changed: automountServiceAccountToken."


def test_where_nothing_was_changed_there_is_nothing_to_say() -> None:
    assert hardened_message(harden(analyze("a: 1\n"))) == ""


@rule(severity="error", subject=OBJECT)
def purposeful(obj: KubeObject, context: Context) -> Iterator[Finding]:
    """A label is `left`, on purpose, or `set`, and need not be."""
    for label in obj.get("metadata", "labels").entries():
        if label.text in ("set", "left"):
            reason = f"[{obj.name}](it) said so" if label.text == "left" else None
            fixes = fix("Do it", label.set(obj.text, "done"), left_because=reason)
            yield found(label, "label must be done", fixes=partial(tuple, fixes))


def labelled(name: str, *labels: str) -> str:
    lines = "".join(f"    {label}\n" for label in labels)
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  labels:\n{lines}"


@pytest.fixture
def analysis(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("k8s_lsp.engine.checking.RULES", (purposeful,))
    return f"{labelled('web', 'a: set', 'b: left')}---\n{labelled('other', 'a: left', 'c: set')}"


def test_what_is_left_has_its_line_in_the_new_text_and_its_reason(analysis: str) -> None:
    assert hardened_message(harden(analyze(analysis))) == (
        "Changed: metadata.labels.a, metadata.labels.c. "
        # What reads like a link is none.
        "Left for you: line 7, purposeful: [web] (it) said so; "
        "line 14, purposeful: [other] (it) said so."
    )


def test_of_one_object_what_is_left_there_is_told(analysis: str) -> None:
    hardened = harden_object(analyze(analysis), 1, ())
    assert hardened_message(hardened, 1, ()) == (
        "Changed: metadata.labels.c. Left for you: line 14, purposeful: [other] (it) said so."
    )


def test_it_stays_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("k8s_lsp.engine.checking.RULES", (purposeful,))
    text = labelled("web", *(f"s{each}: set" for each in range(30)), *(["x: left", "y: left"] * 20))
    message = hardened_message(harden(analyze(text)))
    assert " and 20 more. Left for you: " in message
    assert len(message) < 500
