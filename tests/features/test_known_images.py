"""Hover: what is known of an image, and whether it starts once a finding is mended."""

import re

import pytest
from lsprotocol import types

from k8s_lsp.features.client import Client
from k8s_lsp.features.hover import hover_at
from k8s_lsp.features.known_images import MOST_LINES
from k8s_lsp.settings import Level, OwnImage, Settings
from tests.features.opened import opened, place
from tests.image_records import example_of, shipped

MARKDOWN = Client(markdown_hover=True)
PLAIN = Client()


def pod(image: str, rest: str = "") -> str:
    return f"""\
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  containers:
    - name: app
      image: {image}
{rest}"""


def hovered(
    text: str, token: str, settings: Settings | None = None, client: Client = MARKDOWN
) -> str:
    document = opened(text, settings or Settings(profile="baseline"), client.encoding)
    hover = hover_at(document, client, place(text, token, client.encoding))
    if hover is None:
        return ""
    assert isinstance(hover.contents, types.MarkupContent)
    return hover.contents.value


def about(image: str, settings: Settings | None = None, client: Client = MARKDOWN) -> str:
    return hovered(pod(image), "image: ", settings, client)


NGINX = """\
**nginx** starts as root.

- It can start as `runAsUser: 101`, `runAsGroup: 101` (`nginx` in the image) with what is said below
- Any other number works too
- It writes to `/var/cache/nginx`, `/var/run`: an `emptyDir` each does
- It listens on 80; below 1024, whoever is not root needs the sysctl \
`net.ipv4.ip_unprivileged_port_start: "0"` or another port
- As root, where all capabilities are dropped, it needs `CHOWN`, `NET_BIND_SERVICE`, `SETGID`, \
`SETUID`
- Needs less: nginxinc/nginx-unprivileged
"""


def test_the_image_tells_what_it_needs() -> None:
    text = about("nginx:1.27")
    assert text.startswith(NGINX)
    assert "\n- Note: master stays root" in text
    source = "[nginx/docker-nginx/stable/debian/Dockerfile](https://github.com/nginx/docker-nginx"
    assert (
        f"\n- Source: {source}/blob/0d7f4380c735/stable/debian/Dockerfile#L19) and 3 more" in text
    )
    assert hovered(pod("nginx:1.27"), "nginx") == text


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("postgres:16", "Without root, it needs `PGDATA=/var/lib/postgresql/data/pgdata`"),
        ("postgres:16", "keeps data in `/var/lib/postgresql/data`; what another user wrote"),
        ("postgres", "The tag names no version, and versions differ"),
        ("wordpress:6", "an init container must run `cp -r /usr/src/wordpress/. /var/www/html/`"),
        ("memcached:1.6", "user `memcache`. That is a name: the kubelet refuses `runAsNonRoot`"),
        ("solr:9", "**solr** starts as user `8983`."),
        ("caddy:2", "80, 443, 2019; below 1024 it listens by the capability `NET_BIND_SERVICE`"),
        ("zookeeper:3.9", "It changes its own files in `/conf`: under a read-only root"),
        ("gitea/gitea:1.22", "starts as root and cannot do without."),
        ("gitea/gitea:1.22", "It does not run with a read-only root"),
        ("node:20", "is a base: it runs as root, and what it runs, your command decides."),
        ("external-dns", ""),
        ("registry.k8s.io/external-dns/external-dns:v0.15.0", "API server and needs its token"),
        ("prom/node-exporter:v1.8.2", "It needs of its node: hostNetwork, hostPID"),
        ("quay.io/cilium/cilium:v1.16.0", "as far as is generally known"),
        ("quay.io/cilium/cilium:v1.16.0", "nothing was read, and no fix goes by it"),
        ("docker.elastic.co/eck/eck-operator:2.14.0", "- Source, inferred: 30 of 30"),
    ],
)
def test_what_else_is_said_of_images(image: str, expected: str) -> None:
    text = about(image)
    assert expected in text
    assert ("- Source" in text) == bool(expected)


@pytest.mark.parametrize(
    "text",
    [
        pod("registry.example.com/app:1"),
        pod("$IMAGE"),
        pod('""'),
        "apiVersion: v1\nkind: Thing\nmetadata: {name: a}\nspec: {image: nginx:1.27}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {image: nginx:1.27}\n",
    ],
)
def test_of_other_images_and_elsewhere_nothing_is_said(text: str) -> None:
    assert "- Source" not in hovered(text, "image")


def test_no_image_takes_more_lines_than_fit() -> None:
    for record, _ in shipped():
        text = about(example_of(record))
        assert 3 <= len(text.split("\n")) <= MOST_LINES, text
        # What a link says and a note quotes marks up nothing.
        assert "\n- Source" in text
        assert not re.search(r"(?<!\\)<|!\[", text), text


