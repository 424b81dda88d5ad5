"""What is hardened starts afterwards, by the model of the runtime; or it is left, and said why.

The model knows nothing of the fixes, and has the records from where they were collected.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import fixes_of, harden, left_for_you
from k8s_lsp.engine.results import Analysis
from k8s_lsp.kubernetes.image_needs import needs_of
from k8s_lsp.kubernetes.images import image_of
from k8s_lsp.rules.base import Fix
from k8s_lsp.settings import OwnImage, Settings
from k8s_lsp.text import apply_edits
from tests.image_records import example_of, made_of, may_fix, records
from tests.runtime_model import Outcome, Record, outcomes_in
from tests.test_cases import CASES, load
from tests.test_corpora import files_of, text_of

SAMPLE = 24
"""Every how manieth file the quick run looks at; `make sweep` looks at all of them."""

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: {image}
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {{app: web}}
  template:
    metadata:
      labels: {{app: web}}
    spec:
      containers:
      - {{name: web, image: "{image}"}}
"""

DECIDING = {"root-user-allowed", "writable-root-filesystem", "capabilities-not-dropped"}
"""The rules that decide whether an image starts."""

NEVER_START = {"prom/node-exporter", "hashicorp/vault", "istio/ztunnel"}
"""Images that want a capability, or their node, so that a plain pod of them does not start."""


@pytest.fixture(scope="module")
def collected(corpora: Path) -> list[Record]:
    """The records that may fix: of other images the fixes know nothing."""
    return [record for record in records(corpora) if may_fix(record)]


def outcomes(text: str, collected: list[Record]) -> list[Outcome]:
    return [outcome for _, outcome in outcomes_in(text, collected)]


def left_in(analysis: Analysis) -> list[tuple[str, str]]:
    return [(each.diagnosis.rule.slug, each.reason) for each in left_for_you(analysis)]


def fixes_in(text: str, slug: str) -> list[Fix]:
    """The fixes of a rule's first finding."""
    analysis = analyze(text)
    found = (each for _, each in analysis.published() if each.rule.slug == slug)
    return list(fixes_of(analysis, next(found)))


# Whatever is known.


def test_every_worked_example_starts(corpora: Path, collected: list[Record]) -> None:
    """Two of them start as before, because another user would not find, or not own, their data."""
    left = {}
    for folder in sorted((corpora / "images" / "examples").glob("*/")):
        before = (folder / "before.yaml").read_text(encoding="utf-8")
        hardened = harden(analyze(before)).analysis
        found = outcomes(hardened.text, collected)
        assert found, folder
        assert all(each.works for each in found), (folder, found)
        assert outcomes((folder / "after.yaml").read_text(encoding="utf-8"), collected)
        restricted = analyze(hardened.text, Settings("restricted"))
        slugs = {each.rule.slug for _, each in restricted.published()}
        left[folder.name] = {slug for slug, _ in left_in(hardened)}
        assert slugs == left[folder.name]
    root = {"root-user-allowed", "capabilities-not-dropped"}
    assert {name: slugs for name, slugs in left.items() if slugs} == {
        "04-postgres-16": root,
        "08-wordpress-6-apache": root,
    }


@pytest.mark.parametrize("template", [POD, DEPLOYMENT], ids=["Pod", "Deployment"])
def test_every_image_starts_or_is_left(
    corpora: Path, collected: list[Record], template: str
) -> None:
    started = 0
    for record, made in made_of(list(records(corpora))):
        if not may_fix(record):
            continue
        text = template.format(image=example_of(made))
        hardened = harden(analyze(text)).analysis
        (found,) = outcomes(hardened.text, collected)
        left = {slug for slug, _ in left_in(hardened)} & DECIDING
        others = {each.rule.slug for _, each in hardened.published()} & DECIDING - left
        assert not others, (made["image"], others)
        if not outcomes(text, collected)[0].works:
            assert left, made["image"]
            assert made["image"] in NEVER_START or made["start"] == "host", (made["image"], found)
        else:
            assert found.works, (made["image"], found, hardened.text)
            started += not left
    assert started > 110


def test_the_cases_start_or_are_left(collected: list[Record]) -> None:
    """Each document of the cases about images, with all that is recommended."""
    count = 0
    for file in sorted(CASES.glob("*/known_image*.yaml")):
        for document in load(file).text.split("---\n"):
            # The model does not read configurations, which may move a port.
            if "name: moved-by-a-configuration" not in document:
                count += check_no_worse(file, document, collected)
    assert count > 60


def test_nothing_of_the_corpora_is_kept_from_starting(
    corpora: Path, manifest: list[dict[str, Any]], collected: list[Record]
) -> None:
    files = files_of(corpora, manifest, "real", "peers")[::SAMPLE]
    assert sum(check_no_worse(file, text_of(file), collected) for file in files) > 20


