"""Custom resources and the values of charts, changed by one character: the same as from scratch."""

from typing import Final

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.incremental import update
from k8s_lsp.settings import Settings
from k8s_lsp.text import Span
from tests.engine.test_incremental import said

TASK: Final = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: build
spec:
  stepTemplate:
    computeResources:
      limits:
        memory: 400m
    securityContext:
      privileged: true
  steps:
    - name: one
      image: example.com/one:1
      securityContext:
        runAsUser: 0
    - image: $(params.image)
"""

WORKFLOW: Final = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  name: run
spec:
  securityContext:
    runAsNonRoot: true
  templates:
    - name: a
      securityContext:
        runAsUser: 0
      container:
        image: example.com/a:latest
    - name: b
      script:
        image: example.com/b:1
"""

PROMETHEUS: Final = """\
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata:
  name: main
spec:
  securityContext:
    runAsUser: 0
  containers:
    - name: prometheus
      securityContext:
        privileged: true
    - name: mine
      image: example.com/mine:1
"""

RELEASE: Final = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
spec:
  values:
    image:
      repository: example.com/web
      tag: latest
    sidecar:
      enabled: true
      securityContext:
        privileged: true
    hostNetwork: true
"""

APPLICATION: Final = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: web
spec:
  source:
    helm:
      values: |
        podSecurityContext:
          runAsUser: 0
        resources:
          limits:
            memory: 400m
      parameters:
        - name: securityContext.privileged
          value: "true"
"""

UNKNOWN: Final = """\
apiVersion: example.com/v1
kind: Thing
metadata:
  name: web
spec:
  pod:
    containers:
      - name: app
        image: example.com/app:1
        securityContext:
          privileged: true
"""

VALUES: Final = RELEASE[RELEASE.index("    image:") :].replace("\n    ", "\n").lstrip()

ALL: Final = Settings("all")
EVERY: Final = 3
"""One of how many characters the quick run takes away; `make sweep` takes all of them."""


@pytest.mark.parametrize(
    ("text", "is_values"),
    [
        (TASK, False),
        (WORKFLOW, False),
        (PROMETHEUS, False),
        (RELEASE, False),
        (APPLICATION, False),
        (UNKNOWN, False),
        (VALUES, True),
    ],
    ids=["task", "workflow", "prometheus", "release", "application", "unknown", "values"],
)
@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.sweep)])
def test_a_character_that_is_typed_or_taken_away(text: str, is_values: bool, every: int) -> None:
    whole = analyze(text, ALL, is_values=is_values)
    assert len(said(whole)) > 1
    places = range(text.index("spec:") if "spec:" in text else 0, len(text))
    for place in [each for each in places if text[each].isalnum()][::every]:
        without = text[:place] + text[place + 1 :]
        less = analyze(without, ALL, is_values=is_values)
        typed = update(less, text, Span(place, place + 1), is_values=is_values)
        assert said(typed) == said(whole), without
        taken = update(whole, without, Span(place, place), is_values=is_values)
        if not any(unit.tree.problems for unit in less.units):
            assert said(taken) == said(less), without
        again = update(taken, text, Span(place, place + 1), is_values=is_values)
        assert said(again) == said(whole), without
