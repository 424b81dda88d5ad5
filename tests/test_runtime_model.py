"""The model of the runtime says what starting the images showed, and notices a wrong record."""

from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.kubernetes.image_needs import ImageNeeds, needs_of
from k8s_lsp.kubernetes.images import image_of
from tests.image_records import example_of, made_of, may_fix, records, shipped
from tests.runtime_model import Outcome, Record, Spec, outcome, outcomes_in, record_of


def started(
    image: str,
    collected: list[Record],
    *,
    uid: int | None = None,
    add: str = "",
    mounts: str = "",
    claims: str = "",
    env: dict[str, str] | None = None,
    port_start: int = 1024,
    of_pod: dict[str, Any] | None = None,
    copies: bool = False,
    read_only: bool = True,
    escalates: bool = False,
    changed: dict[str, Any] | None = None,
) -> Outcome:
    """What becomes of a pod with one container under drop ALL, as it was started for real."""
    needs = record_of(image, collected)
    assert needs is not None, image
    user = {} if uid is None else {"runAsUser": uid, "runAsGroup": uid, "runAsNonRoot": True}
    places = [*((place, "emptyDir") for place in mounts.split())]
    places += [(place, "persistentVolumeClaim") for place in claims.split()]
    mounted = [{"name": f"v{at}", "mountPath": place} for at, (place, _) in enumerate(places)]
    container: Spec = {
        "name": "app",
        "image": image,
        "env": [{"name": name, "value": value} for name, value in (env or {}).items()],
        "volumeMounts": mounted,
        "securityContext": {
            "allowPrivilegeEscalation": escalates,
            "readOnlyRootFilesystem": read_only,
            "capabilities": {"drop": ["ALL"], "add": add.split()},
        },
    }
    copy = {"name": "copy", "image": image, "command": ["sh", "-c", "cp -r /a/. /b/"]}
    pod: Spec = {
        "securityContext": {**user, **(of_pod or {})},
        "initContainers": [{**copy, "volumeMounts": mounted}] if copies else [],
        "containers": [container],
        "volumes": [{"name": f"v{at}", kind: {}} for at, (_, kind) in enumerate(places)],
    }
    return outcome(pod, container, {**needs, **(changed or {})}, port_start=port_start)


NGINX_MOUNTS = "/var/cache/nginx /var/run"
PGDATA = {"PGDATA": "/var/lib/postgresql/data/pgdata"}
ON_PGDATA = {"PGDATA": "/var/lib/postgresql/data"}
POSTGRES_MOUNTS = "/var/lib/postgresql/data /var/run/postgresql"

