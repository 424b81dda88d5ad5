"""One manifest for each way of writing, and beside it what Harden makes of it."""

from collections import Counter
from pathlib import Path

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import bulk_fix
from k8s_lsp.settings import Settings
from tests import oracle
from tests.fixes import check_fixes, harden_text

FILES = sorted(
    file
    for file in (Path(__file__).parent / "styles").iterdir()
    if not file.stem.endswith(".hardened")
)
RECOMMENDED = Settings()


def read(file: Path) -> str:
    """The text of a file, with the line breaks that it has."""
    return file.read_bytes().decode("utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_harden_keeps_the_style(file: Path, update: bool) -> None:
    text = read(file)
    expected = file.with_name(f"{file.stem}.hardened{file.suffix}")
    hardened = harden_text(text, RECOMMENDED)
    if update:
        expected.write_bytes(hardened.encode())
    assert hardened == read(expected)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_is_lost_and_nothing_left(file: Path) -> None:
    text = read(file)
    hardened = harden_text(text, RECOMMENDED)
    assert harden_text(hardened, RECOMMENDED) == hardened
    assert hardened.endswith("\n") == text.endswith("\n")
    assert Counter(hardened)["\r"] == (hardened.count("\n") if "\r" in text else 0)
    analysis = analyze(hardened, RECOMMENDED)
    assert not any(bulk_fix(analysis, each) for _, each in analysis.published())
    for document in oracle.load(hardened):
        assert oracle.rejections(document) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_fix_alone(file: Path) -> None:
    assert check_fixes(read(file)) > 0
