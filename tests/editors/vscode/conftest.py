"""VS Code with the extension as it is packed, started once for all tests that can share it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.editors.vscode.workbench import HERE, Programs, Workbench, install, opened, packed

EXTENSION = ROOT / "vscode-extension"


@pytest.fixture(scope="session")
def programs(program: Callable[[str], str]) -> Programs:
    """Give the commands that `.ci/editors/vscode` installs."""
    return Programs(*map(program, ("code-server", "chromium", "node-with-playwright")))


@pytest.fixture(scope="session")
def vsix(program: Callable[[str], str], programs: Programs) -> Path:
    """Give the packed extension, made anew where something that goes into it is newer."""
    program("node")
    npm = program("npm")
    sources = [
        *(path for path in EXTENSION.glob("*.*") if path.suffix != ".vsix"),
        *EXTENSION.glob("src/*"),
        *(path for path in (ROOT / "k8s_lsp").rglob("*.*") if path.suffix != ".pyc"),
    ]
    changed = max(path.stat().st_mtime for path in sources if path.is_file())
    for made in EXTENSION.glob("*.vsix"):
        if made.stat().st_mtime > changed:
            return made
        made.unlink()
    for command in ([npm, "ci", "--ignore-scripts"], [npm, "run", "package"]):
        result = subprocess.run(command, cwd=EXTENSION, capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
    [made] = EXTENSION.glob("*.vsix")
    return made


@pytest.fixture(scope="session")
def extensions(programs: Programs, vsix: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which the extension is installed, and the probe beside it."""
    folder = tmp_path_factory.mktemp("vscode")
    probe = packed(HERE / "probe", folder / "probe.vsix")
    install(programs, folder / "extensions", [vsix, probe])
    return folder / "extensions"


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file that is written to by everything that must not be executed."""
    return tmp_path_factory.mktemp("executed") / "names"


@pytest.fixture(scope="session")
def hostile_folder(executed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder that tries to be executed: by its settings, its programs and its modules."""
    folder = tmp_path_factory.mktemp("folder")
    for name in (".venv/bin/python", "evil/python", "python", "python3"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho {name} >>"{executed}"\nexec python3 "$@"\n')
        path.chmod(0o755)
    for name in ("attr", "k8s_lsp", "pygls", "ruamel", "sitecustomize", "usercustomize"):
        (folder / f"{name}.py").write_text(f"print({name!r}, file=open({str(executed)!r}, 'a'))\n")
    (folder / ".env").write_text(f"PYTHONPATH={folder}\n")
    (folder / ".vscode").mkdir()
    (folder / ".vscode" / "settings.json").write_text(
        json.dumps(
            {
                "k8s-lsp.interpreter": str(folder / "evil" / "python"),
                "k8s-lsp.importStrategy": "fromEnvironment",
                "python.defaultInterpreterPath": str(folder / "evil" / "python"),
            }
        )
    )
    return folder


@pytest.fixture(scope="session")
def shared(
    programs: Programs,
    extensions: Path,
    hostile_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Workbench]:
    """Give the VS Code that most tests share, with nothing set and a hostile folder open."""
    data = tmp_path_factory.mktemp("shared") / "data"
    with opened(programs, extensions, hostile_folder, data) as workbench:
        yield workbench


@pytest.fixture
def vscode(shared: Workbench) -> Iterator[Workbench]:
    """Give a VS Code in which no file is open and nothing is set."""
    yield shared
    shared.reset()