def test_the_settings_go_before_the_table_and_mark_up_nothing() -> None:
    own = OwnImage("nginx", 7, instead="[a](https://evil.example.com) `b` <i>")
    text = about("nginx:1.27", Settings(profile="baseline", images=(own,)))
    assert text.startswith("**nginx** runs as user 7.")
    assert "Needs less: \\[a\\](https\\://evil.example.com) \\`b\\` \\<i>" in text
    assert text.endswith("- Source: your settings")


def test_a_client_without_markdown_gets_plain_text() -> None:
    text = about("nginx:1.27", client=PLAIN)
    assert text.startswith("nginx starts as root.")
    assert "**" not in text and "](" not in text
    assert "Dockerfile (https://github.com/nginx/" in text


MOUNTED = """\
      volumeMounts:
        - {name: cache, mountPath: /var/cache/nginx}
        - {name: run, mountPath: /run/}
"""


@pytest.mark.parametrize(
    ("image", "rest", "slug", "expected"),
    [
        (
            "nginx:1.27",
            "",
            "root-user-allowed",
            "**nginx** starts as root: it will not start without `runAsUser: 101`, the sysctl "
            "`net.ipv4.ip_unprivileged_port_start` for port 80 and writable `/var/cache/nginx`, "
            "`/var/run`.",
        ),
        (
            "nginx:1.27",
            "      securityContext: {runAsUser: 101}\n" + MOUNTED,
            "root-user-allowed",
            "**nginx** starts as root: it will not start without the sysctl "
            "`net.ipv4.ip_unprivileged_port_start` for port 80.",
        ),
        (
            "redis:7",
            "      securityContext: {runAsUser: 0}\n",
            "root-user",
            "**redis** starts as root: it will not start without `runAsUser: 999`.",
        ),
        ("solr:9", "", "root-user-allowed", "**solr** starts as user `8983`: it will start."),
        (
            "memcached:1.6",
            "",
            "root-user-allowed",
            "**memcached** starts as user `memcache`, a name: it will not start without "
            "`runAsUser: 11211`.",
        ),
        (
            "gitea/gitea:1.22",
            "",
            "root-user-allowed",
            "**gitea/gitea** must be root: it will not start as another user. "
            r"Needs less: gitea/gitea:\<version>-rootless.",
        ),
        (
            "hashicorp/consul:1.20",
            "      command: [consul, agent]\n",
            "root-user-allowed",
            "**hashicorp/consul** starts as root: it will not start without `runAsUser: 100` and "
            "writable `/consul/config`, `/tmp`, `/consul/data`.",
        ),
        (
            "nginx:1.27",
            "",
            "writable-root-filesystem",
            "**nginx** writes to its root: it will not start without writable `/var/cache/nginx`, "
            "`/var/run`.",
        ),
        (
            "nginx:1.27",
            MOUNTED,
            "writable-root-filesystem",
            "**nginx** has what it needs: it will start.",
        ),
        (
            "zookeeper:3.9",
            "",
            "writable-root-filesystem",
            "**zookeeper** will not start with a read-only root unless its own files are copied "
            "into a volume at `/conf` first.",
        ),
        (
            "gitea/gitea:1.22",
            "",
            "writable-root-filesystem",
            "**gitea/gitea** will not work with a read-only root.",
        ),
        (
            "nginx:1.27",
            "",
            "capabilities-not-dropped",
            "**nginx** starts as root: it will not start without `CHOWN`, `NET_BIND_SERVICE`, "
            "`SETGID`, `SETUID`, unless it starts as user 101.",
        ),
        (
            "nginx:1.27",
            "      securityContext: {runAsUser: 101}\n",
            "capabilities-not-dropped",
            "**nginx** needs none of them: it will start.",
        ),
        (
            "caddy:2",
            "      securityContext: {runAsUser: 1000}\n",
            "capabilities-not-dropped",
            "**caddy** needs a capability as any user: it will not start without "
            "`NET_BIND_SERVICE`.",
        ),
        (
            "traefik:v3",
            "",
            "service-account-token-mounted",
            "**traefik** talks to the API server: it will not work without the token.",
        ),
        (
            "redis:7",
            "",
            "service-account-token-mounted",
            "**redis** does not use the token: it will start.",
        ),
        (
            "quay.io/cilium/cilium:v1",
            "",
            "writable-root-filesystem",
            "**quay.io/cilium/cilium** may not work with a read-only root. "
            "(General knowledge: nothing was read.)",
        ),
    ],
)
def test_a_finding_says_whether_this_image_will_start(
    image: str, rest: str, slug: str, expected: str
) -> None:
    text = pod(image, rest)
    assert expected in verdict(text, slug)
    unknown = re.sub("image: .*", "image: registry.example.com/app:1", text)
    assert "will start" not in hovered(unknown, "app\n", alone(slug))


