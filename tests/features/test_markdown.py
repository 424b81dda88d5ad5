"""What a manifest says is text wherever Markdown is shown, whatever it is made of."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from k8s_lsp.configuration.reading import read
from k8s_lsp.features import completion, settings_file
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import lines_of
from k8s_lsp.features.hover import hover_at
from k8s_lsp.features.markdown import code, literal, table
from k8s_lsp.features.rule_links import RULES_PAGE
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.rules.explanation import unmarked
from k8s_lsp.settings import Settings
from tests.features.opened import opened

SHOWN = Client(markdown_hover=True, markdown_completion=True)

PIECES = st.sampled_from(
    [
        *"\\`*_[]()<>!&#|~@:/.-+=$ \t\n\r\x00\x85\u2028\u00a0aZ9é😀",
        *("![i](https://example.invalid/x.png)", "<b>x</b>", "<img src=x>", "[a](b)", "[a][b]"),
        *("https://example.invalid", "www.example.invalid", "a@example.invalid", "&lt;", "&#60;"),
        *("``", "```", "~~x~~", "**", "__", "\n\n", "\n---\n", "\n# ", "\n    ", "\n> ", "| - |"),
        *("<https://example.invalid>", "<!--", "]]>", "mailto:a@b.c", "\\`", "\\\\`", "`]("),
    ]
)
HOSTILE = st.lists(PIECES, max_size=12).map("".join)


class Reader:
    """As much of Markdown as stands within a line, by its rules; what is none of it is text."""

    def __init__(self, line: str, has_bold: bool = False) -> None:
        self._has_bold = has_bold
        self.text = ""
        self.codes: list[str] = []
        self.marks: list[str] = []
        # The text that is not marked in any way.
        self._bare: list[str] = []
        place = 0
        while place < len(line):
            place = self._next(line, place)
        for made in re.findall(r"https?://|www\.|\S@\S", "".join(self._bare)):
            self.marks.append(made)

    def _next(self, line: str, place: int) -> int:
        """Read one character or one piece of code; gives where the next one begins."""
        character = line[place]
        if character == "\\" and re.match(r"[!-/:-@[-`{-~]", line[place + 1 : place + 2]):
            self.text += line[place + 1]
            # It breaks what would be taken for an address.
            self._bare.append("\0")
            return place + 2
        if character == "`":
            run = re.match("`+", line[place:])
            assert run is not None
            end = re.compile(f"(?<!`){run[0]}(?!`)").search(line, place + len(run[0]))
            if end is not None:
                inner = line[place + len(run[0]) : end.start()]
                if inner[0] == inner[-1] == " " and inner.strip():
                    inner = inner[1:-1]
                self.codes.append(inner)
                self._bare.append("\0")
                return end.end()
            self.text += run[0]
            return place + len(run[0])
        if self._has_bold and line.startswith("**", place):
            return place + 2
        inside = line[place - 1 : place].isalnum() and line[place + 1 : place + 2].isalnum()
        if character in "*[]<|~" or (character == "_" and not inside):
            self.marks.append(character)
        if character == "&" and re.match(r"&(#[0-9xX]|[A-Za-z])", line[place:]):
            self.marks.append(character)
        self.text += character
        self._bare.append(character)
        return place + 1


def one_line(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


@given(HOSTILE)
def test_a_text_is_read_as_it_is(text: str) -> None:
    reader = Reader(literal(text))
    assert (reader.text, reader.codes, reader.marks) == (one_line(text), [], [])
    assert unmarked(f"before {literal(text)}") == f"before {one_line(text)}"


@given(HOSTILE)
def test_a_value_is_one_piece_of_code(value: str) -> None:
    reader = Reader(f"before {code(value)} after")
    assert reader.text == "before  after"
    assert reader.codes == [one_line(value) or '""']
    assert reader.marks == []
    assert unmarked(code(value)) == code(value)


@pytest.mark.parametrize(
    "text", ['container "app-1" must not set NET_ADMIN', "a: b", "example.com/app:1.4.2", "1 & 2"]
)
def test_a_harmless_text_stays_as_it_is(text: str) -> None:
    assert literal(text) == text
    assert code(text) == f"`{text}`"


# What is shown of hostile texts.

MANIFEST = """\
apiVersion: v1
kind: Pod
metadata:
  name: %s
  annotations: {%s: %s}
