"""Where custom resources hold core types: the table, and what is found by it in a text."""

import pytest

from k8s_lsp.kubernetes.fields import fields_at, path_text, root_field
from k8s_lsp.kubernetes.places import ITEMS, VALUES, Pattern
from k8s_lsp.syntax.parse import parse

TEXT = """\
spec:
  template: &template
    image: nginx
  groups:
  - name: one
    template: {image: a}
  - name: two
  - template: *template
  tiers:
    web: {image: b}
    <<: {db: {image: c}}
  empty:
  helm: {{ .Values.helm }}
"""


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ((), [""]),
        (("spec", "template"), ["spec.template"]),
        (
            ("spec", "groups", ITEMS, "template", "image"),
            ["spec.groups[0].template.image", "spec.groups[2].template.image"],
        ),
        (("spec", "tiers", VALUES), ["spec.tiers.web", "spec.tiers.db"]),
        (("spec", "tiers", VALUES, "image"), ["spec.tiers.web.image", "spec.tiers.db.image"]),
        # What is absent, null, or of another form than the pattern has, holds nothing.
        (("spec", "lost", ITEMS), []),
        (("spec", "empty"), []),
        (("spec", "groups", VALUES), []),
        (("spec", "tiers", ITEMS), []),
        (("spec", "groups", "template"), []),
        (("spec", "template", "image", "name"), []),
        # What a template writes may be anything: it stands there, and nothing is below it.
        (("spec", "helm"), ["spec.helm"]),
        (("spec", "helm", ITEMS), []),
    ],
)
def test_a_pattern_finds_the_fields_that_are_there(pattern: Pattern, found: list[str]) -> None:
    fields = list(fields_at(root_field(parse(TEXT).roots[0]), pattern))
    assert [path_text(each.path) for each in fields] == found
    assert all(each.present for each in fields)
    shared = [path_text(each.path) for each in fields if each.shared]
    assert shared == [each for each in found if "[2]." in each or ".db" in each]
