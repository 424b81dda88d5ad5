"""The benchmark's own parts; nothing here takes the time."""

from itertools import chain

import kubernetes_validate
import pytest
import yaml

from tests.benchmarks.keystrokes import keystrokes, written
from tests.benchmarks.manifests import Manifest, manifests
from tests.benchmarks.table import Figures, quantile, table

MANIFESTS = list(manifests())


@pytest.mark.parametrize(
    ("manifest", "lines", "documents"),
    list(
        zip(
            MANIFESTS,
            [40, 150, 4_000, 12_000, 20_000, 20_000, 24_000],
            [1, 3, 120, 500, 55, 55, 1],
            strict=True,
        )
    ),
    ids=[each.name for each in MANIFESTS],
)
def test_a_manifest_is_what_its_name_says(manifest: Manifest, lines: int, documents: int) -> None:
    assert manifest.text.count("\n") == lines
    assert manifest.name.startswith(f"{lines:,} lines")
    objects = list(yaml.load_all(manifest.text, Loader=yaml.CSafeLoader))
    assert len(objects) == documents
    if objects[0]["kind"] == "List":
        (objects,) = [each["items"] for each in objects]
        assert len(objects) == 1_000
    names = {(each["kind"], each["metadata"]["name"]) for each in objects}
    assert len(names) == len(objects)
    for kind in {each["kind"] for each in objects}:
        first = next(each for each in objects if each["kind"] == kind)
        kubernetes_validate.validate(first, "1.34", strict=True)


@pytest.mark.parametrize("manifest", MANIFESTS[:3], ids=[each.name for each in MANIFESTS[:3]])
def test_what_is_typed_is_taken_back(manifest: Manifest) -> None:
    text = manifest.text
    start, _ = manifest.document
    states = []
    for key in keystrokes(manifest, written(manifest)):
        lines = text.splitlines(keepends=True)
        places = [
            sum(map(len, lines[: place["line"]])) + place["character"]
            for place in (key.change["range"]["start"], key.change["range"]["end"])
        ]
        text = text[: places[0]] + key.change["text"] + text[places[1] :]
        assert key.text == text
        assert text[start:].startswith(key.document)
        states.append(_is_yaml(key.document))
    assert text == manifest.text
    # Both kinds of states are typed often enough to be measured.
    assert min(states.count(True), states.count(False)) > len(states) / 4


def _is_yaml(text: str) -> bool:
    try:
        yaml.safe_load(text)
    except yaml.YAMLError:
        return False
    return True


def test_a_table_sets_figures_side_by_side() -> None:
    rival = Figures("rival", [20.0, 60.0, 40.0])
    groups = [("typing", [Figures("ours", [2.0, 1.0]), rival, Figures("other", [], "missing: it")])]
    rows = [line.split() for line in table("keys, ms", groups).splitlines()]
    assert rows == [
        ["keys,", "ms"],
        ["========"],
        ["typing", "n", "p50", "p99", "min", "–", "max", "p50", "×", "p99", "×"],
        ["ours", "2", "1", "2", "1", "–", "2"],
        ["rival", "3", "40", "60", "20", "–", "60", "40", "30"],
        ["other", "missing:", "it"],
    ]


def test_a_share_of_samples_is_never_between_them() -> None:
    samples = [float(number) for number in chain(range(51, 101), range(1, 51))]
    assert [quantile(samples, share) for share in (0, 0.5, 0.99, 1)] == [1, 50, 99, 100]
