"""Packs the extension: for every platform at once, or for each one by itself.

    python package.py               k8s-lsp-<version>.vsix, which runs everywhere
    python package.py --platforms   platforms/k8s-lsp-<platform>-<version>.vsix for each of TARGETS

`bundle.py` has filled `bundled/` before. A package for one platform has the C parsers of that one
alone, and is a quarter as large or less; VS Code and the marketplaces choose it by themselves. None
brings a Python along: where there is none, a message says so, with buttons.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent

_MAC = ("macosx_arm64", "macosx_x86_64")
_WINDOWS = ("win32", "win_amd64")

TARGETS = {
    "alpine-arm64": ("musllinux_aarch64",),
    "alpine-x64": ("musllinux_x86_64",),
    # An interpreter may be of the other kind than VS Code is: both systems run both.
    "darwin-arm64": _MAC,
    "darwin-x64": _MAC,
    "linux-arm64": ("manylinux_aarch64",),
    "linux-x64": ("manylinux_x86_64",),
    "win32-arm64": _WINDOWS,
    "win32-x64": _WINDOWS,
}
"""What VS Code calls a platform, and the folders of `bundled/clib` that interpreters ask for there
(launch.py). 32-bit ARM has no parser: there the package for every platform is the right one."""

_PICTURE = re.compile(r"^!\[[^]]*\]\((?!https:)[^)]*\)\n\n", re.MULTILINE)


def page(readme: str, repository: object) -> str:
    """The README as the extension's page: without pictures, where these would be broken.

    VS Code shows no picture from within a package. The address of a repository makes them links to
    that, which vsce writes.
    """
    return readme if repository else _PICTURE.sub("", readme)


def stage(folder: Path, parsers: Sequence[str] | None = None) -> None:
    """Put what a package holds into a folder; `parsers` are those that come along, or all."""
    described = json.loads((HERE / "package.json").read_text(encoding="utf-8"))
    for name in ("package.json", *described["files"]):
        source, target = HERE / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    text = page(readme, described.get("repository"))
    (folder / "README.md").write_text(text, encoding="utf-8")
    for parser in (folder / "bundled" / "clib").iterdir():
        if parsers is not None and parser.name not in parsers:
            shutil.rmtree(parser)


def pack(vsix: Path, target: str | None = None) -> None:
    """Write the package for one platform, or for all of them."""
    described = json.loads((HERE / "package.json").read_text(encoding="utf-8"))
    vsce = HERE / "node_modules" / "@vscode" / "vsce" / "vsce"
    options = ["--no-dependencies", "--out", str(vsix)]
    if "repository" not in described:
        options += ["--allow-missing-repository", "--no-rewrite-relative-links"]
    if target is not None:
        options += ["--target", target]
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "extension"
        folder.mkdir()
        stage(folder, None if target is None else TARGETS[target])
        subprocess.run(["node", str(vsce), "package", *options], cwd=folder, check=True)


def main() -> None:
    """Do what the command line asks for."""
    version = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["version"]
    if sys.argv[1:] == ["--platforms"]:
        platforms = HERE / "platforms"
        shutil.rmtree(platforms, ignore_errors=True)
        platforms.mkdir()
        for target in TARGETS:
            pack(platforms / f"k8s-lsp-{target}-{version}.vsix", target)
    else:
        pack(HERE / f"k8s-lsp-{version}.vsix")


if __name__ == "__main__":
    main()