SYSCTL = "net.ipv4.ip_unprivileged_port_start"
OF_NGINX = "**nginx** starts as root: it will not start without `runAsUser: 101`"


@pytest.mark.parametrize(
    ("image", "rest", "slug", "expected"),
    [
        # The pod has set it already.
        (
            "nginx:1.27",
            f"{MOUNTED}  securityContext: {{sysctls: [{{name: {SYSCTL}, value: '0'}}]}}\n",
            "root-user-allowed",
            f"{OF_NGINX}.",
        ),
        # A configuration may have moved the port, and the manifest says that it has.
        (
            "nginx:1.27",
            "      ports: [{containerPort: 8080}]\n"
            f"{MOUNTED}        - {{name: conf, mountPath: /etc/nginx/conf.d}}\n"
            "  volumes: [{name: conf, configMap: {name: conf}}]\n",
            "root-user-allowed",
            f"{OF_NGINX}.",
        ),
        # What the image listens on is not asked for beside a command, what is declared counts.
        (
            "nginx:1.27",
            f"      command: [nginx]\n{MOUNTED}",
            "root-user-allowed",
            f"{OF_NGINX}.",
        ),
        (
            "redis:7",
            "      ports: [{containerPort: 443}]\n",
            "root-user-allowed",
            "**redis** starts as root: it will not start without `runAsUser: 999` and the sysctl "
            f"`{SYSCTL}` for port 443.",
        ),
        # The kubelet refuses the sysctl in the network of its node.
        (
            "nginx:1.27",
            f"{MOUNTED}  hostNetwork: true\n",
            "root-user-allowed",
            f"{OF_NGINX} and another port of its node than 80.",
        ),
        # One folder has several names.
        (
            "nginx:1.27",
            "      volumeMounts:\n"
            "        - {name: cache, mountPath: /var//cache/nginx/../nginx}\n"
            "        - {name: run, mountPath: /run}\n",
            "writable-root-filesystem",
            "**nginx** has what it needs: it will start.",
        ),
        (
            "zookeeper:3.9",
            "      volumeMounts: [{name: conf, mountPath: /conf}]\n",
            "writable-root-filesystem",
            "**zookeeper** writes to its root: it will not start without writable "
            "`/datalog`, `/logs`, `/tmp`, `/data`.",
        ),
        # The container adds it beside what it drops.
        (
            "caddy:2",
            "      securityContext: {runAsUser: 1000, capabilities: {add: [NET_BIND_SERVICE]}}\n",
            "capabilities-not-dropped",
            "**caddy** needs none of them: it will start.",
        ),
    ],
)
def test_what_the_pod_says_already_counts(image: str, rest: str, slug: str, expected: str) -> None:
    assert expected in verdict(pod(image, rest), slug)


def alone(slug: str) -> Settings:
    """One rule at a time, so that its line stands alone."""
    off = ("writable-root-filesystem", "root-user-allowed", "capabilities-not-dropped")
    rules: list[tuple[str, Level]] = [(each, "off") for each in off]
    rules += [("service-account-token-mounted", "off"), ("root-user", "off"), (slug, "warning")]
    rules += [("host-network", "off")]
    return Settings(profile="baseline", rules=tuple(rules))


def verdict(text: str, slug: str) -> list[str]:
    """The lines of the hover on the one finding of a rule."""
    document = opened(text, alone(slug), "utf-16")
    (found,) = (each for result in document.analysis.units for each in result.published)
    at = document.lines.position_of(found.finding.span.start)
    hover = hover_at(document, MARKDOWN, at)
    assert hover is not None and isinstance(hover.contents, types.MarkupContent)
    return hover.contents.value.split("\n")


def test_a_finding_of_the_pod_says_it_of_each_image_once() -> None:
    text = pod("nginx:1.27") + "".join(
        f"    - {{name: {name}, image: '{image}'}}\n"
        for name, image in (("b", "traefik:v3"), ("c", "nginx:1.27"), ("d", "acme/app"))
    )
    chosen = Settings(profile="baseline", rules=(("service-account-token-mounted", "warning"),))
    said = [line.rstrip() for line in hovered(text, "spec", chosen).split("\n")]
    assert said.count("**nginx** does not use the token: it will start.") == 1
    assert sum("it will not work without the token" in line for line in said) == 1
