"""Which findings were there before, whatever has moved since."""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.reports.entries import file_report
from k8s_lsp.reports.fingerprints import Identity
from k8s_lsp.reports.known_findings import (
    BrokenFile,
    Comparison,
    Located,
    Whereabouts,
    compare,
    known_findings_text,
    read_known_findings,
)

ONE = Identity("host-network", "", "Pod", "", "web", "spec.hostNetwork")
OTHER = ONE._replace(name="db")


def is_known(
    found: Sequence[Located], known: Sequence[Located], **whereabouts: Whereabouts
) -> list[bool]:
    where: dict[str, Whereabouts] = {located.path: "here" for located in known}
    return compare(found, known, where | whereabouts).are_known


def test_a_finding_that_has_moved_to_another_file_is_known() -> None:
    assert is_known([Located(ONE, "b")], [Located(ONE, "a")]) == [True]
    assert is_known([Located(ONE, "b")], [Located(ONE, "a")], a="gone") == [True]


def test_a_copy_of_what_still_stands_elsewhere_is_new() -> None:
    assert is_known([Located(ONE, "b")], [Located(ONE, "a")], a="elsewhere") == [False]
    assert is_known([Located(ONE, "b"), Located(ONE, "a")], [Located(ONE, "a")]) == [False, True]


def test_of_several_alike_in_a_file_the_first_are_known() -> None:
    found = [Located(ONE, "a")] * 3
    assert is_known(found, found[:2]) == [True, True, False]


def test_what_was_fixed_is_gone() -> None:
    comparison = compare(
        [Located(ONE, "a")],
        [Located(ONE, "a"), Located(OTHER, "a"), Located(OTHER, "b"), Located(OTHER, "c")],
        {"a": "here", "b": "elsewhere", "c": "gone"},
    )
    assert comparison == Comparison([True], [Located(OTHER, "a"), Located(OTHER, "c")])


def test_findings_are_read_as_they_were_written() -> None:
    odd = ONE._replace(name='"ü"\n', field='containers["{{ .x }}"]')
    found = [Located(ONE, "b"), Located(odd, "a b.yaml"), Located(ONE, "a"), Located(ONE, "b")]
    text = known_findings_text(found)
    assert sorted(read_known_findings(text)) == sorted(found)
    assert known_findings_text(reversed(found)) == text
    assert read_known_findings(known_findings_text([])) == []
    assert len(text.splitlines()) == 2 + 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "holds no known findings"),
        ('{"version": 1}', "holds no known findings"),
        ('{"findings": []}', "holds no known findings"),
        ('{"version": 2, "findings": []}', "is of version 2"),
        ('{"version": 1, "findings": [1]}', "holds what is no finding: 1"),
        ('{"version": 1, "findings": [{"rule": "a"}]}', 'holds what is no finding: {"rule": "a"}'),
        (known_findings_text([Located(ONE, "a")] * 2).replace("2}", "0}"), "holds what is no"),
        (known_findings_text([Located(ONE, "a")] * 2).replace("2}", "true}"), "holds what is no"),
        (known_findings_text([Located(ONE, "a")] * 2).replace("2}", "1e9}"), "holds what is no"),
    ],
)
def test_what_is_no_such_file_is_told(text: str, message: str) -> None:
    with pytest.raises(BrokenFile, match="^" + message.replace("{", r"\{")):
        read_known_findings(text)


# Over all edits elsewhere, moves and renames: a model of what is found, beside how it is written.


class Container(NamedTuple):
    """What a container sets; either gives a finding of a rule."""

    is_privileged: bool
    is_writable: bool


Workloads = Mapping[str, Mapping[str, Container]]
"""The containers by their names, of each Deployment by its name."""

RULES = ("privileged-container", "writable-root-filesystem")

names = st.sampled_from(["web", "db", "a.b", "0", "cache-2"])
containers = st.dictionaries(
    names, st.builds(Container, st.booleans(), st.booleans()), min_size=1, max_size=3
)
workloads = st.dictionaries(names, containers, max_size=3)


