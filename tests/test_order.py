"""The same findings in the same order in every run, whatever order sets have in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from k8s_lsp.engine.analysis import analyze

ROOT = Path(__file__).parents[1]

EVERY = 4
"""One of how many files of the cases the quick run looks at; `make sweep` looks at all of them."""

PRINT_ALL = """
import sys
from pathlib import Path
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.settings import Settings

for file in sorted(Path("tests/cases").glob("*/*.yaml"))[:: int(sys.argv[1])]:
    for profile in ("recommended", "all"):
        analysis = analyze(file.read_bytes().decode(), Settings(profile))
        for offset, told in analysis.published():
            finding = told.finding
            place = (offset, finding.span, finding.path, finding.related, finding.containers)
            print(file.name, told.rule.slug, told.severity, place, finding.message)
            print([(fix.title, fix.edits, fix.safety) for fix in finding.fixes()])
"""

ACCOUNT = """
apiVersion: v1
kind: ServiceAccount
metadata: {{name: robot}}
automountServiceAccountToken: {automount}
"""

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: robot
  containers: [{name: app, image: example.com/app:1.4.2}]
"""

LIMIT_RANGE = """
apiVersion: v1
kind: LimitRange
metadata: {{name: {name}}}
spec:
  limits: [{{type: Container, default: {{{resource}: 1}}}}]
"""


def slugs(*documents: str) -> set[str]:
    return {told.rule.slug for _, told in analyze("---".join(documents)).published()}


@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.sweep)])
def test_cases_say_the_same_under_every_seed_of_hashes(every: int) -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", PRINT_ALL, str(every)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
        )
        for seed in ("1", "2")
    ]
    one, other = (run.communicate()[0] for run in runs)
    assert all(run.returncode == 0 for run in runs)
    assert one.count(b"\n") > 1000
    assert one == other


def test_the_last_account_of_a_name_counts() -> None:
    says_nothing, says_no, asks = (ACCOUNT.format(automount=word) for word in ("", "false", "true"))
    assert "service-account-token-mounted" in slugs(says_no, says_nothing, POD)
    assert "service-account-token-mounted" not in slugs(says_nothing, says_no, POD)
    assert "service-account-token-mounted" not in slugs(POD, says_nothing, says_no)
    # One that asks for the token shows that it is used.
    assert "service-account-token-mounted" in slugs(asks, says_nothing, POD)
    assert "service-account-token-mounted" not in slugs(says_nothing, asks, POD)


def test_the_last_account_of_a_name_counts_in_a_list() -> None:
    items = ",".join(
        f'{{"metadata": {{"name": "robot"}}, "automountServiceAccountToken": {word}}}'
        for word in ("null", "false")
    )
    accounts = f'{{"apiVersion": "v1", "kind": "ServiceAccountList", "items": [{items}]}}\n'
    assert "service-account-token-mounted" not in slugs(accounts, POD)


def test_limit_ranges_of_one_name_replace_one_another_and_others_add_up() -> None:
    cpu, memory, other = (
        LIMIT_RANGE.format(name=name, resource=resource)
        for name, resource in (("a", "cpu"), ("a", "memory"), ("b", "cpu"))
    )
    assert "missing-memory-limit" in slugs(cpu, POD)
    assert "missing-memory-limit" not in slugs(cpu, memory, POD)
    assert "missing-memory-limit" in slugs(memory, cpu, POD)
    assert "missing-memory-limit" not in slugs(memory, other, POD)
