"""The demo typed in VS Code from an empty file, in three rhythms, and hardened."""

import re

import pytest

from tests.editors.manifests import HARDENED, NGINX
from tests.editors.returning import returning
from tests.editors.vscode.workbench import Workbench, utf16

RHYTHMS = {"key by key": r"(?s).", "in words": r"\s*\S+\s?", "in lines": r".*\n?"}
"""What is typed between two pauses."""

FINDINGS = ["service-account-token-mounted", "missing-memory-limit", "missing-seccomp-profile"]


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_the_demo_typed_from_nothing(vscode: Workbench, rhythm: str) -> None:
    name = vscode.write(f"typed-{rhythm.replace(' ', '-')}.yaml", "")
    vscode.open(name)
    typed, seen = "", []
    for part in filter(None, re.findall(RHYTHMS[rhythm], NGINX)):
        end = utf16(typed)
        vscode.probe.ask("replace", end, end, part)
        typed += part
        # A pause is a question, answered behind what was typed.
        vscode.probe.ask("hovers", name, 0, 0)
        seen.append(vscode.rules(name))
    assert typed == NGINX
    assert returning(seen) == []
    vscode.until_rules(name, *FINDINGS)
    vscode.apply(name, "- name: nginx", "quickfix", 'Harden container "nginx" and its pod')
    vscode.until_rules(name)
    assert vscode.text(name) == HARDENED