@pytest.mark.sweep
def test_nothing_of_all_the_corpora_is_kept_from_starting(
    corpora: Path, manifest: list[dict[str, Any]], collected: list[Record]
) -> None:
    files = files_of(corpora, manifest, "real", "peers")
    assert sum(check_no_worse(file, text_of(file), collected) for file in files) > 700


def check_no_worse(file: Path, text: str, collected: list[Record]) -> int:
    """Harden a text; how many containers of it started before, all of which start afterwards."""
    if "{{" in text:
        return 0
    try:
        before = list(outcomes_in(text, collected))
        after = list(outcomes_in(harden(analyze(text)).text, collected))
    except (yaml.YAMLError, TypeError, KeyError, AttributeError):
        # Other parsers refuse it, or it is no pod that the API server would take.
        return 0
    if len(before) < len(after):
        # A misspelled list of containers was put right.
        return 0
    worse = [
        (name, new)
        for (name, old), (_, new) in zip(before, after, strict=True)
        if old.works and not new.works
    ]
    assert [each for each in worse if each[0] in known_in(text)] == [], file
    return sum(old.works for _, old in before)


def known_in(text: str) -> set[str]:
    """The names of the containers whose image the fixes know: the model takes any reference."""
    pairs = re.findall(r"^ *(?:- )?(name|image): *[\"']?([^\s\"']+)", text, re.MULTILINE)
    known = set()
    for before, (key, value), after in zip(
        [("", ""), *pairs], pairs, [*pairs[1:], ("", "")], strict=False
    ):
        if key == "image" and needs_of(image_of(value)) is not None:
            known |= {name for other, name in (before, after) if other == "name"}
    return known


# What is left, and how it is said.


@pytest.mark.parametrize(
    ("slug", "image", "more", "reason"),
    [
        (
            "root-user-allowed",
            "gitea/gitea:1.22",
            "",
            "gitea must start as root; gitea/gitea:<version>-rootless is an unprivileged image",
        ),
        (
            "root-user-allowed",
            "fluent/fluent-bit:3.1",
            "",
            "fluent-bit works on its node (hostPath /var/log when reading node logs), as root",
        ),
        (
            "root-user-allowed",
            "postgres",
            "",
            "the tag names no version of postgres, and what it needs depends on that",
        ),
        (
            "root-user-allowed",
            "wordpress:6",
            "",
            "wordpress must be copied into /var/www/html first, by an init container",
        ),
        (
            "root-user-allowed",
            "busybox:1.36",
            "command: [sh, -c, 'sysctl -w vm.max_map_count=262144']",
            "its command calls sysctl, which takes root and its capabilities",
        ),
        (
            "root-user-allowed",
            "nginx:1.27",
            "securityContext: {runAsNonRoot: false}",
            "the file sets runAsNonRoot to false",
        ),
        (
            "writable-root-filesystem",
            "zookeeper:3.9",
            "",
            "zookeeper writes to files of its image in /conf",
        ),
        (
            "writable-root-filesystem",
            "python:3.12",
            "args: [sh, -c, pip install flask && python app.py]",
            "its command installs programs (pip install)",
        ),
        (
            "root-user-allowed",
            "minio/minio:latest",
            "command: [sh, -c, mkdir -p /root/.minio/certs && minio server /data]",
            "its command works in the home of root",
        ),
        (
            "writable-root-filesystem",
            "nginx:1.27",
            "command: [sh, -c, 'cp /a /root/b; nginx']",
            "its command works in the home of root",
        ),
        (
            "writable-root-filesystem",
            "nginx:1.27",
            "securityContext: {readOnlyRootFilesystem: false}",
            "the file sets readOnlyRootFilesystem to false",
        ),
        (
            "capabilities-not-dropped",
            "httpd:2.4",
            "",
            "httpd starts as root and needs NET_BIND_SERVICE, SETGID and SETUID",
        ),
        ("capabilities-not-dropped", "hashicorp/vault:1.17", "", "vault starts as root and needs"),
        (
            "service-account-token-mounted",
            "registry.k8s.io/ingress-nginx/controller:v1.11.2",
            "",
            "ingress-nginx/controller talks to the API server",
        ),
    ],
)
def test_what_is_left_is_said(slug: str, image: str, more: str, reason: str) -> None:
    text = POD.format(image=image) + (f"      {more}\n" if more else "")
    preferred, *others = fixes_in(text, slug)
    assert preferred.preferred
    assert (preferred.left_because or "").startswith(reason)
    assert (preferred.left_because or "") in preferred.title
    assert not any(fix.preferred for fix in others)