spec: # k8s-lsp: ignore[%s]
  serviceAccountName: %s
  os: {name: %s}
  securityContext:
    runAsUser: %s
    seLinuxOptions: {user: %s, role: %s, type: %s}
    seccompProfile: {type: %s, localhostProfile: %s}
    sysctls: [{name: %s, value: %s}]
  volumes:
  - {name: %s, hostPath: {path: %s}}
  containers:
  - name: %s
    image: %s
    env: [{name: %s, value: %s}]
    resources: {limits: {cpu: %s, memory: %s}}
    securityContext:
      privileged: %s
      procMount: %s
      seLinuxOptions: {user: %s, level: %s}
      appArmorProfile: {type: %s, localhostProfile: %s}
      capabilities: {add: [%s], drop: [%s]}
  - name: second
    securityContext: {runAsUser: %s}
"""


def marks_of(markdown: str) -> list[str]:
    """What a hover marks up that this project does not: links elsewhere, images and HTML."""
    ours = "|".join(
        (
            # What is written here itself: rules and their references.
            rf"\[(?:Explain )?[a-z0-9-]+\]\({re.escape(RULES_PAGE)}#L[0-9]+\)",
            *(re.escape(f"<{reference}>") for rule in RULES for reference in rule.references),
        )
    )
    fenced = re.sub(r"^```(?:yaml|json)\n.*?^```$", "", markdown, flags=re.M | re.S)
    texts = []
    for line in fenced.split("\n"):
        texts += cells_of(line) if line.startswith("| ") else [line]
    return [mark for text in texts for mark in Reader(re.sub(ours, " ", text), True).marks]


def cells_of(row: str) -> list[str]:
    """The cells of a row of a table, as its bars are read before anything else."""
    cells: list[str] = []
    cell, place = "", 1
    while place < len(row):
        if row.startswith("\\|", place):
            cell, place = cell + "|", place + 2
        elif row[place] == "\\":
            cell, place = cell + row[place : place + 2], place + 2
        elif row[place] == "|":
            cells, cell, place = [*cells, cell], "", place + 1
        else:
            cell, place = cell + row[place], place + 1
    assert cell == ""
    # What was a bar in a cell is one of its text.
    return [each.replace("|", "\\|") for each in cells]


@given(st.lists(HOSTILE, min_size=2, max_size=2))
def test_a_table_has_the_cells_that_are_put_into_it(texts: list[str]) -> None:
    made = table(("One", "Other"), [[literal(texts[0]), code(texts[1])]])
    _, _, row = made.split("\n")
    first, second = cells_of(row)
    reader = Reader(first.strip())
    assert (reader.text, reader.marks) == (one_line(texts[0]), [])
    assert Reader(second.strip()).marks == [] and len(Reader(second.strip()).codes) == 1


@settings(max_examples=10)
@given(HOSTILE.filter(bool))
def test_no_value_of_a_manifest_marks_up_a_hover(value: str) -> None:
    # Comments have no quotes, and end with their line.
    quoted = json.dumps(value)
    count = MANIFEST.count("%s")
    values = [one_line(value) if index == 3 else quoted for index in range(count)]
    text = MANIFEST % tuple(values)
    document = opened(text, Settings(profile="all"))
    for number, line in enumerate(text.split("\n")):
        for character in {match.start() for match in re.finditer(r"[\w\"]+", line)}:
            position = document.lines.position_of(document.lines.starts[number] + character)
            hover = hover_at(document, SHOWN, position)
            if hover is not None:
                assert isinstance(hover.contents, types.MarkupContent)
                assert marks_of(hover.contents.value) == []


@settings(max_examples=20)
@given(HOSTILE)
def test_no_value_of_a_settings_file_marks_up_anything(value: str) -> None:
    quoted = json.dumps(value)
    text = f"profile: {quoted}\nrules: {{{quoted}: {quoted}}}\n{quoted}: {quoted}\n"
    lines = lines_of(text, "utf-16")
    file = SettingsFile("file:///work/.k8s-lsp.yaml", 1, lines, read(text))
    for offset in range(0, len(text), 5):
        position = lines.position_of(offset)
        hover = settings_file.hover_at(file, SHOWN, position)
        shown = [] if hover is None else [hover.contents]
        items = completion.settings_completions(file, SHOWN, position)
        for markup in (*shown, *(item.documentation for item in items)):
            assert isinstance(markup, types.MarkupContent)
            assert marks_of(markup.value) == []


def test_every_text_of_others_goes_through_one_of_the_two() -> None:
    """No other module of the features writes ticks around a value."""
    for module in Path(settings_file.__file__).parent.glob("*.py"):
        source = module.read_text(encoding="utf-8")
        found = set(re.findall(r'f"[^"\n]*`\{([^}]*)\}`', source))
        # Names and words of this project alone.
        assert found <= {
            *("name", "read", "text", "word", "schema.default", "str(says).lower()"),
            *("told.name", "kind", "option.name", "names[0]"),
        }
