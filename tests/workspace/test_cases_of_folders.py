"""Cases of several files: what is told of each, among the others of its folder.

They are written as the cases of single texts (tests/markers.py), and lie in
`cases/<slug>/<what it shows>/`. Beside a file, `.fixed.yaml` is what hardening makes of it alone.
"""

from pathlib import Path

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import harden
from k8s_lsp.engine.incremental import update
from k8s_lsp.kubernetes.queries import NO_SURROUNDINGS
from k8s_lsp.settings import Settings
from tests.markers import Case, found_in, how_to_mark, read_case, write_case
from tests.test_cases import are_as_expected, described
from tests.workspace.folders import index_of, place

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(folder for folder in CASES.glob("*/*") if folder.is_dir())


def cases_of(folder: Path) -> dict[str, Case]:
    """The files of a folder that are judged, by their paths in it."""
    return {
        file.relative_to(folder).as_posix(): read_case(
            file.read_bytes().decode(), folder.parent.name
        )
        for file in sorted(folder.rglob("*.yaml"))
        if not file.name.endswith(".fixed.yaml")
    }


def name(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_findings_stand_where_the_markers_say(folder: Path, update: bool) -> None:
    cases = cases_of(folder)
    index = index_of({path: case.text for path, case in cases.items()})
    for path, case in cases.items():
        surroundings = index.surroundings(place(path))
        analysis = analyze(case.text, case.settings, surroundings=surroundings)
        found, expected = found_in(analysis), sorted(case.expected)
        if update and expected and not are_as_expected(found, expected):
            (folder / path).write_bytes(write_case(case, found).encode())
            continue
        assert not analysis.incomplete
        assert described(found) == described(expected), f"{path}\n{how_to_mark(case, found)}"
        assert are_as_expected(found, expected), path


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_it_is_the_same_when_the_others_come_later(folder: Path) -> None:
    cases = cases_of(folder)
    index = index_of({path: case.text for path, case in cases.items()})
    for path, case in cases.items():
        surroundings = index.surroundings(place(path))
        alone = analyze(case.text, case.settings)
        among = update(alone, case.text, surroundings=surroundings)
        whole = analyze(case.text, case.settings, surroundings=surroundings)
        assert found_in(among) == found_in(whole)
        assert found_in(update(among, case.text, surroundings=NO_SURROUNDINGS)) == found_in(alone)


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_preferred_fixes_give_the_fixed_text(folder: Path, update: bool) -> None:
    cases = cases_of(folder)
    index = index_of({path: case.text for path, case in cases.items()})
    for path, case in cases.items():
        surroundings = index.surroundings(place(path))

        def among(text: str, settings: Settings, case: Case = case, others=surroundings):  # type: ignore[no-untyped-def]
            return analyze(text, settings, surroundings=others)

        hardened = harden(among(case.text, case.settings), among).text
        fixed = (folder / path).with_suffix(".fixed.yaml")
        if update and (hardened != case.text or fixed.exists()):
            fixed.write_bytes(hardened.encode())
        expected = fixed.read_bytes().decode() if fixed.exists() else case.text
        assert hardened == expected, path
