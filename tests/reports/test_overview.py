"""What `k8s-lsp report` reads and makes: findings, teams, and a page that nothing gets out of."""

import base64
import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from k8s_lsp.reports.entries import ObjectName
from k8s_lsp.reports.overview import totals as counting
from k8s_lsp.reports.overview.charts import chart_svg
from k8s_lsp.reports.overview.found import (
    BrokenInput,
    JudgedFiles,
    ReportedFinding,
    Told,
    UnjudgedFile,
    key_of,
    read_check_json,
)
from k8s_lsp.reports.overview.html_page import PER_RULE, html_page
from k8s_lsp.reports.overview.listed import Listed
from k8s_lsp.reports.overview.markdown_page import markdown_page
from k8s_lsp.reports.overview.sections import Bar, Chart, Part, Report, report_of
from k8s_lsp.reports.overview.teams import (
    NO_TEAM,
    BrokenLine,
    assignment,
    read_code_owners,
    team_of,
)
from k8s_lsp.reports.overview.totals import Earlier, Totals
from k8s_lsp.settings import SEVERITIES, Severity

HOSTILE = "</script><script>alert(1)</script> ]]> <!-- \" ' & `|` \x1b[31m \u202e \udcff"


def finding(
    number: int = 0,
    *,
    rule: str = "host-pid",
    severity: Severity = "error",
    repository: str | None = "shop",
    path: str = "deploy/web.yaml",
    message: str = "pod must not set hostPID to true",
    name: str = "web",
    level: str | None = None,
    mended: bool = False,
) -> ReportedFinding:
    return ReportedFinding(
        repository,
        path,
        rule,
        severity,
        message,
        number + 1,
        ObjectName("apps/v1", "Deployment", name, "shop"),
        "spec",
        level,
        None if level is None else "privileged",
        mended,
        mended,
        None,
        f"{number:032x}",
    )


def made(
    *told: Told, earlier: tuple[Told, ...] | None = None, team: str = "shop", most: int = 1000
) -> tuple[Report, Listed]:
    before = None if earlier is None else Earlier(earlier, lambda place: team)
    totals, listed = Totals(lambda place: team, before), Listed(most)
    for piece in told:
        row = totals.add(piece)
        if row is not None:
            listed.add(row)
    totals.finish()
    return report_of(totals, "Findings", [], with_teams=True), listed


CHOSEN_BY = ("severity", "rule", "team", "repository", "change")


def page_of(*told: Told, earlier: tuple[Told, ...] | None = None, most: int = 1000) -> str:
    report, listed = made(*told, earlier=earlier, most=most)
    return "".join(html_page(report, listed, CHOSEN_BY))


# The JSON of `check`.


def check_json(*, count: int = 3) -> dict[str, object]:
    return {
        "version": 1,
        "files": 7,
        "errors": [{"path": "b.yaml", "message": "is UTF-16"}],
        "findings": [
            {
                "path": "a.yaml",
                "rule": "host-pid",
                "severity": "error",
                "message": "pod must not",
                "start": {"line": number, "column": 1},
                "end": {"line": number, "column": 2},
                "object": {"apiVersion": "v1", "kind": "Pod", "name": None, "namespace": None},
                "field": None,
                "pod_security": None,
                "fix": None,
                "fixed_in_bulk": False,
                "fingerprint": f"{number:032x}",
            }
            for number in range(count)
        ],
    }


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_json_is_read_however_it_is_laid_out(count: int, seed: int) -> None:
    data = {**check_json(count=count), "more": [{"a": [1, {"b": "]}"}]}], "text": "]}"}
    order = list(data)
    random.Random(seed).shuffle(order)
    shuffled = {key: data[key] for key in order}
    expected = sorted(map(repr, read_check_json(json.dumps(data))))
    assert len(expected) == count + 2
    assert repr(JudgedFiles(7)) in expected
    for text in (
        json.dumps(shuffled),
        json.dumps(shuffled, indent=2),
        json.dumps(shuffled, separators=(",", ":")),
        "\n \t" + json.dumps(shuffled, indent="\t") + "\r\n",
    ):
        assert sorted(map(repr, read_check_json(text))) == expected


def test_json_that_ends_anywhere_is_broken() -> None:
    text = json.dumps(check_json())
    for end in range(len(text)):
        with pytest.raises(BrokenInput):
            list(read_check_json(text[:end]))


