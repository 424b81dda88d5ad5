"""What is known of images: the table, how a reference finds its record, and the settings' own."""

from pathlib import Path

import pytest

from k8s_lsp.kubernetes import image_needs
from k8s_lsp.kubernetes.image_needs import ImageNeeds, needs_of
from k8s_lsp.kubernetes.images import image_of
from tests.image_records import records, table_of

FOLDER = Path(image_needs.__file__).parent


def needs(text: str) -> ImageNeeds:
    found = needs_of(image_of(text))
    assert found is not None, text
    return found


def test_the_table_is_current(corpora: Path, update: bool) -> None:
    names = ("image_needs.json", "image_sources.json")
    for name, made in zip(names, table_of(records(corpora)), strict=True):
        if update:
            (FOLDER / name).write_text(made, encoding="utf-8")
        written = (FOLDER / name).read_text(encoding="utf-8")
        assert written == made, "run: python -m pytest tests/test_image_needs.py --update"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("nginx", "nginx"),
        ("docker.io/library/nginx", "nginx"),
    ],
)
def test_a_name_finds_its_record(text: str, name: str) -> None:
    assert needs(text).name == name