def faults_of(workloads: Workloads) -> set[tuple[str, str, str]]:
    """What is wrong: a rule, a Deployment and a container."""
    return {
        (rule, workload, container)
        for workload, containers in workloads.items()
        for container, flags in containers.items()
        for rule, is_wrong in zip(RULES, flags, strict=True)
        if is_wrong
    }


def written(workloads: Workloads, rng: random.Random) -> dict[str, str]:
    """The texts of some files that hold the workloads in any order, style and layout."""
    files: dict[str, str] = {}
    for workload in rng.sample(list(workloads), len(workloads)):
        name = f"{rng.choice('abc')}/{rng.choice('xyz')}.yaml"
        document = written_workload(workload, workloads[workload], rng)
        files[name] = files.get(name, "") + "---\n" + document
    return files


def written_workload(workload: str, containers: Mapping[str, Container], rng: random.Random) -> str:
    lines = [
        "apiVersion: apps/v1",
        "kind: Deployment",
        f'metadata: {{name: "{workload}"}}',
        "spec:",
        "  selector: {matchLabels: {app: x}}",
        "  template:",
        "    metadata: {labels: {app: x}}",
        "    spec:",
        "      containers:",
    ]
    for container in rng.sample(list(containers), len(containers)):
        flags = containers[container]
        security = {
            "privileged": str(flags.is_privileged).lower(),
            "readOnlyRootFilesystem": str(not flags.is_writable).lower(),
        }
        if not flags.is_privileged and rng.random() < 0.5:
            del security["privileged"]
        if flags.is_writable and rng.random() < 0.5:
            del security["readOnlyRootFilesystem"]
        inner = ", ".join(f"{key}: {value}" for key, value in security.items())
        lines.append(f"      - image: example.com/x:{rng.randrange(9)}")
        lines.append(f'        name: "{container}"')
        lines.append(f"        securityContext: {{{inner}}}")
    # Comments and blank lines move what stands below them.
    return "".join(line + "\n" + "\n# moved\n" * (rng.random() < 0.1) for line in lines)


def found_in(files: Mapping[str, str]) -> list[Located]:
    return [
        Located(entry.identity, path)
        for path, text in files.items()
        for entry in file_report(path, analyze(text), identify=True).entries
        if entry.identity is not None and entry.rule in RULES
    ]


def fault_at(located: Located) -> tuple[str, str, str]:
    identity = located.identity
    return identity.rule, identity.name, identity.field.split('"')[1]


@settings(max_examples=50)
@given(workloads, workloads, st.randoms(use_true_random=False))
def test_what_is_new_and_what_is_gone_is_told_whatever_has_moved(
    before: Workloads, after: Workloads, rng: random.Random
) -> None:
    old_files, new_files = written(before, rng), written(after, rng)
    old, new = found_in(old_files), found_in(new_files)
    # The model knows what is found; a silent run would be right about everything.
    assert sorted(map(fault_at, old)) == sorted(faults_of(before))
    whereabouts: dict[str, Whereabouts] = {
        path: "here" if path in new_files else "gone" for path in old_files
    }
    are_known, gone = compare(new, read_known_findings(known_findings_text(old)), whereabouts)
    fresh = [fault_at(located) for located, known in zip(new, are_known, strict=True) if not known]
    assert sorted(fresh) == sorted(faults_of(after) - faults_of(before))
    assert sorted(map(fault_at, gone)) == sorted(faults_of(before) - faults_of(after))


@settings(max_examples=20)
@given(workloads, st.randoms(use_true_random=False))
def test_moves_alone_make_nothing_new(same: Workloads, rng: random.Random) -> None:
    old_files, new_files = written(same, rng), written(same, rng)
    old, new = found_in(old_files), found_in(new_files)
    whereabouts: dict[str, Whereabouts] = {
        path: "here" if path in new_files else "gone" for path in old_files
    }
    assert compare(new, old, whereabouts) == Comparison([True] * len(new), [])
