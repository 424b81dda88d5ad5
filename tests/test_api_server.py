"""What a real API server accepts, it accepts after a fix, and what it refuses, our model refuses.

What it gives back of an object has the findings of the file that made it.

`tests/oracle.py` is that model: it is asked for each fix of each case, and knows old versions. The
server knows the newest one, and everything.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.kubernetes.stored import LAST_APPLIED
from k8s_lsp.kubernetes.versions import NEWEST
from k8s_lsp.reports.fingerprints import identity_of
from k8s_lsp.settings import Settings
from tests import oracle
from tests.fixes import harden_text
from tests.oracles.api_server import ApiServer, pinned_minor, started
from tests.test_cases import FILES, load

PROFILES = (Settings(), Settings("all"))
"""What Harden does by itself, and all that it can do."""

DIFFERENCES = {
    "default-namespace": "the server writes the namespace that a file leaves to kubectl",
    "deprecated-service-account-field": "the server writes both names with the same value",
    "host-port": "the server writes the ports of hostNetwork, and not who wrote one",
    "legacy-security-annotation": "the server writes the field that the annotation means",
    "milli-byte-quantity": "the server writes quantities in another way",
    "misplaced-field": "the server drops what is no field",
    "misspelled-field": "the server drops what is no field",
    "missing-memory-limit": "the server makes a zero of null",
    "missing-memory-request": "the server makes a request of a limit",
    "plain-secret": "a cluster is where values of Secrets belong",
    "unbounded-empty-dir": "the server makes an emptyDir of a volume without a source",
    "unconfined-apparmor": "the server writes the field that the annotation means",
    "wildcard-rbac-rule": "the server orders the keys, of which the first wildcard is told",
}
"""The rules of which something else is told of what the server gives back, and why."""

LARGEST = 200_000
"""Bytes of the largest manifest that is asked about."""


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    """A server that is asked by dry run, and keeps nothing."""
    with started() as server:
        yield server


def objects_in(text: str) -> list[dict[str, Any]]:
    """The objects of a text, those of a List one by one."""
    found = []
    for document in oracle.load(text):
        items = document.get("items") if isinstance(document, dict) else None
        if isinstance(items, list) and str(document.get("kind")).endswith("List"):
            found += items
        else:
            found.append(document)
    return [obj for obj in found if isinstance(obj, dict)]


def texts_in(corpora: Path) -> Iterator[str]:
    """Manifests of others that another parser reads, and that are no templates."""
    for file in sorted(path for name in ("real", "peers") for path in (corpora / name).rglob("*")):
        if file.suffix in (".yaml", ".yml", ".json") and file.stat().st_size < LARGEST:
            text = file.read_bytes().decode("utf-8", "replace")
            if "{{" not in text:
                yield text


def hold(text: str, server: ApiServer, settings: Settings) -> int:
    """Hold the objects of a text to what the server says; how many it had accepted and changed."""
    try:
        before = objects_in(text)
    except Exception:
        # Other parsers refuse what kubectl takes.
        return 0
    hardened = harden_text(text, settings)
    changed = 0
    for old, new in zip(before, objects_in(hardened), strict=True):
        verdict = None if old == new else server.verdict(old)
        if verdict is not None and verdict.is_accepted:
            after = server.verdict(new)
            assert after is not None
            assert after.is_accepted, (after.message, hardened)
            changed += 1
    return changed


@pytest.mark.sweep
def test_the_server_is_of_the_newest_version(server: ApiServer) -> None:
    assert pinned_minor() == NEWEST.minor


@pytest.mark.sweep
def test_what_was_accepted_is_accepted_after_harden(server: ApiServer, corpora: Path) -> None:
    changed = [hold(text, server, each) for text in texts_in(corpora) for each in PROFILES]
    assert sum(changed) > 2_000


@pytest.mark.sweep
def test_the_cases_are_accepted_after_harden(server: ApiServer) -> None:
    cases = [case for case in map(load, FILES) if "{{" not in case.text]
    assert sum(hold(case.text, server, case.settings) for case in cases) > 60


@pytest.mark.sweep
def test_the_model_refuses_nothing_that_the_server_accepts(
    server: ApiServer, corpora: Path
) -> None:
    asked = 0
    for text in texts_in(corpora):
        try:
            objects = objects_in(text)
        except Exception:
            continue
        for obj in objects:
            lines = oracle.rejections(obj)
            verdict = server.verdict(obj) if lines else None
            if verdict is not None:
                asked += 1
                assert not verdict.is_accepted, (lines, obj)
    assert asked > 20


def findings_of(obj: dict[str, Any]) -> set[tuple[str, ...]] | None:
    """What is found in an object, wherever it stands in the text; None for a patch."""
    analysis = analyze(json.dumps(obj, indent=1), Settings("all"))
    if any(each.is_patch for unit in analysis.units for each in unit.objects):
        return None
    return {
        (each.rule.slug, identity_of(each).field, each.severity, each.finding.message)
        for _, each in analysis.published()
    }


@pytest.mark.sweep
def test_what_is_read_back_has_the_findings_of_the_file(server: ApiServer, corpora: Path) -> None:
    texts = [case.text for case in map(load, FILES)]
    read, differing = 0, set()
    for text in (*texts, *texts_in(corpora)):
        try:
            objects = objects_in(text)
        except Exception:
            continue
        for obj in objects:
            before = findings_of(obj)
            given_back = None if before is None else server.read_back(obj)
            if before is not None and given_back is not None:
                read += 1
                found = findings_of(given_back)
                assert found is not None
                differences = {rule for rule, *_ in before ^ found}
                assert differences <= DIFFERENCES.keys(), (before ^ found, obj)
                differing |= differences
    assert read > 1_500
    # None is listed that is none any more.
    assert differing == DIFFERENCES.keys()


@pytest.mark.sweep
def test_a_manifest_that_kubectl_keeps_tells_nothing_more(server: ApiServer) -> None:
    read = 0
    for case in map(load, FILES):
        try:
            objects = objects_in(case.text)
        except Exception:
            continue
        for obj in objects:
            given_back = server.read_back(obj)
            if given_back is not None and obj["kind"] != "Secret":
                read += 1
                metadata = given_back["metadata"]
                kept = {LAST_APPLIED: json.dumps(obj) + "\n"}
                annotations = metadata.get("annotations", {}) | kept
                applied = given_back | {"metadata": {**metadata, "annotations": annotations}}
                assert findings_of(applied) == findings_of(given_back), obj
    assert read > 500


@pytest.mark.sweep
def test_nothing_is_told_without_etcd(server: ApiServer) -> None:
    with started() as other:
        other._processes["etcd"].kill()
        other._processes["etcd"].wait()
        with pytest.raises(AssertionError, match="etcd has ended with -9"):
            other.verdict({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}})
