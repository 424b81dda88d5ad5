"""`k8s-lsp explain`: a rule's explanation, as wide as the terminal."""

import pytest

from tests.cli.conftest import Command


def test_explain_tells_what_a_rule_can_be_told(run: Command) -> None:
    out = run("explain", "untrusted-image-registry").out
    assert "- Option `registries`: the trusted registries" in out
    assert "- Option" not in run("explain", "host-pid").out


def test_explain(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    result = run("explain", "privileged-container")
    assert result.status == 0
    lines = result.out.splitlines()
    assert lines[:3] == ["privileged-container", "", "A container runs privileged"]
    assert "        privileged: false" in result.out
    assert all(len(line) <= 60 or "://" in line for line in lines)