@pytest.mark.parametrize(
    "change",
    [
        {"severity": "grave"},
        {"start": 3},
        {"object": None},
        {"message": 1},
        {"field": {}},
        {"left_because": []},
        {"pod_security": {"level": 1}},
        {"path": None},
    ],
)
def test_json_whose_finding_is_none(change: dict[str, object]) -> None:
    data = check_json(count=1)
    findings = data["findings"]
    assert isinstance(findings, list)
    findings[0].update(change)
    with pytest.raises(BrokenInput, match="holds what is no finding"):
        list(read_check_json(json.dumps(data)))


def test_what_runs_in_a_cluster_is_told_by_its_owner() -> None:
    data = check_json(count=1)
    findings = data["findings"]
    assert isinstance(findings, list)
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "namespace": "shop"}
    findings[0].update(owner=owner, pods=3)
    (told,) = (each for each in read_check_json(json.dumps(data)) if len(each) > 3)
    assert isinstance(told, ReportedFinding)
    assert told.object == ObjectName("apps/v1", "Deployment", "web", "shop")


def test_what_tells_findings_apart() -> None:
    one = finding(1)
    assert key_of(one) == key_of(one._replace(path="moved.yaml", line=9, message="other"))
    others = [finding(2), finding(1, repository="bank"), finding(1, repository="")]
    # Files that stand alone are known by their paths.
    alone = [finding(1, repository=None, path=path) for path in ("a.yaml", "b.yaml")]
    assert len({key_of(each) for each in (one, *others, *alone)}) == 6


# Teams.


@pytest.mark.parametrize(
    ("owners", "path", "team"),
    [
        # docs.github.com, "About code owners", the example of a CODEOWNERS file.
        ("* @global1 @global2", "any/file.yaml", "@global1 @global2"),
        ("* @global\n*.js @js", "a/b.js", "@js"),
        ("*.js @js # and a comment", "a.js", "@js"),
        ("*.txt docs@example.com", "a/b.txt", "docs@example.com"),
        ("/build/logs/ @doctocat", "build/logs/a/b.yaml", "@doctocat"),
        ("/build/logs/ @doctocat", "other/build/logs/b.yaml", NO_TEAM),
        ("docs/* @docs", "docs/getting-started.md", "@docs"),
        ("docs/* @docs", "docs/build-app/troubleshooting.md", NO_TEAM),
        ("apps/ @octocat", "x/apps/y/z.yaml", "@octocat"),
        ("/docs/ @doctocat", "docs/a/b.yaml", "@doctocat"),
        ("**/logs @octocat", "deeply/nested/logs/a.yaml", "@octocat"),
        ("/apps/ @octocat\n/apps/github", "apps/github/a.yaml", NO_TEAM),
        ("/apps/ @octocat\n/apps/github @doctocat", "apps/github/a.yaml", "@doctocat"),
        ("/apps @octocat", "apps/a.yaml", "@octocat"),
        (r"a\ b/ @space", "a b/c.yaml", "@space"),
        (r"\#x @hash", "#x", "@hash"),
        ("# * @all", "a.yaml", NO_TEAM),
        ("", "a.yaml", NO_TEAM),
        # docs.gitlab.com, "Code Owners syntax", sections.
        ("[Docs] @docs\n*.md\n[Code]\n*.py @code", "a.md", "@docs"),
        ("[Docs] @docs\n*.md @writer", "a.md", "@writer"),
        ("^[Docs][2] @docs\n*.md", "a.md", "@docs"),
        ("[Docs] @docs\n[Code]\n*.md", "a.md", NO_TEAM),
    ],
)
def test_owners_are_those_of_the_last_line_that_means_a_file(
    owners: str, path: str, team: str
) -> None:
    assert team_of(path, read_code_owners(owners)) == team


@pytest.mark.parametrize("pattern", ["!a", "[", "a\\"])
def test_what_assigns_nothing(pattern: str) -> None:
    with pytest.raises(BrokenLine):
        assignment("a", pattern)


# Numbers.


def test_an_object_is_lifted_where_harden_mends_all_that_keeps_it_from_a_level() -> None:
    cases: dict[str, list[tuple[str | None, bool]]] = {
        "both": [("baseline", True), ("restricted", True)],
        "baseline": [("baseline", True), ("restricted", False)],
        "neither": [("baseline", False), ("restricted", True)],
        "restricted": [("restricted", True)],
        "other": [(None, False)],
    }
    told = [
        finding(number, name=name, level=level, mended=mended)
        for number, (name, level, mended) in enumerate(
            (name, *each) for name, members in cases.items() for each in members
        )
    ]
    totals = Totals(lambda place: "")
    for piece in told:
        totals.add(piece)
    baseline, restricted = totals.levels().values()
    assert (baseline.objects, baseline.lifted) == (3, 2)
    assert (restricted.objects, restricted.lifted) == (4, 2)
    assert (baseline.findings, baseline.mended) == (3, 2)
    assert (restricted.findings, restricted.mended) == (7, 5)


