"""Harden on every workload that others wrote: nothing is left to do, and nothing is broken.

And one container alone, in every way of writing: nothing outside of it is changed.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import bulk_fix, harden_container
from k8s_lsp.engine.results import Analysis, Diagnosis
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.settings import Profile, Settings
from k8s_lsp.syntax.nodes import Mapping
from k8s_lsp.text import line_start
from tests import oracle
from tests.comments import lines_of
from tests.fixes import changed_paths, documents_of, harden_text
from tests.manifests import manifest as manifest_of
from tests.test_cases import FILES as CASES
from tests.test_cases import load
from tests.test_corpora import files_of, text_of

SAMPLE = 120
"""Every how manieth file the quick run looks at; `make sweep` looks at all of them."""

CONTAINER_SAMPLE = 14
"""Every how manieth of the cases and seeds a container is hardened alone in, in the quick run."""

VERSION = "1.34"


def test_a_sample_of_the_corpora(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    assert check(files_of(corpora, manifest, "real", "peers")[::SAMPLE]) > 20


@pytest.mark.sweep
def test_every_workload_of_the_corpora(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    assert check(files_of(corpora, manifest, "real", "peers")) > 3_000


def check(files: Iterable[Path]) -> int:
    """Harden each file to the recommended profile, then to the restricted level; count them."""
    workloads = validated = 0
    left: Counter[str] = Counter()
    for file in files:
        text = text_of(file)
        if "{{" in text:
            continue
        count = sum(1 for result in analyze(text).units for each in result.objects if each.pods)
        if not count:
            continue
        workloads += count
        hardened = fully_hardened(file, text, "recommended")
        validated += still_valid(file, text, hardened)
        restricted = fully_hardened(file, hardened, "restricted")
        still_valid(file, text, restricted)
        left.update(each.rule.slug for each in reported(restricted, "restricted"))
    print(f"\n{workloads} workloads hardened, {validated} objects still valid by the schema")
    print("what keeps them from the restricted level has no fix:")
    for slug, number in left.most_common():
        print(f"{number:6} {slug}")
    return workloads


def fully_hardened(file: Path, text: str, profile: Profile) -> str:
    """The text after Harden, which leaves nothing that it could still mend, but to a person."""
    settings = Settings(profile)
    hardened = harden_text(text, settings)
    assert harden_text(hardened, settings) == hardened, f"{file}: no fixpoint"
    analysis = analyze(hardened, settings)
    assert not analysis.incomplete, file
    for _, each in analysis.published():
        assert bulk_fix(analysis, each) is None, f"{file}: {each.rule.slug} has a fix"
    return hardened


def reported(text: str, profile: Profile) -> list[Diagnosis]:
    analysis: Analysis = analyze(text, Settings(profile))
    return [each for _, each in analysis.published()]


def still_valid(file: Path, text: str, hardened: str) -> int:
    """How many objects the schema accepted before; it accepts them after, as does the oracle."""
    try:
        before = oracle.load(text)
    except yaml.YAMLError:
        return 0
    after = oracle.load(hardened)
    assert len(after) == len(before), file
    valid = 0
    for old, new in zip(before, after, strict=True):
        if old == new:
            continue
        rejected = set(oracle.rejections(old))
        assert not set(oracle.rejections(new)) - rejected, file
        if is_valid(old):
            valid += 1
            kubernetes_validate.validate(new, VERSION, strict=True)
    return valid


def is_valid(document: object) -> bool:
    try:
        kubernetes_validate.validate(document, VERSION, strict=True)
    except Exception:
        # Whatever it does not like, or does not know.
        return False
    return True


# One container.


def check_containers(text: str) -> int:
    """Harden each container of a text alone; all else is as it was, as values and as text."""
    if "{{" in text:
        return 0
    analysis, count = analyze(text), 0
    for index, result in enumerate(analysis.units):
        for container in result.containers():
            after = harden_container(analysis, index, container.path).analysis
            count += after.text != text
            old, new = ([each.unit.text for each in one.units] for one in (analysis, after))
            assert old[:index] + old[index + 1 :] == new[:index] + new[index + 1 :]
            only_this_was_changed(old[index], new[index], container)
    return count


def only_this_was_changed(old: str, new: str, container: Container) -> None:
    if old == new:
        return
    documents = documents_of(old), documents_of(new)
    for before, after in zip(*(each or () for each in documents), strict=True):
        for path in changed_paths(before, after):
            assert path[: len(container.path)] == container.path, f"{path}\n{new}"
    node = container.field.written
    assert isinstance(node, Mapping), new
    start, end = node.span
    if not node.flow:
        # What follows is what is not indented as deep as its keys.
        column = start - line_start(old, start)
        lines = (line for line in lines_of(old) if line.span.start > end and line.column < column)
        # Of what stands at the margin, a comment may be one of the container's own.
        following = (line for line in lines if line.column or not line.is_comment)
        end = next((line.span.start for line in following), len(old))
        start -= column
    assert new.startswith(old[:start]), new
    assert new.endswith(old[end:]), new


def test_a_container_is_hardened_alone() -> None:
    texts = [load(file).text for file in CASES[::CONTAINER_SAMPLE]]
    assert sum(map(check_containers, texts)) > 15
    seeds = range(0, 200, CONTAINER_SAMPLE)
    assert sum(check_containers(manifest_of(seed)) for seed in seeds) > 10


@pytest.mark.sweep
def test_every_container_is_hardened_alone() -> None:
    texts = [load(file).text for file in CASES]
    seeds = range(1_000)
    count = sum(map(check_containers, texts))
    count += sum(check_containers(manifest_of(seed)) for seed in seeds)
    print(f"\n{count} containers hardened alone")
    assert count > 1_000


POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: app
    image: example.com/app:1.4.2
  - name: log
    image: example.com/log:1.4.2
"""


@pytest.mark.parametrize(
    "text",
    [
        POD,
        POD.rstrip(),
        POD.replace("\n", "\r\n"),
        POD.replace("  - name: log\n    ", "  - # the last one\n    name: log\n    "),
        POD.replace("  - name: log\n    ", "  -\n    name: log\n    "),
        f"{POD}    # args: []\n\n    # env: []\n  # volumes: []\n",
        f"{POD}    # env: []\n  volumes: []\n",
        f"{POD}    securityContext:\n      privileged: true # why\n      # user: 1\n",
        f"{POD}    securityContext: {{}}\n# The end.\n",
        POD[: POD.index("  - name: app")]
        + "  - {name: app, image: a:1}\n  - {name: log, image: b:1}\n",
        POD[: POD.index("\n  - name: app")]
        + " [{name: app, image: a:1}, {name: log, image: b:1}]\n",
        POD[: POD.index("\n  containers")]
        + " {containers: [{name: app}, {name: log, image: b:1}]}\n",
        POD[: POD.index("  - name: log")].replace("  - name", "  - &app\n    name")
        + "  - <<: *app\n    name: log\n",
    ],
)
def test_the_last_container_is_hardened_alone(text: str) -> None:
    assert check_containers(text) > 0
