"""Repairs stand in for characters of a text, one for one."""

from k8s_lsp.syntax.repair.repairs import Repair, apply_repairs
from k8s_lsp.text import Span


def test_repairs_are_written_over_the_text() -> None:
    repairs = (Repair(Span(1, 2), "x"), Repair(Span(3, 5), "yz"))
    assert apply_repairs("abcdef", repairs) == "axcyzf"
