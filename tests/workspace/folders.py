"""A folder of files as a value, for tests of what files tell one another."""

from collections.abc import Mapping

from k8s_lsp.kubernetes.queries import Reach
from k8s_lsp.workspace.file_facts import facts_of_text
from k8s_lsp.workspace.index import NO_INDEX, FilePlace, Index

TOP = "/folder"


def place(name: str, charts: tuple[str, ...] = ()) -> FilePlace:
    """The place of a file by its path in the folder, where some folders in it are `charts`."""
    roots = tuple(f"{TOP}/{chart}" for chart in charts if name.startswith(f"{chart}/"))
    return FilePlace(f"{TOP}/{name}", TOP, roots)


def index_of(texts: Mapping[str, str], charts: tuple[str, ...] = ()) -> Index:
    """The index of a folder, whose texts are given by their paths in it."""
    return NO_INDEX.updated(
        {
            place(name, charts): facts_of_text(
                place(name).path, text, is_chart_template="/templates/" in f"/{name}"
            )
            for name, text in texts.items()
        }
    )


def reach_from(name: str, texts: Mapping[str, str]) -> Reach:
    """What is in reach of one file of a folder, whose own objects are not asked for."""
    return Reach((), index_of(texts).surroundings(place(name)))
