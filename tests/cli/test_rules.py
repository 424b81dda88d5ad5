"""`k8s-lsp rules`: a table, JSON and a page."""

import json

from k8s_lsp.rules.catalogue import RULES
from tests.cli.conftest import Command


def test_rules_as_text_has_a_line_for_each(run: Command) -> None:
    lines = run("rules").out.splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ")]
    assert listed == [rule.slug for rule in RULES]
    (privileged,) = (line for line in lines if line.startswith("  privileged-container "))
    assert privileged.split(maxsplit=2)[1:] == ["error", "A container runs privileged"]


def test_rules_as_json(run: Command) -> None:
    rules = {rule["slug"]: rule for rule in json.loads(run("rules", "--output-format", "json").out)}
    assert list(rules) == [rule.slug for rule in RULES]
    privileged = rules["privileged-container"]
    assert set(privileged) == {
        "slug",
        "family",
        "summary",
        "severity",
        "profiles",
        "pod_security",
        "fix",
        "references",
        "benchmarks",
        "weaknesses",
        "other_tools",
    }
    assert privileged["fix"] == "review"
    assert privileged["benchmarks"] == ["CIS 5.2.2", "NSA/CISA"]
    assert privileged["weaknesses"] == ["CWE-250"]
    assert rules["deprecated-service-account-field"]["fix"] == "safe"
    assert rules["host-path-volume"]["fix"] is None
    assert privileged["family"] == "pod_security"
    assert privileged["profiles"] == ["recommended", "baseline", "restricted", "all"]
    assert privileged["pod_security"] == [
        {"level": "baseline", "control": "privileged", "since": "1.0"}
    ]
    assert privileged["other_tools"]["Checkov"] == ["CKV_K8S_16"]
    assert rules["privilege-escalation-allowed"]["profiles"] == ["recommended", "restricted", "all"]
    assert rules["unpinned-image"]["profiles"] == ["all"]


def test_rules_as_a_page(run: Command) -> None:
    page = run("rules", "--output-format", "markdown").out
    headings = [line.removeprefix("## ") for line in page.split("\n") if line.startswith("## ")]
    assert headings == [rule.slug for rule in RULES]
    for slug in headings:
        assert page.count(f"(#{slug})") == 1
    assert page.endswith("\n")
    assert not page.endswith("\n\n")
