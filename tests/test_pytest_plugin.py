"""`pytest --k8s-lsp`: each manifest is a test."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

import pytest

# The runs of these tests would load it anew, each of them.
import k8s_lsp.cli.one_by_one  # noqa: F401
from tests.cli.manifests import HARDENED, HOST_PATH, PRIVILEGED

BASELINE = "[pytest]\nk8s_lsp_args = --profile baseline\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with four manifests, one of them in the settings' way, and a test in Python."""
    for name, text in {
        "pytest.ini": BASELINE,
        "deploy/a.yaml": PRIVILEGED,
        "deploy/b.yml": HARDENED,
        "deploy/package.json": "{}\n",
        "deploy/notes.txt": "text\n",
        "vendor/c.yaml": HOST_PATH,
        ".k8s-lsp.yaml": "exclude: [vendor/]\n",
        "test_sum.py": "def test_sum():\n    assert 1 + 1 == 2\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(folder: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give pytest in that folder, with no other plugins than ours and pytest-xdist."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    options = ("-p", "k8s_lsp.pytest_plugin", "-p", "xdist", "-p", "no:cacheprovider")
    return partial(pytester.runpytest_inprocess, *options, "--color=no")


def outcomes(run: Run, *arguments: str) -> dict[str, str]:
    """What became of each test, by its name."""
    result = run("-q", "-rA", *arguments)
    assert result.ret in (0, 1, 5), result.outlines
    lines = [line.split(" ") for line in result.outlines]
    return {
        (words[-1] if words[0] == "SKIPPED" else words[1]): words[0].lower()
        for words in lines
        if len(words) > 1 and words[0] in ("PASSED", "FAILED", "SKIPPED", "ERROR")
    }


def test_each_manifest_is_a_test(folder: Path, run: Run) -> None:
    assert outcomes(run, "--k8s-lsp") == {
        "deploy/a.yaml::k8s-lsp": "failed",
        "deploy/b.yml::k8s-lsp": "passed",
        "deploy/package.json": "skipped",
        "test_sum.py::test_sum": "passed",
    }


def test_processes_share_them(run: Run) -> None:
    assert outcomes(run, "--k8s-lsp", "-n", "2") == outcomes(run, "--k8s-lsp")


def test_nothing_happens_where_it_is_not_asked_for(folder: Path, run: Run) -> None:
    assert outcomes(run) == {"test_sum.py::test_sum": "passed"}


def test_the_settings_of_pytest_ask_for_it_too(folder: Path, run: Run) -> None:
    (folder / "pytest.ini").write_text(BASELINE + "k8s_lsp = true\n", encoding="utf-8")
    assert "deploy/a.yaml::k8s-lsp" in outcomes(run)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("deploy/a.yaml",), {"deploy/a.yaml::k8s-lsp": "failed"}),
        (("deploy/a.yaml::k8s-lsp",), {"deploy/a.yaml::k8s-lsp": "failed"}),
        (("deploy", "-k", "b.yml"), {"deploy/b.yml::k8s-lsp": "passed"}),
        (("vendor",), {}),
        # What is named is read, also where it is excluded, as by `check`.
        (("vendor/c.yaml",), {"vendor/c.yaml::k8s-lsp": "failed"}),
    ],
)
def test_some_can_be_chosen(run: Run, arguments: Sequence[str], expected: dict[str, str]) -> None:
    assert outcomes(run, "--k8s-lsp", *arguments) == expected


