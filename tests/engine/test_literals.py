"""In a template, literal values are changed and taken away, and nothing else."""

import pytest

from k8s_lsp.engine import literals
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import Edit, Span
from tests.fixes import harden_text

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
spec:
  hostPID: true
  containers:
    - name: app
      image: "{{ .Values.image }}:{{ .Values.tag }}"
      {{- if .Values.privileged }}
      securityContext:
        privileged: true
      {{- end }}
"""


def changes_literals(text: str, edits: tuple[Edit, ...]) -> bool:
    return literals.changes_literals(parse(text, template=True), edits)


def edit(text: str, old: str, new: str) -> tuple[Edit, ...]:
    start = text.index(old)
    return (Edit(Span(start, start + len(old)), new),)


def test_literal_values_are_hardened_between_actions() -> None:
    hardened = harden_text(POD, Settings())
    assert hardened == POD.replace("  hostPID: true\n", "").replace(
        "privileged: true", "privileged: false"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("true", "false"),
        ("  hostPID: true\n", ""),
        ("hostPID: true", "hostPID: false"),
        ("privileged: true", "privileged: false"),
        ("kind: Pod\n", "kind: Pod  # literal\n"),
        ("v1", '"v1"'),
    ],
)
def test_literal_text_may_change(old: str, new: str) -> None:
    assert changes_literals(POD, edit(POD, old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # A line with an action.
        ("name: {{ .Release.Name }}", "name: web"),
        (":{{ .Values.tag }}", ""),
        ("{{- end }}\n", "{{- end }}\n      tty: true\n"),
        ("      {{- if .Values.privileged }}\n", "      # {{- if .Values.privileged }}\n"),
        # A key or an item more, which an action may write too.
        ("  hostPID: true\n", "  hostPID: true\n  hostIPC: false\n"),
        ("        privileged: true\n", "        privileged: true\n        runAsUser: 1\n"),
        ("hostPID: true", "hostIPC: true"),
        # What is around it would be read otherwise.
        ("spec:\n  hostPID: true\n", ""),
        ("privileged: true", "privileged: [true"),
        ("spec:\n", "spec: |\n"),
        ("kind: Pod\n", "kind: Pod\n---\n"),
    ],
)
def test_nothing_else_may_change(old: str, new: str) -> None:
    assert not changes_literals(POD, edit(POD, old, new))


def test_what_actions_stand_in_is_not_taken_away() -> None:
    text = "a:\n  b:\n    c: d\n    {{- if .x }}\n    e: f\n    {{- end }}\n"
    assert changes_literals(text, edit(text, "    c: d\n", ""))
    only = "a:\n  b:\n    c: d\n    {{- toYaml .x | nindent 4 }}\ng: h\n"
    assert not changes_literals(only, edit(only, "  b:\n    c: d\n", ""))
    items = "a:\n  - b\n  {{- range .x }}\n  - {{ . }}\n  {{- end }}\n"
    assert changes_literals(items, edit(items, "  - b\n", ""))
    assert not changes_literals(items, edit(items, "  - b\n", "  - b\n  - c\n"))


def test_an_action_of_several_lines_is_not_touched() -> None:
    text = "a: {{ dict\n  b: true\n  }}\nc: true\n"
    assert not changes_literals(text, edit(text, "true", "false"))
    assert changes_literals(text, edit(text, "c: true", "c: false"))