STARTED: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("root, drop ALL", "nginx:1.22", {"read_only": False}, "dies", "chown"),
    (
        "root with its capabilities",
        "nginx:1.22",
        {"add": "CHOWN SETGID SETUID NET_BIND_SERVICE", "mounts": NGINX_MOUNTS},
        "runs",
        "",
    ),
    ("no mounts", "nginx:1.22", {"uid": 101, "port_start": 0}, "dies", "/var/cache/nginx: Read"),
    (
        "only the cache",
        "nginx:1.22",
        {"uid": 101, "port_start": 0, "mounts": "/var/cache/nginx"},
        "dies",
        "/run: Read-only",
    ),
    ("no port", "nginx:1.22", {"uid": 101, "mounts": NGINX_MOUNTS}, "dies", "bind"),
    (
        "a useless capability",
        "nginx:1.22",
        {"uid": 101, "mounts": NGINX_MOUNTS, "add": "NET_BIND_SERVICE"},
        "dies",
        "bind() to 0.0.0.0:80",
    ),
    ("101", "nginx:1.22", {"uid": 101, "mounts": NGINX_MOUNTS, "port_start": 0}, "runs", ""),
    ("10001", "nginx:1.22", {"uid": 10001, "mounts": NGINX_MOUNTS, "port_start": 0}, "runs", ""),
    (
        "33",
        "httpd:2.4",
        {"uid": 33, "mounts": "/usr/local/apache2/logs", "port_start": 0},
        "runs",
        "",
    ),
    ("no port", "httpd:2.4", {"uid": 33, "mounts": "/usr/local/apache2/logs"}, "dies", "bind"),
    ("no mount", "httpd:2.4", {"uid": 33, "port_start": 0}, "dies", "/usr/local/apache2/logs"),
    ("root, drop ALL", "httpd:2.4", {"read_only": False, "port_start": 0}, "dies", "setgid"),
    (
        "root with two",
        "httpd:2.4",
        {"read_only": False, "port_start": 0, "add": "SETGID SETUID"},
        "runs",
        "",
    ),
    ("root, drop ALL", "php:8-apache", {"read_only": False, "port_start": 0}, "dies", "setgid"),
    (
        "root with two",
        "php:8-apache",
        {"read_only": False, "port_start": 0, "add": "SETGID SETUID"},
        "runs",
        "",
    ),
    ("/run only", "php:8-apache", {"uid": 33, "mounts": "/run", "port_start": 0}, "runs", ""),
    ("no mount", "php:8-apache", {"uid": 33, "port_start": 0}, "dies", "/run: Read-only"),
    *(
        (
            f"an empty volume of root, {of_pod}",
            "wordpress:6",
            {
                "uid": 33,
                "claims": "/var/www/html",
                "mounts": "/run /tmp",
                "port_start": 0,
                "of_pod": of_pod,
            },
            "dies",
            why,
        )
        for of_pod, why in (({"fsGroup": 33}, "tar"), ({}, "tar"))
    ),
    (
        "filled first",
        "wordpress:6",
        {"uid": 33, "mounts": "/var/www/html /run /tmp", "port_start": 0, "copies": True},
        "runs",
        "",
    ),
    (
        "root with its capabilities",
        "wordpress:6",
        {
            "read_only": False,
            "port_start": 0,
            "add": "CHOWN DAC_OVERRIDE FOWNER SETGID SETUID",
        },
        "runs",
        "",
    ),
    ("root, drop ALL", "redis:7", {"read_only": False}, "dies", "chown"),
    ("no mount", "redis:7", {"uid": 999}, "fails later", "/data"),
    ("999", "redis:7", {"uid": 999, "mounts": "/data"}, "runs", ""),
    ("root, drop ALL", "postgres:15", {"read_only": False}, "dies", "chown"),
    (
        "the first start",
        "postgres:15",
        {"read_only": False, "add": "CHOWN SETGID SETUID"},
        "fails later",
        "DAC_OVERRIDE",
    ),
    (
        "PGDATA is the mount",
        "postgres:15",
        {"uid": 999, "mounts": POSTGRES_MOUNTS, "env": ON_PGDATA},
        "dies",
        "could not change permissions",
    ),
    (
        "PGDATA is the mount by default",
        "postgres:15",
        {"uid": 999, "mounts": POSTGRES_MOUNTS},
        "dies",
        "could not change permissions",
    ),
    (
        "a folder below the mount, and no /tmp",
        "postgres:15",
        {"uid": 999, "mounts": POSTGRES_MOUNTS, "env": PGDATA},
        "runs",
        "",
    ),
    (
        "no folder for the socket",
        "postgres:15",
        {"uid": 999, "mounts": "/var/lib/postgresql/data", "env": PGDATA},
        "dies",
        "/run/postgresql",
    ),
    (
        "12345 without nss_wrapper",
        "postgres:15",
        {"uid": 12345, "mounts": POSTGRES_MOUNTS, "env": PGDATA, "changed": {"any_uid": False}},
        "dies",
        "does not exist",
    ),
    (
        "12345 with the nss_wrapper of the image",
        "postgres:15",
        {"uid": 12345, "mounts": POSTGRES_MOUNTS, "env": PGDATA},
        "runs",
        "",
    ),
    ("no mounts", "memcached:1.6", {"uid": 11211}, "runs", ""),
    (
        "only its data",
        "rabbitmq:3.10",
        {"uid": 999, "mounts": "/var/lib/rabbitmq"},
        "dies",
        "/var/log/rabbitmq",
    ),
    (
        "999",
        "rabbitmq:3.10",
        {"uid": 999, "mounts": "/var/lib/rabbitmq /var/log/rabbitmq"},
        "runs",
        "",
    ),
    (
        "a cookie that fsGroup opens",
        "rabbitmq:3.10",
        {
            "uid": 999,
            "claims": "/var/lib/rabbitmq",
            "mounts": "/var/log/rabbitmq",
            "of_pod": {"fsGroup": 999},
        },
        "dies",
        "owner only",
    ),
    ("root, drop ALL", "mariadb:11", {"read_only": False}, "dies", "chown"),
    (
        "no /tmp",
        "mariadb:11",
        {"uid": 999, "mounts": "/var/lib/mysql /run/mysqld"},
        "dies",
        "/tmp",
    ),
    ("999", "mariadb:11", {"uid": 999, "mounts": "/var/lib/mysql /run/mysqld /tmp"}, "runs", ""),
]


@pytest.fixture(scope="module")
def collected(corpora: Path) -> list[Record]:
    return list(records(corpora))


@pytest.mark.parametrize(
    ("image", "given", "result", "why"),
    [pytest.param(*each[1:], id=f"{each[1]}: {each[0]}") for each in STARTED],
)
def test_the_model_says_what_was_seen(
    collected: list[Record], image: str, given: dict[str, Any], result: str, why: str
) -> None:
    found = started(image, collected, **given)
    assert (found.result, why in found.why) == (result, True), found