def test_a_failure_is_told_as_check_tells_it(folder: Path, run: Run) -> None:
    result = run("--k8s-lsp", "deploy/a.yaml")
    told = subprocess.run(
        [sys.executable, "-m", "k8s_lsp", "check", "--profile", "baseline", "deploy/a.yaml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    finding, _, _ = told.partition("\n\n")
    assert "10 |         privileged: true\n   |                     ^^^^\n" in finding
    assert f"\n{finding}\n" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    assert result.ret == 1


def test_what_does_not_fail_is_a_section_of_the_report(folder: Path, run: Run) -> None:
    arguments = ("-o", "k8s_lsp_args=--profile baseline --fail-on never", "deploy/a.yaml")
    result = run("--k8s-lsp", "-rP", *arguments)
    assert result.ret == 0
    assert "privileged-container" in result.stdout.str()
    assert "privileged-container" not in run("--k8s-lsp", *arguments).stdout.str()


def test_servers_get_it_as_junit(folder: Path, run: Run) -> None:
    run("--k8s-lsp", "--junitxml=report.xml", "deploy")
    (suite,) = ElementTree.parse(folder / "report.xml").getroot()
    (failure,) = suite.iter("failure")
    assert "privileged: true\n   |                     ^^^^" in (failure.text or "")


TOKEN = "k8s_lsp_args=--rule service-account-token-mounted=error"


@pytest.mark.parametrize("processes", [0, 2])
def test_files_are_judged_among_others(folder: Path, run: Run, processes: int) -> None:
    """The account is in another file, which no argument names."""
    (folder / ".git").mkdir()
    pod = HARDENED.replace("spec:\n", "spec:\n  serviceAccountName: web\n")
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n"
    (folder / "deploy/b.yml").write_text(pod, encoding="utf-8")
    (folder / "account.yaml").write_text(account, encoding="utf-8")
    arguments = ("--k8s-lsp", f"-n{processes}", "-o", f"{TOKEN} --profile baseline", "deploy/b.yml")
    assert run(*arguments).ret == 1
    silent = account + "automountServiceAccountToken: false\n"
    (folder / "account.yaml").write_text(silent, encoding="utf-8")
    assert run(*arguments).ret == 0


def test_what_cannot_be_read_fails(folder: Path, run: Run) -> None:
    (folder / "deploy/b.yml").write_bytes(b"\xff")
    result = run("--k8s-lsp", "deploy/b.yml")
    assert result.ret == 1
    assert "error: deploy/b.yml: is not UTF-8: byte 0xff" in result.stdout.str()


def test_mistakes_in_settings_fail(folder: Path, run: Run) -> None:
    (folder / ".k8s-lsp.yaml").write_text("profil: baseline\n", encoding="utf-8")
    assert outcomes(run, "--k8s-lsp", "deploy/b.yml") == {
        "deploy/b.yml::k8s-lsp": "passed",
        ".k8s-lsp.yaml::k8s-lsp": "failed",
    }
    result = run("--k8s-lsp", "deploy/b.yml")
    assert (
        'error: .k8s-lsp.yaml: line 1, column 1: there is no setting "profil"'
        in result.stdout.str()
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--profile no-such", 'k8s_lsp_args: k8s-lsp check: error: --profile: "no-such" is not'),
        ("--config no-such", "k8s-lsp check: error: --config: no-such: no such file"),
        ("--fix", "k8s_lsp_args: k8s-lsp: error: --fix does not fit here; k8s-lsp check takes it"),
        ("--known-findings x", "--known-findings does not fit here"),
        ("--output-format json", "--output-format does not fit here"),
        ("deploy", "path deploy does not fit here"),
    ],
)
def test_options_that_do_not_fit_are_told(run: Run, arguments: str, message: str) -> None:
    arguments = f"k8s_lsp_args={arguments}"
    result = run("--k8s-lsp", "-o", arguments, "deploy")
    assert result.ret != 0
    assert message in result.stdout.str() + result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_it_is_there_wherever_k8s_lsp_is_installed_and_loads_nothing(folder: Path) -> None:
    """The entry point is read, and no other module of ours is loaded with it."""
    (folder / "test_sum.py").write_text(
        dedent("""
            import json
            import sys

            def test_sum(pytestconfig):
                assert pytestconfig.pluginmanager.has_plugin("k8s-lsp")
                ours = [name for name in sys.modules if name.startswith(("k8s_lsp", "ruamel"))]
                with open("loaded.json", "w") as file:
                    json.dump(sorted(ours), file)
        """),
        encoding="utf-8",
    )
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    result = subprocess.run(
        # That of the language server's tests loads the server.
        [sys.executable, "-m", "pytest", "-p", "no:pytest-lsp", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    loaded = json.loads((folder / "loaded.json").read_text(encoding="utf-8"))
    assert loaded == ["k8s_lsp", "k8s_lsp.pytest_plugin"]
