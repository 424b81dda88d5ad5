"""Where a rule is explained: a line of the page of all rules, or a command of the client."""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

import k8s_lsp.rules
from k8s_lsp.features.client import Client
from k8s_lsp.rules.base import Rule

_PAGE: Final = Path(k8s_lsp.rules.__path__[0]) / "README.md"

RULES_PAGE: Final = _PAGE.as_uri()
"""Where the rules are documented. It is the page that came with this version, so that it is there
without a network and says what this version does."""

EXPLAIN: Final = "k8s-lsp.explainRule"
"""The command of a client that shows the page of one rule; its argument is the slug."""

_HEADING = re.compile(r"^## (\S+)$")


def link_of(rule: Rule, client: Client | None = None) -> str:
    """The address of a rule's documentation: for a client that explains rules, its command."""
    if client is not None and client.explains_rules:
        return _command_for(rule.slug)
    line = _lines().get(rule.slug)
    # Editors open a file at a line. None knows the anchors of a page that it shows as a text.
    return f"{RULES_PAGE}#{rule.slug if line is None else f'L{line}'}"


def with_commands(markdown: str) -> str:
    """Markdown of this project whose links to rules run the command of the client."""
    if RULES_PAGE not in markdown:
        return markdown
    commands = {f"L{line}": _command_for(slug) for slug, line in _lines().items()}
    return _LINK.sub(lambda link: commands.get(link[1], link[0]), markdown)


_LINK = re.compile(rf"{re.escape(RULES_PAGE)}#(L[0-9]+)")


def _command_for(slug: str) -> str:
    return f"command:{EXPLAIN}?{quote(json.dumps([slug]), safe='')}"


@lru_cache(maxsize=1)
def _lines() -> dict[str, int]:
    """The line at which each rule's section begins on the page, from 1; none without the page."""
    try:
        page = _PAGE.read_text(encoding="utf-8")
    except OSError:
        return {}
    found = enumerate(map(_HEADING.match, page.split("\n")), 1)
    return {match[1]: line for line, match in found if match is not None}
