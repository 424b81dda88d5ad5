"""What is known from before an edit changes nothing but the time: incremental equals fresh.

Texts of others are typed in, cut, pasted into and taken back, in every way that has ever made a
difference. In a state that parses, or is a template, nothing may tell what was there before. Where
it does not parse, more may be known than from the text alone; `tests/test_typing.py` is about that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from k8s_lsp.engine import checking, incremental, reading
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import fixes_of
from k8s_lsp.engine.incremental import defer_large_units, update
from k8s_lsp.engine.results import Analysis, Limits
from k8s_lsp.features.convert import Lines
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import OBJECT, Context, Finding
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.server.buffers import Buffer
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reparse import reparse
from k8s_lsp.text import Encoding, Span, common_ends
from tests.engine.test_analysis import ACCOUNT, DEPLOYMENT, definition
from tests.markers import found_in
from tests.test_cases import FILES, load

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
EVERYTHING = Settings("all", registries=("registry.example.com/",))


def said(analysis: Analysis) -> list[object]:
    """All that anybody can see of an analysis."""
    return [
        *analysis.incomplete,
        analysis.finding_count,
        *(
            (
                offset,
                diagnosis.rule.slug,
                diagnosis.severity,
                diagnosis.control,
                diagnosis.finding.span,
                diagnosis.finding.message,
                diagnosis.finding.path,
                diagnosis.finding.related,
                diagnosis.finding.containers,
                diagnosis.object.root.path,
                [
                    (fix.title, fix.edits, fix.safety, fix.preferred)
                    for fix in fixes_of(analysis, diagnosis)
                ],
            )
            for offset, diagnosis in analysis.published()
        ),
    ]


def is_read_whole(analysis: Analysis) -> bool:
    return not any(unit.tree.problems for unit in analysis.units)


def edited_between(before: str, after: str) -> Span:
    """The span of the text after an edit outside of which it is the one before."""
    start, end = common_ends(before, after)
    return Span(start, len(after) - end)


PIECES = (
    "---\n",
    "\n---\n",
    "...\n",
    "{{ .Values.x }}",
    "{{- if .x }}\n",
    "# {{ x }}\n",
    "  # k8s-lsp: ignore[host-network]",
    "# kics-scan ignore\n",
    "    privileged: true\n",
    "hostPID: true\n",
    ACCOUNT.format(automount="false") + "---\n",
    "\r\n",
    "\n",
    "\t",
    "&a ",
    "*a",
    '"',
    "[",
    "😀",
    "\u2028",
    "\x85    ",
    "\ufeff",
    "---# x\n",
    "--- !!map\n",
    "---\n---\n",
    "}",
    "{}",
    '{"a": 1}\n',
    "<<: *a\n",
    "!!int ",
    "apiVersion v1\n",
    ": ",
    "- ",
    "  ",
)
"""What is pasted, beside what the text itself has."""


def states(text: str, random: Random, number: int) -> Iterator[str]:
    """States of a text, each of which comes from the one before by one act of a person."""
    taken_back: list[str] = []
    for _ in range(number):
        at = random.randrange(len(text) + 1)
        match random.choice(("type", "type", "value", "delete", "cut", "paste", "copy", "undo")):
            case "type":
                new = text[:at] + random.choice("abtrue019:-#'{}[] \n") + text[at:]
            case "value":
                # In the middle of a word: most keys change a value.
                word = next((i for i in range(at, len(text)) if text[i].isalnum()), at)
                new = text[:word] + random.choice(("x", "0", "true")) + text[word + 1 :]
            case "delete":
                new = text[:at] + text[at + 1 :]
            case "cut":
                end = min(at + random.choice((5, 40, 400)), len(text))
                new = text[:at] + text[end:]
            case "paste":
                line = text.rfind("\n", 0, at) + 1
                place = random.choice((at, line, line))
                new = text[:place] + random.choice(PIECES) + text[place:]
            case "copy":
                start = text.rfind("\n", 0, random.randrange(len(text) + 1)) + 1
                end = text.find("\n", min(start + random.choice((1, 200, 1_000)), len(text))) + 1
                line = text.rfind("\n", 0, at) + 1
                new = text[:line] + text[start:end] + text[line:]
            case _:
                new = taken_back.pop() if taken_back else text
                yield new
                text = new
                continue
        taken_back.append(text)
        yield new
        text = new
        if len(text) > 60_000:
            text = taken_back[0]
            yield text


def change_to(lines: Lines, after: str) -> types.TextDocumentContentChangePartial:
    """What a client says of a text that becomes another, in its own positions."""
    before = lines.text
    start, end = common_ends(before, after)
    # No position lies between the two characters of a line break.
    start -= "\r\n" in (before[start - 1 : start + 1], after[start - 1 : start + 1])
    stop, last = len(before) - end, len(after) - end
    more = int("\r\n" in (before[stop - 1 : stop + 1], after[last - 1 : last + 1]))
    span = Span(start, stop + more)
    return types.TextDocumentContentChangePartial(lines.range_of(span), after[start : last + more])


def hold_to_fresh(
    text: str,
    states: Iterable[str],
    name: str = "",
    *,
    is_chart_template: bool = False,
    encoding: Encoding = "utf-16",
) -> int:
    """Compare after every state, as a client sends them; how many were compared."""
    compared = 0
    fresh_of = partial(analyze, settings=EVERYTHING, is_chart_template=is_chart_template)
    analysis = fresh_of(text)
    buffer = Buffer("file:///a.yaml", 1, text, encoding)
    lines, _ = buffer.snapshot()
    for now in states:
        buffer.apply(change_to(lines, now))
        lines, edited = buffer.snapshot(analysis.text)
        assert lines.text == now, (name, encoding)
        assert edited is not None, (name, encoding)
        analysis = update(analysis, lines.text, edited)
        if is_read_whole(analysis) or analysis.is_template:
            fresh = fresh_of(now)
            assert said(analysis) == said(fresh), (name, edited, now)
            assert analysis.is_template == fresh.is_template, (name, edited, now)
            compared += 1
        else:
            assert analysis.incomplete == fresh_of(now).incomplete
    return compared


def files_of(corpora: Path, number: int) -> list[Path]:
    """Files of others, neither tiny nor so large that a fresh analysis takes long."""
    files = sorted((corpora / "real").rglob("*.y*ml"))
    fitting = [file for file in files if 500 < file.stat().st_size < 20_000]
    return Random("incremental").sample(fitting, number)


def test_a_sample_of_edits_equals_a_fresh_analysis(corpora: Path) -> None:
    compared = 0
    for file in files_of(corpora, 6):
        text = file.read_bytes().decode("utf-8", "replace")
        random = Random(file.name)
        encoding = random.choice(ENCODINGS)
        compared += hold_to_fresh(text, states(text, random, 60), file.name, encoding=encoding)
    assert compared > 100


@pytest.mark.sweep
def test_edits_equal_a_fresh_analysis(corpora: Path) -> None:
    compared = 0
    for number, file in enumerate(files_of(corpora, 40)):
        text = file.read_bytes().decode("utf-8", "replace")
        encoding = ENCODINGS[number % len(ENCODINGS)]
        typed = states(text, Random(file.name), 500)
        compared += hold_to_fresh(text, typed, file.name, encoding=encoding)
    assert compared > 5_000


def test_edits_of_the_cases_equal_a_fresh_analysis() -> None:
    for file in Random("cases").sample(FILES, 30):
        case = load(file)
        hold_to_fresh(case.text, states(case.text, Random(file.name), 12), str(file))


@given(data=st.data())
def test_what_was_there_before_changes_nothing_for_a_text_that_parses(data: st.DataObject) -> None:
    case, other = (load(data.draw(st.sampled_from(FILES))) for _ in range(2))
    fresh = analyze(case.text, case.settings)
    if not is_read_whole(fresh):
        return
    middle = data.draw(st.integers(0, len(case.text)))
    earlier = [other.text, case.text[:middle], case.text[:middle] + other.text]
    for text in earlier:
        before = analyze(text, case.settings)
        for edited in (None, edited_between(text, case.text)):
            assert found_in(update(before, case.text, edited)) == found_in(fresh)


BRACES = {
    "# {{ x }}\n": False,
    'x: "{{ x }}"\n': False,
    "x: |\n  {{- if x }}\n": False,
    "x: echo {{ x }}\n": False,
    "x: ['--format={{ x }}']\n": False,
    "{{ .x }}\n": True,
    "x: {{ .x }}\n": True,
    "{{- if .x }}\n": True,
    "{{/* x */}}\n": True,
}
"""Lines with braces, and whether they make a template."""

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"


@pytest.mark.parametrize("braces", BRACES)
@pytest.mark.parametrize("in_chart", [False, True])
def test_a_text_that_becomes_a_template_is_checked_anew_and_back(
    braces: str, in_chart: bool
) -> None:
    plain = f"{DEPLOYMENT}---\n{CONFIG}"
    below, above = plain + braces, plain.replace("apps/v1\n", "apps/v1\n" + braces)
    texts = [below, plain, above, plain, above + braces, below, above, plain]
    assert hold_to_fresh(plain, texts, is_chart_template=in_chart) == 8
    analysis = analyze(plain, EVERYTHING, is_chart_template=in_chart)
    assert not analysis.is_template
    for text in texts:
        analysis = update(analysis, text, edited_between(analysis.text, text))
        is_template = text != plain and (in_chart or BRACES[braces])
        assert analysis.is_template == is_template, text


@pytest.mark.parametrize("braces", BRACES)
def test_braces_that_are_typed_key_by_key_tell_the_same_as_at_once(braces: str) -> None:
    before, after = f"{DEPLOYMENT}---\n{CONFIG}", f"---\n{ACCOUNT}"
    typed = [before + braces[:end] + after for end in range(1, len(braces) + 1)]
    texts = [*typed, *reversed(typed), before + after]
    assert hold_to_fresh(before + after, texts) >= 5
    analysis = analyze(before + after)
    for text in typed:
        analysis = update(analysis, text, edited_between(analysis.text, text))
    assert analysis.is_template == BRACES[braces]


@pytest.mark.parametrize(
    ("before", "after", "is_template"),
    [
        # What stands around braces decides what they are.
        ("x: |\n  a\n  {{ x }}\n", "x: a\n{{ x }}\n", True),
        ("# a {{ x }}\n", "a {{ x }}\n", None),
        ("x: '{{ x }}'\n", "x: {{ x }}\n", True),
        ("x: a {{ x }}\n", "x: {{ x }}\n", True),
    ],
)
def test_an_edit_beside_braces_may_make_a_template(
    before: str, after: str, is_template: bool | None
) -> None:
    plain = f"{DEPLOYMENT}---\n{CONFIG}"
    texts = [plain + before, plain + after, plain + before]
    hold_to_fresh(plain, texts)
    assert not analyze(plain + before).is_template
    if is_template is not None:
        assert analyze(plain + after).is_template == is_template


def test_a_file_that_comes_into_a_chart_is_a_template_at_once() -> None:
    text = f"{DEPLOYMENT}---\n# {{{{ x }}}}\n{CONFIG}"
    outside = analyze(text)
    inside = update(outside, text, is_chart_template=True)
    assert inside.is_template and not outside.is_template
    assert said(inside) == said(analyze(text, is_chart_template=True)) != said(outside)
    # What was said once holds on.
    assert update(inside, text + "# more\n").is_template
    assert said(update(inside, text, is_chart_template=False)) == said(outside)


def test_a_text_beside_braces_is_read_as_fast_as_any() -> None:
    text = f"{DEPLOYMENT}---\n# {{{{ x }}}}\n{ACCOUNT.format(automount='a{{ x }}')}"
    analysis = analyze(text)
    with patch.object(incremental, "read_unless_template") as asked:
        after = update(analysis, text.replace("name: web\nauto", "name: wet\nauto"))
        update(after, text.replace("1.4.2", "1.4.3"))
    assert asked.call_count == 0
    template = analyze(f"{DEPLOYMENT}---\nx: {{{{ .x }}}}\n")
    with patch.object(incremental, "read_unless_template") as asked:
        assert update(template, template.text.replace("1.4.2", "1.4.3")).is_template
    assert asked.call_count == 0


def test_what_is_put_off_makes_no_template_yet() -> None:
    text = f"{definition(400)}x: {{{{ .x }}}}\n---\n{DEPLOYMENT}"
    deferred = update(analyze(""), text, defer=defer_large_units)
    assert deferred.is_pending and not deferred.is_template
    whole = update(deferred, text)
    assert whole.is_template and not whole.is_pending
    assert said(whole) == said(analyze(text))


def test_what_is_put_off_in_a_template_is_read_later() -> None:
    text = f"{definition(400)}---\nx: {{{{ .x }}}}\n---\n{DEPLOYMENT}"
    deferred = update(analyze(""), text, defer=defer_large_units)
    assert deferred.is_pending and deferred.is_template
    edited = text.replace("1.4.2", "1.4.3")
    assert update(deferred, edited, defer=defer_large_units).is_pending
    whole = update(deferred, edited)
    assert not whole.is_pending
    assert said(whole) == said(analyze(edited))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\nrules:\n"
            "  - apiGroups: [policy]\n    resources:\n      - VALUE\n    verbs: [use]\n",
            ("pods", "podsecuritypolicie", "podsecuritypolicies"),
        ),
        (
            DEPLOYMENT.replace(
                "      containers:",
                "      nodeSelector:\n        kubernetes.io/os: VALUE\n      containers:",
            ),
            ("linux", "window", "windows"),
        ),
    ],
)
def test_a_word_that_only_one_rule_knows_is_typed(text: str, values: tuple[str, ...]) -> None:
    states = [text.replace("VALUE", value) for value in values]
    assert hold_to_fresh(text.replace("VALUE", "x"), states) == len(states)


def test_a_service_account_changes_the_deployment_without_parsing_it() -> None:
    before = analyze(ACCOUNT.format(automount="false") + "---\n" + DEPLOYMENT)
    slugs = {diagnosis.rule.slug for _, diagnosis in before.published()}
    assert "service-account-token-mounted" not in slugs
    edited = ACCOUNT.format(automount="null ") + "---\n" + DEPLOYMENT
    with patch.object(incremental, "reparse", wraps=reparse) as counted:
        after = update(before, edited)
    assert [call.args[1] for call in counted.call_args_list] == [ACCOUNT.format(automount="null ")]
    slugs = {diagnosis.rule.slug for _, diagnosis in after.published()}
    assert "service-account-token-mounted" in slugs


def test_a_change_of_settings_parses_nothing() -> None:
    before = analyze(DEPLOYMENT)
    restricted = Settings(profile="restricted")
    with (
        patch.object(incremental, "reparse", wraps=reparse) as reparsed,
        patch.object(reading, "parse", wraps=parse) as parsed,
    ):
        after = update(before, DEPLOYMENT, settings=restricted)
    assert reparsed.call_count == parsed.call_count == 0
    assert found_in(after) == found_in(analyze(DEPLOYMENT, restricted))


def test_a_text_becomes_a_template_where_it_is_edited() -> None:
    before, after = f"{DEPLOYMENT}---\n{ACCOUNT}".split("example.com/app")
    analysis = analyze(f"{before}x{after}")
    for value, is_template in (("{", False), ("{{", True), ("{{ .x", True), ("{", False)):
        text = f"{before}{value}{after}"
        line = Span(text.rindex("\n", 0, len(before)) + 1, text.index("\n", len(before)))
        analysis = update(analysis, text, line)
        assert analysis.is_template == is_template


def test_a_large_definition_can_wait() -> None:
    text = f"{definition(400)}---\n{DEPLOYMENT}"
    empty = analyze("")
    whole = analyze(text)
    assert not whole.is_pending
    assert found_in(whole)[0][4] == "duplicate-key"
    deferred = update(empty, text, defer=defer_large_units)
    assert deferred.is_pending
    assert found_in(deferred) == found_in(whole)[1:]
    still = update(deferred, text + "# more\n", defer=defer_large_units)
    assert still.is_pending
    then = update(deferred, text)
    assert not then.is_pending
    assert found_in(then) == found_in(whole)
    # What was read once is not put off again, and a small one never is.
    assert not update(then, text + "# more\n", defer=defer_large_units).is_pending
    assert not update(empty, definition(1), defer=defer_large_units).is_pending


def test_an_edit_runs_no_rule_on_other_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def spy(obj: KubeObject, context: Context) -> Iterator[Finding]:
        asked.append(obj.name)
        return iter(())

    rule = replace(RULES[0], check=spy, subject=OBJECT, kinds=None, requires_any_of=())
    monkeypatch.setattr(checking, "RULES", (rule,))
    other = DEPLOYMENT.replace("name: web", "name: other")
    before = analyze(f"{DEPLOYMENT}---\n{other}")
    asked.clear()
    update(before, f"{DEPLOYMENT}---\n{other}".replace("name: other", "name: third"))
    assert asked == ["third"]


def test_after_so_many_findings_the_rest_is_left_until_there_are_fewer() -> None:
    text = f"{DEPLOYMENT}---\n" * 4
    limits = Limits(findings=20)
    analysis = analyze(text, limits=limits)
    for now in (text + "# more\n", text.replace("web", "wed"), text[len(DEPLOYMENT) :], text):
        analysis = update(analysis, now, edited_between(analysis.text, now), limits=limits)
        assert said(analysis) == said(analyze(now, limits=limits))
