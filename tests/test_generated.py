"""Files that are generated and committed are current."""

from pathlib import Path

import k8s_lsp.rules
from k8s_lsp.reports.rule_list import rules_markdown
from k8s_lsp.rules.catalogue import RULES

PAGE = Path(k8s_lsp.rules.__path__[0]) / "README.md"


def test_the_rules_page_is_current(update: bool) -> None:
    page = rules_markdown(RULES)
    if update:
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "run: make test ARGS=--update"
