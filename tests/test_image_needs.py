"""What is known of images: the table, how a reference finds its record, and the settings' own."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from k8s_lsp.kubernetes.capabilities import CAPABILITIES
from k8s_lsp.kubernetes.image_needs import (
    ImageNeeds,
    ImageNotes,
    ImageSource,
    ReadOnly,
    RunsAs,
    Start,
    needs_of,
    notes_of,
)
from k8s_lsp.kubernetes.images import image_of
from k8s_lsp.settings import OwnImage
from tests import image_records
from tests.image_records import (
    ADDED,
    CHANGES,
    FACTS,
    FILES,
    LEFT_OUT,
    Notes,
    Record,
    example_of,
    made_of,
    may_fix,
    records,
    shipped,
    table_of,
)

DIGEST = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
KUBE_STATE_METRICS = "registry.k8s.io/kube-state-metrics/kube-state-metrics"
PLACES = ("volumes", "writes", "copies", "data")


def needs(text: str) -> ImageNeeds:
    found = needs_of(image_of(text))
    assert found is not None, text
    return found


def test_the_table_is_current(corpora: Path, update: bool) -> None:
    for file, made in zip(FILES, table_of(records(corpora)), strict=True):
        if update:
            file.write_text(made, encoding="utf-8")
        written = file.read_text(encoding="utf-8")
        assert written == made, "run: python -m pytest tests/test_image_needs.py --update"


def test_a_record_is_kept_that_was_written_by_hand(
    corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = ({"image": "acme/app", "start": "number"}, ["a note", [["acme/app", "abc", "a", "1"]]])
    monkeypatch.setattr(image_records, "shipped", lambda: [*shipped(), ours])
    for text, record in zip(table_of(records(corpora)), ours, strict=True):
        assert json.loads(text)[-1] == record


@pytest.mark.parametrize(("record", "notes"), shipped())
def test_every_record_says_what_it_must(record: Record, notes: Notes) -> None:
    note, sources = notes
    assert set(record) <= set(FACTS)
    assert record["start"] in get_args(Start)
    assert record["runs_as"] in get_args(RunsAs)
    assert record["read_only"] in get_args(ReadOnly)
    assert record["confidence"] in ("read", "inferred", "unknown")
    assert isinstance(note, str)
    assert bool(sources) == (record["confidence"] != "unknown")
    assert all(len(source) in (1, 4) and all(source[:3]) for source in sources)
    assert (record.get("uid") is not None) or record["runs_as"] in ("no", "unknown", "with-mounts")
    assert (record["start"] in ("number", "name")) <= (record.get("user") is not None)
    assert re.fullmatch(r"(\*|(>=|<)[0-9.]+( <[0-9.]+)?|[0-9]+\.\*)", record.get("versions", "*"))
    places = [place for key in PLACES for place in record.get(key, ())]
    assert [place for place in places if not re.fullmatch(r"(/[\w.<>-]+)+", place)] == []
    assert all(0 < port < 65536 for port in record.get("ports", ()))
    names = (record["image"], *record.get("also", ()))
    assert [name for name in names if image_of(name.replace("*", "app")) is None] == []
    assert {*record.get("caps_root", ()), *record.get("caps_uid", ())} <= CAPABILITIES
    assert not {*record.get("copies", ())} & {*record.get("writes", ()), *record.get("data", ())}
    found = needs(example_of(record))
    assert (found.name, found.uid, found.start) == (
        record["image"],
        record.get("uid"),
        record["start"],
    )


def test_every_record_that_may_fix_is_found(corpora: Path) -> None:
    collected = records(corpora)
    missed = []
    for record, made in made_of(collected):
        found = needs_of(image_of(example_of(made)))
        told = found is not None and found.name == made["image"] and found.uid == made["uid"]
        if not told and record["image"] not in LEFT_OUT:
            missed.append((record["image"], example_of(made), found))
    assert missed == []
    named = {made["image"] for _, made in made_of(collected)} | LEFT_OUT.keys()
    wanted = {record["image"].removeprefix("docker.io/") for record in collected}
    assert wanted <= named
    assert all(may_fix(record) for record in collected if record["image"] in LEFT_OUT)


def test_every_change_changes_a_record(corpora: Path) -> None:
    keys = [(record["image"], record.get("tags")) for record in records(corpora)]
    assert [(each.image, each.tags) for each in CHANGES if keys.count(each[:2]) != 1] == []
    assert [each[:2] for each in ADDED if each[:2] not in keys] == []
    assert all(len(each.reason.split()) > 4 for each in CHANGES)


def test_general_knowledge_never_fixes(corpora: Path) -> None:
    for record, made in made_of(records(corpora)):
        found = needs(example_of(made))
        assert found.may_fix == may_fix(record), record["image"]


@pytest.mark.parametrize(
    ("text", "name", "uid"),
    [
        # The names of one image, and mirrors of Docker Hub.
        ("nginx", "nginx", 101),
        ("library/nginx", "nginx", 101),
        ("docker.io/nginx", "nginx", 101),
        ("docker.io/library/nginx:1.27", "nginx", 101),
        ("index.docker.io/library/nginx:1.27", "nginx", 101),
        ("registry-1.docker.io/library/nginx:1.27", "nginx", 101),
        ("public.ecr.aws/docker/library/nginx:1.27", "nginx", 101),
        ("mirror.gcr.io/library/nginx:1.27", "nginx", 101),
        ("mirror.gcr.io/nginx:1.27", "nginx", 101),
        ("mirror.gcr.io/grafana/loki:3", "grafana/loki", 10001),
        ("k8s.gcr.io/kube-state-metrics/kube-state-metrics:v2.4", KUBE_STATE_METRICS, 65534),
        ("quay.io/prometheus/prometheus:v2.54.1", "prom/prometheus", 65534),
        ("docker.elastic.co/kibana/kibana:8.15.0", "kibana", 1000),
        # Patterns of names; a name wins over a pattern.
        ("bitnami/redis:7.2", "bitnami/*", 1001),
        ("gcr.io/distroless/static-debian12:nonroot", "gcr.io/distroless/*", 65532),
        ("ghcr.io/fluxcd/kustomize-controller:v1.4", "ghcr.io/fluxcd/source-controller", 65534),
        ("bitnami/minideb", "debian", 1000),
        # The words of a tag, before its number.
        ("postgres:16", "postgres", 999),
        ("postgres:16-alpine", "postgres", 70),
        ("postgres:16-alpine3.22", "postgres", 70),
        ("postgres:alpine", "postgres", 70),
        ("httpd:2.4-alpine", "httpd", 82),
        ("php:8.3-fpm", "php", 33),
        ("php:8.3-fpm-alpine3.20", "php", 82),
        ("prom/prometheus:v3.1.0-distroless", "prom/prometheus", 65532),
        ("redis:8-alpine", "redis", 999),
        # Digests do not count beside a tag, and alone stand for the newest version.
        (f"postgres:16-alpine@{DIGEST}", "postgres", 70),
        (f"prom/prometheus@{DIGEST}", "prom/prometheus", 65534),
    ],
)
def test_a_reference_finds_its_record(text: str, name: str, uid: int) -> None:
    found = needs(text)
    assert (found.name, found.uid) == (name, uid)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("haproxy:2.3", "root"),
        ("haproxy:2.3.14-alpine", "root"),
        ("haproxy:2.4", "name"),
        ("haproxy:2.10", "name"),
        # The newest of its series is meant.
        ("haproxy:2", "name"),
        ("haproxy:1", "root"),
        ("haproxy", "name"),
        ("haproxy:lts", "name"),
        ("elasticsearch:7.17.24", "root-drops"),
        ("elasticsearch:8.4.3", "name"),
        ("elasticsearch:8.11.0", "number"),
        ("elasticsearch:8", "number"),
        ("influxdb:1.8", "root"),
        ("influxdb:2.7", "root-drops"),
        ("influxdb:3-core", "name"),
        ("grafana/grafana:7.2.0", "name"),
        ("grafana/grafana:v11.0.0", "number"),
        ("registry.k8s.io/coredns/coredns:v1.10.1", "root"),
        ("registry.k8s.io/coredns/coredns:v1.11.0", "name"),
        ("gitea/gitea:1.22", "root-needed"),
        ("gitea/gitea:1.22-rootless", "number"),
        # A commit is no number.
        ("haproxy:1f4e2c9", "name"),
    ],
)
def test_the_tag_chooses_the_version(text: str, start: str) -> None:
    assert needs(text).start == start


@pytest.mark.parametrize(
    ("text", "guessed"),
    [
        ("nginx", False),
        ("nginx:latest", False),
        ("redis:alpine", False),
        ("haproxy", False),
        ("postgres:16", False),
        ("postgres", True),
        (f"postgres@{DIGEST}", True),
        ("postgres:alpine", True),
        ("influxdb:latest", True),
        ("grafana/grafana", True),
        ("memcached", False),
    ],
)
def test_a_tag_without_a_number_is_a_guess_where_versions_differ(text: str, guessed: bool) -> None:
    assert needs(text).guessed == guessed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$IMAGE",
        "registry.example.com/nginx:1.27",
        "registry.example.com/library/nginx:1.27",
        "acme/nginx",
        "nginx/nginx",
        "mirror.gcr.io/acme/nginx",
        "public.ecr.aws/acme/nginx",
        "mysql:5.6",
        "memcached:1.4",
        "grafana/grafana:4.6.3",
        "valkey/valkey:7.2",
        # Nobody read what the account's number is there.
        "rabbitmq:3.13-alpine",
        "postgis/postgis:16-3.4-alpine",
        "timescale/timescaledb:latest-pg16",
        "fluent/fluentd:v1.17",
        "wordpress:6-fpm-alpine",
        "quay.io/k8scsi/other",
        "bitnamiapp/redis",
    ],
)
def test_of_other_images_nothing_is_known(text: str) -> None:
    assert needs_of(image_of(text)) is None


def test_a_record_says_all_that_a_fix_needs() -> None:
    found = needs("postgres:16")
    assert found.env == (("PGDATA", "/var/lib/postgresql/data/pgdata"),)
    assert (found.writes, found.data) == (
        ("/var/run/postgresql", "/tmp"),
        ("/var/lib/postgresql/data",),
    )
    assert needs("grafana/grafana:11.0.0").gid == 0
    assert needs("caddy:2").caps_uid == ("NET_BIND_SERVICE",)
    assert needs("zookeeper:3.9").copies == ("/conf",)
    assert needs("bitnami/redis:7").data == ("/bitnami/redis",)
    assert needs("registry.k8s.io/kube-proxy:v1.30").uid is None
    assert [needs(text).low_port for text in ("nginx", "redis")] == [True, False]
    assert [needs(text).starts_as_root for text in ("nginx", "memcached", "busybox")] == [
        True,
        False,
        True,
    ]
    assert [needs(text).nonroot_suffices for text in ("prom/prometheus:v2.54.1", "solr:9")] == [
        False,
        True,
    ]


def test_each_file_is_read_when_it_is_asked_for() -> None:
    script = """