def test_objects_of_one_name_in_several_files_are_several() -> None:
    totals = Totals(lambda place: "")
    for number, path in enumerate(("a.yaml", "b.yaml", "a.yaml")):
        totals.add(finding(number, path=path, level="baseline"))
    assert totals.levels()["baseline"].objects == 2


def test_what_is_not_found_in_a_file_that_was_not_judged_is_not_gone() -> None:
    then = (finding(1, path="a.yaml"), finding(2, path="b.yaml"), finding(3, path="c.yaml"))
    now = (UnjudgedFile("shop", "a.yaml", "is UTF-16"), finding(3, path="c.yaml"))
    for order in (now, now[::-1]):
        totals = Totals(lambda place: "", Earlier(then, lambda place: ""))
        for piece in order:
            totals.add(piece)
        totals.finish()
        share = totals.all
        assert (share.new, share.stayed, share.gone, share.unknown) == (0, 1, 1, 1)


# The page.


class Parsed(HTMLParser):
    """What a page holds: its elements, which have to be closed as they were opened."""

    VOID = frozenset({"input", "link", "meta", "wbr"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # SVG alone has such elements.
        assert "svg" in self.open
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)


def hostile_page() -> str:
    told = [
        finding(
            number,
            rule=HOSTILE,
            repository=HOSTILE,
            path=HOSTILE,
            message=HOSTILE,
            name=HOSTILE,
            mended=number % 2 == 0,
        )
        for number in range(5)
    ]
    return page_of(*told, UnjudgedFile(HOSTILE, HOSTILE, HOSTILE), earlier=(finding(9),))


@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
def test_the_page_is_well_formed_and_asks_nothing_of_a_network(hostile: bool) -> None:
    now = [finding(number, level="baseline", mended=number > 1) for number in range(4)]
    page = hostile_page() if hostile else page_of(*now, JudgedFiles(3), earlier=(finding(9),))
    parsed = Parsed(page)
    assert page.encode()
    names = [name for name, _ in parsed.elements]
    assert names.count("script") == 2
    assert names.count("style") == 1
    assert names.count("svg") >= 3
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in parsed.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("href", "src", "xlink:href", "action"):
            target = attributes.get(name)
            assert target is None or target == "data:," or target[1:] in ids, target
    addresses = set(re.findall(r"\w+://[^\"'\s<)]*", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_the_policy_lets_in_the_style_and_the_script_alone() -> None:
    page = hostile_page()
    parsed = Parsed(page)
    (policy,) = (
        attributes["content"]
        for name, attributes in parsed.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    for kind in ("style", "script"):
        (content,) = re.findall(f"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    # It is there before anything that it is to keep from running.
    assert page.index("Content-Security-Policy") < page.index("<title>")


def test_hostile_text_is_shown_as_it_is() -> None:
    page = hostile_page()
    parsed = Parsed(page)
    shown = "".join(text for name in ("td", "code") for text in parsed.texts[name])
    assert "</script><script>alert(1)</script> ]]> <!-- \" '" in shown
    for sign in ("\x1b", "\u202e", "\udcff"):
        assert sign not in page
    assert listed_in(page)[0]["message"] == HOSTILE


def test_markdown_has_nothing_of_a_manifest_as_markup() -> None:
    report, _ = made(finding(1, message=HOSTILE, name=HOSTILE, path=HOSTILE, rule=HOSTILE))
    text = "".join(markdown_page(report))
    assert not re.search(r"(?<!\\)<", text)
    assert "\x1b" not in text and "\u202e" not in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (3, 4, 5, 6, 7, 8, 9)


# The list.


def listed_in(page: str) -> list[dict[str, str]]:
    """The rows of the list, as the page's script reads them."""
    (text,) = re.findall(r'id="data">(.*?)</script>', page, re.DOTALL)
    data = json.loads(gzip.decompress(base64.b64decode(text)))
    rows = [{"line": str(line)} for line in data["lines"]]
    for name, of_column in data["columns"].items():
        for row, number in zip(rows, of_column["rows"], strict=True):
            row[name] = of_column["words"][number]
    return rows


def test_the_list_holds_every_finding_the_gravest_first() -> None:
    told = [
        finding(number, severity=severity, rule=f"rule-{number % 3}")
        for number, severity in enumerate(SEVERITIES[::-1] * 5)
    ]
    rows = listed_in(page_of(*told, earlier=tuple(told[:4])))
    assert len(rows) == 20
    assert [row["severity"] for row in rows] == [word for word in SEVERITIES for _ in range(5)]
    assert {(row["line"], row["rule"], row["change"]) for row in rows} == {
        (str(number + 1), f"rule-{number % 3}", "stayed" if number < 4 else "new")
        for number in range(20)
    }
    assert {row["path"] for row in rows} == {"shop/deploy/web.yaml"}
    assert {row["object"] for row in rows} == {"Deployment shop/web"}


def test_of_too_many_the_gravest_are_listed_and_all_are_counted() -> None:
    told = [
        finding(number, severity=severity) for number, severity in enumerate(SEVERITIES[::-1] * 5)
    ]
    page = page_of(*told, most=7)
    assert [row["severity"] for row in listed_in(page)] == ["error"] * 5 + ["warning"] * 2
    assert "These are the gravest 7 of 20; all tables above count all of them." in page


def test_without_the_script_there_is_a_table_of_each_rule() -> None:
    told = [finding(number, rule=f"rule-{number % 2}") for number in range(2 * PER_RULE + 6)]
    page = page_of(*told)
    for rule in ("rule-0", "rule-1"):
        (table,) = re.findall(rf"<code>{rule}</code> 23</summary>(.*?)</details>", page, re.DOTALL)
        assert table.count("<tr>") == PER_RULE + 1
        assert "3 more." in table


# Looks.


def colours() -> Iterator[tuple[str, dict[str, str]]]:
    style = (files(counting.__package__) / "page.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    yield "light", dict(re.findall(r"--([\w-]+): (#\w{6})", light))
    yield "dark", dict(re.findall(r"--([\w-]+): (#\w{6})", dark))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2, "relative luminance"."""

    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in channels
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("theme", "palette"), list(colours()), ids=["light", "dark"])
def test_text_can_be_read_in_both_themes(theme: str, palette: dict[str, str]) -> None:
    for text in ("text", "muted", "link"):
        for ground in ("page", "card"):
            assert contrast(palette[text], palette[ground]) >= 4.5, (theme, text, ground)
    on = [name for name in palette if name.startswith("on-")]
    assert len(on) == 8
    for name in on:
        assert contrast(palette[name], palette[name[3:]]) >= 4.5, (theme, name)
    light, dark = (set(each) for _, each in colours())
    assert light == dark


def test_a_chart_tells_its_numbers_and_takes_its_colours_from_the_page() -> None:
    chart = Chart(
        "A <b>",
        (Part("new", "new"), Part("gone", "gone")),
        (Bar("rule-<1>", (3, 4000)), Bar("x" * 60, (0, 9))),
        diverges=True,
    )
    svg = chart_svg(chart, "changes")
    assert svg == chart_svg(chart, "changes")
    assert '<title id="changes-title">A &lt;b&gt;</title>' in svg
    assert 'aria-labelledby="changes-title changes-text"' in svg
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert {"rule-&lt;1&gt;", "+3  -4,000", "4,000", f"{'x' * 43}…"} <= set(texts)
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg)) <= {
        *("none", "var(--text)", "var(--new)", "var(--gone)", "var(--on-new)", "var(--on-gone)")
    }
    assert "style" not in svg


BAR = re.compile(r'd="M([\d.]+),[\d.]+h([\d.]+)v[^"]*" fill="var\(--(\w+)\)"')
"""Where the part of a bar begins, how wide it is, and its tone."""


@pytest.mark.parametrize(
    ("diverges", "expected"),
    [
        # Three to the one side, two to the other, on 400 pixels: what is new begins at 160.
        (True, {(80, 80, "gone"), (160, 240, "new"), (0, 160, "gone")}),
        (False, {(0, 300, "new"), (300, 100, "gone"), (0, 200, "gone")}),
    ],
)
def test_the_parts_of_a_bar_are_as_long_as_their_numbers(
    diverges: bool, expected: set[tuple[int, int, str]]
) -> None:
    parts = (Part("new", "new"), Part("gone", "gone"))
    chart = Chart("", parts, (Bar("a", (3, 1)), Bar("b", (0, 2))), diverges=diverges)
    drawn = BAR.findall(chart_svg(chart, "x"))
    assert {(round(float(x)), round(float(width)), tone) for x, width, tone in drawn} == expected
