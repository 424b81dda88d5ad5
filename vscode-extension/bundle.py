"""Fills `bundled/` with the server and all that it imports, for every platform at once.

    npm run build && python bundle.py

`bundled/libs` gets k8s_lsp and its dependencies as for Python 3.10, the oldest that the server
runs on; all of them are pure. `bundled/clib` gets the C parser, one folder a platform, each with
the file of every version of Python; launch.py chooses. The versions are those of
requirements.lock.
"""

import json
import re
import shutil
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

LIBRARIES = (
    "attrs",
    "cattrs",
    "exceptiongroup",
    "lsprotocol",
    "pygls",
    "ruamel-yaml",
    "typing-extensions",
)
"""What k8s_lsp imports, and what that imports; tests hold it to what the packages declare."""

CLIB = "ruamel-yaml-clib"

VERSIONS = ("310", "311", "312", "313", "314")
PLATFORMS = {
    "macosx_arm64": "macosx_11_0_arm64",
    "macosx_x86_64": "macosx_10_15_x86_64",
    "manylinux_aarch64": "manylinux2014_aarch64",
    "manylinux_x86_64": "manylinux2014_x86_64",
    "musllinux_aarch64": "musllinux_1_2_aarch64",
    "musllinux_x86_64": "musllinux_1_2_x86_64",
    "win32": "win32",
    "win_amd64": "win_amd64",
}
"""What the C parser has wheels for: the folder that launch.py asks for, and the platform's tag."""


def pins() -> dict[str, str]:
    """The locked version of each distribution."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE))


def bundle() -> None:
    """Fill the folder anew."""
    target = HERE / "bundled"
    shutil.rmtree(target, ignore_errors=True)
    pinned = {name: f"{name}=={version}" for name, version in pins().items()}
    with TemporaryDirectory() as temporary:
        pip = _pip(Path(temporary))
        wheels = Path(temporary) / "wheels"

        def clib(version_and_folder: tuple[str, str]) -> None:
            version, folder = version_and_folder
            _download(pip, wheels / folder, [pinned[CLIB]], version, PLATFORMS[folder])

        _download(pip, wheels / "any", [pinned[name] for name in LIBRARIES], "310", "any")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(clib, product(VERSIONS, PLATFORMS)))
        for wheel in sorted((wheels / "any").iterdir()):
            ZipFile(wheel).extractall(target / "libs")
        for folder in PLATFORMS:
            for wheel in sorted((wheels / folder).iterdir()):
                ZipFile(wheel).extractall(target / "clib" / folder)
    # The packages' scripts and the list of their files are pip's affair; their licences are not.
    for record in target.rglob("*.dist-info/RECORD"):
        record.unlink()
    shutil.copytree(
        ROOT / "k8s_lsp",
        target / "libs" / "k8s_lsp",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    # A page for a marketplace needs the licence beside it.
    shutil.copy(ROOT / "LICENSE", HERE / "LICENSE")
    (HERE / "NOTICES.txt").write_text(notices(), encoding="utf-8")


def notices() -> str:
    """The licences of the npm packages that esbuild put into the extension's one script.

    Those of the Python packages lie beside their code.
    """
    built = json.loads((HERE / "out" / "meta.json").read_text(encoding="utf-8"))
    paths = (re.match(r"(.*node_modules/((?:@[^/]+/)?[^/]+))/", path) for path in built["inputs"])
    packages = {found[2]: HERE / found[1] for found in paths if found}
    texts = []
    for name, folder in sorted(packages.items()):
        (licence,) = (file for file in folder.iterdir() if file.stem.lower() == "license")
        text = licence.read_text(encoding="utf-8").strip()
        texts.append(f"{name}\n{'=' * len(name)}\n\n{text}\n")
    return "\n\n".join(texts)


def _pip(temporary: Path) -> list[str]:
    """The command that runs pip; Debian's own interpreter comes without."""
    known = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True)
    if known.returncode == 0:
        return [sys.executable, "-m", "pip"]
    venv.create(temporary / "venv", with_pip=True)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    return [str(temporary / "venv" / scripts / "python"), "-m", "pip"]


def _download(
    pip: list[str], folder: Path, requirements: list[str], version: str, platform: str
) -> None:
    is_pure = platform == "any"
    subprocess.run(
        [
            *pip,
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
            f"--python-version={version}",
            f"--implementation={'py' if is_pure else 'cp'}",
            f"--abi={'none' if is_pure else f'cp{version}'}",
            f"--platform={platform}",
            f"--dest={folder}",
            *requirements,
        ],
        check=True,
    )


if __name__ == "__main__":
    bundle()
