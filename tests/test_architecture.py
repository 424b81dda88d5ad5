"""Who may import whom: the contracts of pyproject.toml, and what a start must not load."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parent.parent


def test_import_contracts() -> None:
    program = """
        import sys
        from importlinter.cli import lint_imports
        # Its cache does not see a change within the second of the last run.
        sys.exit(lint_imports(no_cache=True, no_logo=True))
    """
    result = run(program)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_room_of_rules_is_covered_by_its_contract() -> None:
    """The contract speaks of `rules.*.*`, so a rule must be a file in the folder of a family."""
    rules = ROOT / "k8s_lsp/rules"
    depths = {len(path.relative_to(rules).parts) for path in rules.rglob("*.py")}
    assert depths <= {1, 2}


def test_check_does_not_load_the_language_server(tmp_path: Path) -> None:
    manifest = tmp_path / "pod.yaml"
    manifest.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n", encoding="utf-8")
    program = """
        import sys
        from k8s_lsp.cli import main
        try:
            status = main(["check", "--fail-on", "never", sys.argv[1]])
        except SystemExit as end:
            status = end.code
        assert not status, status
        loaded = {"lsprotocol", "pygls"} & set(sys.modules)
        assert not loaded, loaded
    """
    result = run(program, str(manifest))
    assert result.returncode == 0, result.stdout + result.stderr


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", dedent(program), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
