"""What double braces take away from a text: in a template much, elsewhere one value."""

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import fix_all, fixes_of, from_scratch, harden
from k8s_lsp.engine.reading import findings_only
from k8s_lsp.engine.results import Analysis
from tests.engine.test_analysis import DEPLOYMENT
from tests.engine.test_incremental import said

CONFIG = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n"
BAD = f"{DEPLOYMENT}          securityContext:\n            privileged: true\n"

HARMLESS = {
    "comment above": f"# {{{{ tool }}}}\n{BAD}",
    "comment behind": BAD.replace("name: web\n", "name: web  # {{ x }}\n", 1),
    "comment within": BAD.replace("      containers:", "      # {{- if x }}\n      containers:"),
    "quoted argument": f'{BAD}          args: ["--format={{{{.Name}}}}"]\n',
    "plain argument": f"{BAD}          args:\n            - echo {{{{.Name}}}}\n",
    "block argument": f"{BAD}          args:\n            - |\n              {{{{ if x }}}}\n",
    "annotation": BAD.replace("  name: web\n", "  name: web\n  annotations: {a: '{{ x }}'}\n", 1),
    "other document": f"{BAD}{CONFIG}  a: |\n    {{{{- if x }}}}\n    {{{{ end }}}}\n",
    "other document's key": f"{BAD}{CONFIG}  '{{{{ x }}}}': a\n",
    "carriage returns": f"# {{{{ tool }}}}\n{BAD}".replace("\n", "\r\n"),
}


def found(analysis: Analysis) -> list[tuple[str, int]]:
    """What is told and how many fixes it has, wherever it stands."""
    return [
        (diagnosis.finding.message, len(fixes_of(analysis, diagnosis)))
        for _, diagnosis in analysis.published()
    ]


def slugs(text: str) -> set[str]:
    return {diagnosis.rule.slug for _, diagnosis in analyze(text).published()}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_braces_in_text_take_no_finding_and_no_fix_away(text: str) -> None:
    analysis = analyze(text)
    assert not analysis.is_template
    assert found(analysis) == found(analyze(BAD))
    assert "privileged: false" in harden(analysis).text


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_in_a_chart_any_braces_make_a_template(text: str) -> None:
    analysis = analyze(text, is_chart_template=True)
    assert analysis.is_template
    assert [message for message, _ in found(analysis)] == [
        'container "app" must not set securityContext.privileged to true'
    ]


def test_in_a_chart_a_text_without_braces_is_what_it_says() -> None:
    analysis = analyze(BAD, is_chart_template=True)
    assert not analysis.is_template
    assert said(analysis) == said(analyze(BAD))


def test_an_unknown_value_is_not_judged_and_its_neighbours_are() -> None:
    known = slugs(BAD)
    unknown = slugs(BAD.replace("privileged: true", 'privileged: "{{ x }}"'))
    assert "privileged-container" in known - unknown
    assert "writable-root-filesystem" in unknown
    # What stands below an unknown value is unknown.
    whole = f'{DEPLOYMENT}          securityContext: "{{{{ x }}}}"\n'
    assert not slugs(whole) & {"privileged-container", "writable-root-filesystem"}
    assert "missing-memory-limit" in slugs(whole)
    assert "latest-image-tag" in slugs(DEPLOYMENT.replace("1.4.2", "latest"))
    assert "latest-image-tag" not in slugs(DEPLOYMENT.replace(":1.4.2", ":{{ tag }}"))


@pytest.mark.parametrize("place", [0, 1])
def test_an_action_makes_a_template_of_every_document(place: int) -> None:
    documents = [f"{BAD}---\n", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .x }}\n---\n"]
    text = "".join(documents[place:] + documents[:place])
    analysis = analyze(text)
    assert analysis.is_template
    assert len(found(analysis)) == 1


def test_a_text_that_is_broken_beside_braces_is_told() -> None:
    assert slugs(f"# {{{{ x }}}}\n{BAD}oops\n") >= {"yaml-syntax", "privileged-container"}
    assert slugs(BAD.replace("web", "{{ x }}", 1) + "oops\n") == {"privileged-container"}


@pytest.mark.parametrize("text", [*HARMLESS.values(), BAD.replace("web", "{{ .x }}")])
def test_findings_alone_are_the_same(text: str) -> None:
    text = f"a: {{b: c}}\n---\n{text}"
    alone = analyze(text, read=findings_only)
    assert alone.is_template == analyze(text).is_template
    assert said(alone) == said(analyze(text))


def test_fixes_in_bulk_know_where_a_text_lies() -> None:
    text = f'{BAD}          args: ["{{{{.Name}}}}"]\n'
    analysis = analyze(text, is_chart_template=True)
    hardened = harden(analysis, from_scratch(analysis)).analysis
    assert hardened.is_chart_template
    assert hardened.text == text.replace("privileged: true", "privileged: false")
    assert fix_all(analysis, from_scratch(analysis)).text == text


def test_an_ignore_comment_counts_in_a_template_and_is_not_called_unused() -> None:
    ignored = BAD.replace("true", "true  # k8s-lsp: ignore[privileged-container]")
    other = ignored.replace("ignore[privileged-container]", "ignore[missing-memory-limit]")
    for text, said_of_it in (
        (ignored, set()),
        (other, {"privileged-container"}),
    ):
        assert slugs(text.replace("web", "{{ .x }}")) == said_of_it