import sys
read = []
sys.addaudithook(lambda event, given: read.append(str(given[0])) if event == "open" else None)
from k8s_lsp.features import hover
from k8s_lsp.kubernetes.image_needs import needs_of, notes_of
from k8s_lsp.kubernetes.images import image_of
def told(): return sum("image_needs.json" in each for each in read), sum(
    "image_sources.json" in each for each in read)
print(*told())
needs = needs_of(image_of("nginx"))
needs_of(image_of("redis"))
print(*told())
notes_of(needs)
print(*told())
"""
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["0", "0", "1", "0", "1", "1"]


def test_most_containers_that_others_wrote_are_known(corpora: Path) -> None:
    """A fix may act on more than 45 % of the containers that name an image."""
    images = [
        image
        for path in sorted((corpora / "real").rglob("*.y*ml"))
        for image in re.findall(
            r"^[ -]*image: *[\"']?([^\s\"'#{]+)", path.read_text("utf-8", "replace"), re.MULTILINE
        )
    ]
    found = [needs_of(image_of(image)) for image in images]
    covered = sum(each is not None and each.may_fix for each in found)
    assert len(images) > 500
    assert covered / len(images) >= 0.45, (covered, len(images))


# What the settings say.

OWN = (
    OwnImage("registry.example.com/team/web", 1001, 0, (80,), writes=("/run",), needs_token=True),
    OwnImage("registry.example.com/team/*", 1000, read_only=False),
    OwnImage("nginx", 0, capabilities=("NET_RAW",)),
    OwnImage("*/mirror/redis", 5),
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("registry.example.com/team/web:1.2", "registry.example.com/team/web"),
        ("registry.example.com/team/web", "registry.example.com/team/web"),
        ("registry.example.com/team/web2", "registry.example.com/team/*"),
        ("registry.example.com/team/a/b:1", "registry.example.com/team/*"),
        ("registry.example.com/other", None),
        ("registry.example.com.evil.org/team/a", None),
        ("registryXexample.com/team/a", None),
        # Before the table.
        ("nginx:1.27", "nginx"),
        ("docker.io/library/nginx", "nginx"),
        ("acme/nginx", None),
        ("quay.io/mirror/redis:7", "*/mirror/redis"),
        ("redis:7", "redis"),
    ],
)
def test_the_first_record_of_the_settings_whose_name_fits_counts(
    text: str, name: str | None
) -> None:
    found = needs_of(image_of(text), OWN)
    assert (found and found.name) == name


def test_a_record_of_the_settings_may_fix() -> None:
    web, team, nginx, _ = (needs_of(image_of(each.name.replace("*", "x")), OWN) for each in OWN)
    assert web is not None
    assert team is not None
    assert nginx is not None
    assert [each.may_fix for each in (web, team, nginx)] == [True, True, True]
    assert (web.uid, web.gid, web.low_port, web.needs_token) == (1001, 0, True, True)
    assert (web.read_only, web.writes, web.start) == ("yes", ("/run",), "name")
    assert (team.uid, team.gid, team.read_only) == (1000, 1000, "no")
    assert (nginx.runs_as, nginx.start, nginx.caps_root) == ("no", "root-needed", ("NET_RAW",))
    assert notes_of(web) == ImageNotes("", ())


def test_the_sources_are_those_of_the_records() -> None:
    note, sources = notes_of(needs("nginx:1.27"))
    assert note.startswith("master stays root")
    assert sources[0] == ImageSource(
        "nginx/docker-nginx/stable/debian/Dockerfile",
        "https://github.com/nginx/docker-nginx/blob/0d7f4380c735/stable/debian/Dockerfile#L19",
    )
    assert notes_of(needs("docker.elastic.co/eck/eck-operator:2.14")).sources == (
        ImageSource("30 of 30: runAsNonRoot without runAsUser, 23 read-only: numeric user", ""),
    )
    for row in range(len(shipped())):
        found = notes_of(needs("nginx")._replace(row=row))
        assert all(each.text and "find_string" not in each.text for each in found.sources)
        for each in found.sources:
            assert re.fullmatch(r"|https://github\.com/[\w./-]+(#L[0-9]+)?", each.link), each