@pytest.mark.parametrize(
    ("slug", "image", "title"),
    [
        (
            "root-user-allowed",
            "memcached:1.6",
            "Set runAsNonRoot to true and runAsUser to 11211 for the pod: memcached needs it;"
            " any other id will do",
        ),
        ("root-user-allowed", "solr:9", "Set runAsNonRoot to true for the pod"),
        (
            "root-user-allowed",
            "hashicorp/consul:1.19",
            "Set runAsNonRoot to true and runAsUser to 100 for the pod, with"
            " CONSUL_DISABLE_PERM_MGMT and 3 emptyDirs: consul needs it",
        ),
        (
            "root-user-allowed",
            "nginx",
            "Set runAsNonRoot to true and runAsUser to 101 for the pod, with a sysctl and 2"
            " emptyDirs: nginx needs it; any other id will do",
        ),
        (
            "writable-root-filesystem",
            "redis:7",
            "Set readOnlyRootFilesystem to true and mount an emptyDir at /data: redis writes there",
        ),
        ("writable-root-filesystem", "memcached:1.6", "Set readOnlyRootFilesystem to true"),
        (
            "capabilities-not-dropped",
            "caddy:2",
            "Drop all capabilities and keep NET_BIND_SERVICE: caddy needs it to start",
        ),
    ],
)
def test_a_title_names_what_is_written(slug: str, image: str, title: str) -> None:
    preferred = fixes_in(POD.format(image=image), slug)[0]
    assert (preferred.title, preferred.left_because) == (title, None)


def test_an_init_container_is_an_alternative(collected: list[Record]) -> None:
    text = POD.format(image="wordpress:6-apache") + (
        "      volumeMounts: [{name: html, mountPath: /var/www/html}]\n"
        "  volumes: [{name: html, persistentVolumeClaim: {claimName: html}}]\n"
    )
    preferred, filling = fixes_in(text, "root-user-allowed")
    assert preferred.left_because is not None
    assert not outcomes(apply_edits(text, preferred.edits), collected)[0].works
    assert (filling.preferred, filling.left_because) == (False, None)
    filled = harden(analyze(apply_edits(text, filling.edits))).analysis
    assert [each.works for each in outcomes(filled.text, collected)] == [True, True]
    assert left_in(filled) == []


def test_a_team_says_what_its_own_images_need() -> None:
    own = OwnImage("registry.example.com/team/*", user=7000, group=7001, writes=("/var/lib/app",))
    text = POD.format(image="registry.example.com/team/app:1.4.2")
    hardened = harden(analyze(text, Settings(images=(own,)))).text
    (document,) = yaml.safe_load_all(hardened)
    pod = document["spec"]
    context = pod["securityContext"]
    assert [context[key] for key in ("runAsUser", "runAsGroup")] == [7000, 7001]
    assert pod["containers"][0]["volumeMounts"] == [
        {"name": "var-lib-app", "mountPath": "/var/lib/app"}
    ]
    root = OwnImage("registry.example.com/team/*", user=0)
    assert ("root-user-allowed", "app must start as root") in [
        (slug, reason.replace("team/", ""))
        for slug, reason in left_in(harden(analyze(text, Settings(images=(root,)))).analysis)
    ]


def paths(pod: dict[str, Any]) -> Iterator[str]:
    for container in pod["containers"]:
        for mount in container.get("volumeMounts", ()):
            yield mount["mountPath"]


@pytest.mark.parametrize(
    ("mounted", "expected"),
    [
        ("/var/cache/nginx", ["/var/cache/nginx", "/var/run"]),
        ("/var/cache/nginx/", ["/var/cache/nginx/", "/var/run"]),
        ("/var/cache", ["/var/cache", "/var/run"]),
        ("/var", ["/var", "/var/run"]),
        ("/run", ["/run", "/var/cache/nginx"]),
        ("/var/run", ["/var/run", "/var/cache/nginx"]),
        ("/var/run/app", ["/var/run/app", "/var/cache/nginx", "/var/run"]),
        ("/var/cache/nginxes", ["/var/cache/nginxes", "/var/cache/nginx", "/var/run"]),
        ("/etc/nginx", ["/etc/nginx", "/var/cache/nginx", "/var/run"]),
    ],
)
def test_what_is_mounted_counts(mounted: str, expected: Iterable[str]) -> None:
    text = POD.format(image="nginx:1.27") + (
        f"      volumeMounts: [{{name: own, mountPath: {mounted}}}]\n"
        "  volumes: [{name: own, emptyDir: {}}]\n"
    )
    (document,) = yaml.safe_load_all(harden(analyze(text)).text)
    assert list(paths(document["spec"])) == expected