FACTS: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("a file capability", "caddy:2.8", {"uid": 1000, "mounts": "/data /config"}, "dies", "exec"),
    ("as root too", "caddy:2.8", {"mounts": "/data /config"}, "dies", "exec"),
    (
        "in the bounding set",
        "caddy:2.8",
        {"uid": 1000, "mounts": "/data /config", "add": "NET_BIND_SERVICE"},
        "runs",
        "",
    ),
    ("no user", "nginx:1.22", {"of_pod": {"runAsNonRoot": True}}, "refused", "as root"),
    ("a name", "memcached:1.6", {"of_pod": {"runAsNonRoot": True}}, "refused", "non-numeric"),
    (
        "a number",
        "grafana/grafana:11.0.0",
        {"of_pod": {"runAsNonRoot": True}, "mounts": "/var/lib/grafana /tmp"},
        "runs",
        "",
    ),
    (
        "root against it",
        "nginx:1.22",
        {"of_pod": {"runAsNonRoot": True, "runAsUser": 0}},
        "refused",
        "breaks",
    ),
    ("no other number", "solr:9", {"uid": 1000, "mounts": "/var/solr /tmp"}, "dies", "exist"),
    ("a claim", "redis:7", {"uid": 999, "claims": "/data"}, "fails later", "Permission"),
    (
        "a claim of its group",
        "redis:7",
        {"uid": 999, "claims": "/data", "of_pod": {"fsGroup": 999}},
        "runs",
        "",
    ),
    (
        "fsGroup once",
        "rabbitmq:3.10",
        {
            "uid": 999,
            "claims": "/var/lib/rabbitmq",
            "mounts": "/var/log/rabbitmq",
            "of_pod": {"fsGroup": 999, "fsGroupChangePolicy": "OnRootMismatch"},
        },
        "runs",
        "",
    ),
    (
        "a sysctl",
        "nginx:1.22",
        {
            "uid": 101,
            "mounts": NGINX_MOUNTS,
            "of_pod": {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "80"}]},
        },
        "runs",
        "",
    ),
    ("a variable", "hashicorp/consul:1.20", {"uid": 100, "mounts": "/consul /tmp"}, "dies", "PERM"),
    ("no root", "gitea/gitea:1.22", {"uid": 1000, "read_only": False}, "dies", "be root"),
    ("the image's files", "zookeeper:3.9", {"uid": 1000, "mounts": "/"}, "dies", "files"),
]


@pytest.mark.parametrize(
    ("image", "given", "result", "why"),
    [pytest.param(*each[1:], id=f"{each[1]}: {each[0]}") for each in FACTS],
)
def test_the_model_keeps_to_the_facts_of_the_runtime(
    collected: list[Record], image: str, given: dict[str, Any], result: str, why: str
) -> None:
    found = started(image, collected, **given)
    assert (found.result, why in found.why) == (result, True), found


PLAIN: dict[str, Any] = {"caps_uid": [], "ports": [80]}
FILE: dict[str, Any] = {"caps_uid": ["NET_BIND_SERVICE"], "ports": [80]}
IN_SHELL = {**FILE, "starts_in_shell": True}
NET_BIND = "NET_BIND_SERVICE"


@pytest.mark.parametrize(
    ("uid", "add", "escalates", "port_start", "program", "why"),
    [
        (101, "", False, 1024, PLAIN, "bind()"),
        (101, "", False, 0, PLAIN, ""),
        (101, NET_BIND, False, 1024, PLAIN, "bind()"),
        (101, NET_BIND, True, 1024, PLAIN, "bind()"),
        (101, NET_BIND, False, 1024, FILE, ""),
        (101, NET_BIND, True, 1024, FILE, ""),
        (101, NET_BIND, False, 1024, IN_SHELL, "bind()"),
        (101, NET_BIND, True, 1024, IN_SHELL, ""),
        (101, "", False, 0, FILE, "exec"),
        (101, "", True, 1024, FILE, "exec"),
        (None, "", False, 0, FILE, "exec"),
        (None, "", False, 1024, PLAIN, "bind()"),
        (None, NET_BIND, False, 1024, PLAIN, ""),
    ],
)
def test_the_model_knows_who_may_listen_on_low_ports(
    collected: list[Record],
    uid: int | None,
    add: str,
    escalates: bool,
    port_start: int,
    program: dict[str, Any],
    why: str,
) -> None:
    found = started(
        "caddy:2",
        collected,
        uid=uid,
        add=add,
        escalates=escalates,
        port_start=port_start,
        mounts="/data /config",
        changed=program,
    )
    assert found.works == (not why)
    assert found.why.startswith(why)


def test_every_worked_example_starts(corpora: Path, collected: list[Record]) -> None:
    folder = corpora / "images" / "examples"
    found = {
        path.parent.name: list(outcomes_in(path.read_text(encoding="utf-8"), collected))
        for path in sorted(folder.glob("*/after.yaml"))
    }
    assert len(found) >= 10
    assert all(found.values())
    assert [
        (name, *each) for name, some in found.items() for each in some if not each[1].works
    ] == []


