"""The JSON of diagnostics: what they are, and what of it is made anew."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, product
from pathlib import Path

import pytest
from lsprotocol import converters

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.incremental import update
from k8s_lsp.engine.results import Incomplete
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.diagnostics import diagnostics_of, protocol_value
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.server.diagnostics_json import EMPTY, Report, report_of
from k8s_lsp.settings import SEVERITIES, Settings
from k8s_lsp.text import Encoding
from tests.features.opened import URI, opened
from tests.features.test_diagnostics import INHERITED, POD
from tests.test_cases import load, one_of


def indented(text: str) -> str:
    return "".join(f"  {line}" for line in text.splitlines(keepends=True))


ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
UNSTRUCTURE = converters.get_converter().unstructure
EVERYTHING = Client(code_description=True, related_information=True, unnecessary_tag=True)
ALL = Settings(profile="all")
TEXTS = {
    "nothing": "",
    "no object": "services:\n  web:\n    privileged: true\n",
    "two": POD,
    "related": INHERITED,
    "the first line": "{apiVersion: v1, kind: Pod, spec: {hostPID: true}}\n---\n" + INHERITED,
    "quotes": "---\n" + POD.replace("second", """'"line":7 %d %% "" é😀'"""),
    "half typed": POD + "---\napiVersion: v1\nkind: Pod\nspec: {containers: [\n",
    "a lone surrogate": POD.replace("é😀", "\ud800"),
    "a mark and no last line end": "\ufeff" + INHERITED.rstrip(),
    "comments": POD.replace("yes", "yes  # k8s-lsp: ignore[nonsense]"),
    "List": "apiVersion: v1\nkind: List\nitems:\n"
    + "".join(f"- # {'é' * 60_000}\n" + indented(each) for each in (INHERITED, INHERITED)),
}


@pytest.mark.parametrize("client", [Client(), EVERYTHING], ids=["bare", "everything"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_report_is_the_json_of_all_diagnostics(name: str, client: Client) -> None:
    for encoding, newline in product(ENCODINGS, ("\n", "\r\n", "\r")):
        document = opened(TEXTS[name].replace("\n", newline), ALL, encoding)
        if name == "List":
            assert len(document.analysis.units) == 3
        found = told(report_of(document, replace(client, encoding=encoding)))
        expected_ = expected(document, replace(client, encoding=encoding))
        assert found == expected_, (encoding, newline)
        assert (found == b"[]") == (name in ("nothing", "no object"))


def told(report: Report) -> bytes:
    return b"".join(report.pieces())


def expected(document: Document, client: Client) -> bytes:
    """What the protocol's library makes of the same diagnostics, as code actions hold them."""
    values = map(protocol_value, diagnostics_of(document, client))
    return json.dumps(list(map(UNSTRUCTURE, values)), separators=(",", ":")).encode()


ASKED = (False, True)
CLIENTS = [
    Client(encoding, code_description=link, related_information=related, unnecessary_tag=tag)
    for encoding, link, related, tag in product(ENCODINGS, ASKED, ASKED, ASKED)
]
LEVELS = tuple((rule.slug, level) for rule, level in zip(RULES, cycle(SEVERITIES), strict=False))
"""All rules run, and there are findings of every severity."""


@pytest.mark.parametrize("file", one_of(6))
def test_a_report_writes_what_the_protocol_makes_of_a_diagnostic(file: Path) -> None:
    case = load(file)
    settings = replace(case.settings, profile="all", rules=LEVELS)
    # The cases are ASCII; the second text has names that are not.
    for text in (case.text, case.text.replace("\n", "\r\n").replace("name: ", "name: é😀%d")):
        analysis = analyze(text, settings)
        for client in CLIENTS:
            lines = lines_of(text, client.encoding)
            document = Document("file:///100%25/é.yaml", 1, lines, analysis)
            assert told(report_of(document, client)) == expected(document, client)


def test_a_report_tells_first_what_was_not_analysed() -> None:
    document = opened(POD)
    failures = (Incomplete("deep", True), Incomplete("rule x failed", False))
    document = document._replace(analysis=replace(document.analysis, incomplete=failures))
    found = told(report_of(document, Client()))
    assert json.loads(found)[0]["message"] == "deep; rule x failed"
    assert found == expected(document, Client())


WEB = INHERITED.replace("first", "first\n      image: example.com/web")
DOCUMENTS = "---\n".join(WEB.replace("web", f"web-{number}") for number in range(500))


def typed(*texts: str) -> Iterator[tuple[Document, Report, int]]:
    """The states of a text one after the other, and for how many units each took JSON to make."""
    analysis, report = analyze("", ALL), EMPTY
    for text in texts:
        analysis = update(analysis, text)
        document = Document(URI, None, lines_of(text, "utf-16"), analysis)
        before, report = report, report_of(document, EVERYTHING, report)
        assert told(report) == expected(document, EVERYTHING)
        yield document, report, len({*map(id, report.made_of)} - {*map(id, before.made_of)})


def test_a_keystroke_makes_the_diagnostics_of_one_unit() -> None:
    middle = DOCUMENTS.index("name: web-250") + len("name: web-250")
    key = DOCUMENTS[:middle] + "x" + DOCUMENTS[middle:]
    line = DOCUMENTS[:middle] + "\n" + DOCUMENTS[middle:]
    opening, *keys = typed(DOCUMENTS, key, line, "# above\n" + line, DOCUMENTS, DOCUMENTS)
    document, _, made = opening
    assert made == 500 and len(document.analysis.units[250].published) > 5
    # The fourth changes the first document, the fifth that one and the one in the middle again.
    assert [made for _, _, made in keys] == [1, 1, 1, 2, 0]


def test_a_document_that_goes_or_comes_takes_no_other_with_it() -> None:
    first, second, third = (WEB.replace("web", name) for name in ("one", "two", "three"))
    states = ([first, second, third], [first, third], [third], [third, first, third], [""])
    found = list(typed(*("---\n".join(each) for each in states)))
    assert len(found[2][0].analysis.units[0].published) > 5
    # A text that stands behind `---` is another one than the first text of a file, and an empty
    # text is a unit too.
    assert [made for _, _, made in found] == [3, 0, 1, 2, 1]


def test_what_other_documents_change_is_made_again() -> None:
    account = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: default}
automountServiceAccountToken: false
"""
    texts = (f"---\n{WEB}", f"---\n{WEB}---\n{account}", f"---\n{WEB}")
    slug = b'"service-account-token-mounted"'
    found = [b"".join(report.pieces()).count(slug) for _, report, _ in typed(*texts)]
    assert found == [1, 0, 1]