# What the package knows, judged by the records as they were collected.


def pod_by(needs: ImageNeeds, image: str) -> dict[str, Any]:
    """A pod spec with all that a record says a container needs, and no more than it allows."""
    drops_root = needs.runs_as in ("yes", "with-mounts") and needs.uid is not None
    of_pod: dict[str, Any] = {}
    if drops_root:
        of_pod["runAsNonRoot"] = True
        if not needs.nonroot_suffices:
            of_pod["runAsUser"] = needs.uid
        if needs.data:
            of_pod["fsGroup"] = needs.gid or needs.uid
            of_pod["fsGroupChangePolicy"] = "OnRootMismatch"
        if needs.low_port and "NET_BIND_SERVICE" not in needs.caps_uid:
            sysctl = {"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}
            of_pod["sysctls"] = [sysctl]
    added = needs.caps_uid if drops_root else (*needs.caps_root, "NET_BIND_SERVICE")
    volumes = dict.fromkeys(needs.data, "persistentVolumeClaim")
    volumes |= {place: "emptyDir" for place in needs.writes if place not in volumes}
    mounts = [{"name": f"v{at}", "mountPath": place} for at, place in enumerate(volumes)]
    container = {
        "name": "app",
        "image": image,
        "env": [{"name": name, "value": value} for name, value in needs.env],
        "volumeMounts": mounts,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": needs.read_only == "yes",
            "capabilities": {"drop": ["ALL"], "add": list(added)},
        },
    }
    first = {"name": "first", "image": image, "command": ["sh", "-c", needs.init]}
    return {
        "automountServiceAccountToken": needs.needs_token,
        "securityContext": of_pod,
        "initContainers": [{**first, "volumeMounts": mounts}] if needs.init else [],
        "containers": [container],
        "volumes": [{"name": f"v{at}", kind: {}} for at, kind in enumerate(volumes.values())],
    }


def known(image: str) -> ImageNeeds:
    found = needs_of(image_of(image))
    assert found is not None, image
    return found


def test_by_its_record_every_image_starts(collected: list[Record]) -> None:
    """Were a number, a folder, a variable or a capability of the table wrong, one would not."""
    failed = []
    for record, made in made_of([dict(each) for each in collected]):
        image = example_of(made)
        if may_fix(record):
            pod = pod_by(known(image), image)
            found = outcome(pod, pod["containers"][0], record)
            if not found.works:
                failed.append((image, found))
    assert failed == []


@pytest.mark.parametrize("record", [record for record, _ in shipped()])
def test_no_record_contradicts_itself(record: Record) -> None:
    image = example_of(dict(record))
    pod = pod_by(known(image), image)
    needs = {"user": None, "uid": None, "ports": [], **record}
    found = outcome(pod, pod["containers"][0], needs)
    assert found.works, found


@pytest.mark.parametrize(
    ("image", "mistake", "why"),
    [
        ("nginx:1.27", {"writes": ("/var/cache/nginx",)}, "/run: Read-only"),
        ("nginx:1.27", {"low_port": False}, "bind"),
        ("solr:9", {"uid": 8984, "start": "root"}, "8984 does not exist"),
        ("memcached:1.6", {"start": "number"}, "non-numeric"),
        ("hashicorp/consul:1.20", {"env": ()}, "CONSUL_DISABLE_PERM_MGMT"),
        ("postgres:16", {"env": ()}, "permissions of directory"),
        ("postgres:16", {"data": (), "env": ()}, "/var/lib/postgresql/data: Read-only"),
        ("wordpress:6", {"init": None}, "tar"),
        ("caddy:2", {"caps_uid": ()}, "exec"),
        ("zookeeper:3.9", {"read_only": "yes"}, "/conf: Read-only"),
        ("zookeeper:3.9", {"writes": ("/conf", "/datalog", "/logs", "/tmp")}, "files"),
        ("gitea/gitea:1.22", {"runs_as": "yes"}, "it must be root"),
        ("mariadb:11", {"data": ()}, "/var/lib/mysql"),
        ("registry.k8s.io/external-dns/external-dns:v0.15", {"needs_token": False}, "token"),
    ],
)
def test_a_mistake_in_a_record_is_noticed(
    collected: list[Record], image: str, mistake: dict[str, Any], why: str
) -> None:
    record = record_of(image, collected)
    assert record is not None
    right, wrong = (
        outcome(pod, pod["containers"][0], record)
        for pod in (
            pod_by(needs, image) for needs in (known(image), known(image)._replace(**mistake))
        )
    )
    assert right.works, right
    assert not wrong.works
    assert why in wrong.why
