"""What the command of a container tells, and what it does not: neighbours in both directions."""

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.kubernetes.commands import (
    Command,
    commands_of,
    home_of_root_in,
    installed_by,
    node_program_in,
    owned_by_root,
    root_in_command,
    unwritable_in,
)
from k8s_lsp.kubernetes.pods import Container

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  volumes: [{name: data, emptyDir: {}}, {name: old, persistentVolumeClaim: {claimName: old}}]
  containers:
  - name: app
    image: example.com/app:1.4.2
    volumeMounts: [{name: data, mountPath: /data}, {name: old, mountPath: /old}]
"""


def container_of(more: str) -> Container:
    """The container of a pod, with more fields."""
    lines = "".join(f"    {line}\n" for line in more.splitlines())
    (container,) = analyze(POD + lines).units[0].containers()
    return container


def running(script: str) -> Container:
    """A container whose shell runs a script."""
    lines = "".join(f"  {line}\n" for line in script.splitlines())
    return container_of(f"command:\n- sh\n- -c\n- |\n{lines}")


def programs(container: Container) -> list[str]:
    return [each.program for each in commands_of(container)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a; b && c || d | e & f", "a b c d e f"),
        ("if ! a; then b; else c; fi", "a b c fi"),
        ("while true; do a; done", "true a done"),
        ("X=1 Y=$(a b) c", "a c"),
        ("exec /usr/bin/env A=b nohup a", "a"),
        ("timeout 5 a; nice b", "a b"),
        ("# a; b\nc # d; e", "c"),
        ("a \\\n  b\nc", "a c"),
        ("echo 'a; b'", "echo"),
        ("echo don't; a", "echo a"),
        ("bash -euo pipefail -c 'a; b'", "bash a b"),
        ("su app -c 'a'", "su a"),
        ("find / -exec a {} +", "find a"),
        ("sudo a", "sudo a"),
        ("", ""),
    ],
)
def test_the_programs_of_a_script(script: str, expected: str) -> None:
    assert programs(running(script)) == ["sh", *expected.split()]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("command: [a, --b, c]", "a"),
        ("args: [--b, c]", "--b"),
        ("command: [/sbin/tini, --, a]", "a"),
        ("command: [sh]\nargs: [-c, a; b]", "sh a b"),
        ("command: [sh, /run.sh, a]", "sh"),
        ("lifecycle: {preStop: {exec: {command: [a]}}}", "a"),
        ("readinessProbe: {exec: {command: [a]}}", "a"),
        ("readinessProbe: {httpGet: {path: /a, port: 80}}", ""),
    ],
)
def test_where_commands_stand(fields: str, expected: str) -> None:
    assert programs(container_of(fields)) == expected.split()


def test_redirections_are_no_words() -> None:
    (_, command) = commands_of(running("a b > /c 2>&1 < /d 2>> e"))
    assert command == Command("a", ("b",), ("/c", "e"))


@pytest.mark.parametrize(
    ("script", "is_root"),
    [
        ("chown -R app /data", True),
        ("/bin/chown app /data", True),
        ("echo chown", False),
        ("app --chown", False),
        ("mount -t tmpfs a /b", True),
        ("mount", False),
        ("sysctl vm.swappiness", False),
        ("sysctl vm.swappiness=1", True),
        ("chmod 700 /data", True),
        ("chmod 700 /data/a", False),
        ("named -u root", True),
        ("named -u bind", False),
        ("mysql -u root", False),
        ("mysqld --user=root", True),
        ("psql --user=root", False),
        ("tar c /old", True),
        ("tar c /data", False),
        ("cp -a /old /data", True),
        ("cp /old/a /data", False),
        ("cp -a /data /old", False),
        ("ls /data/lost+found", True),
        ("ls -I lost+found /data", False),
        ("dpkg --print-architecture", False),
    ],
)
def test_what_takes_root(script: str, is_root: bool) -> None:
    assert (root_in_command(running(script)) is not None) == is_root


@pytest.mark.parametrize(
    ("fields", "is_home"),
    [
        ("args: [cp, a, /root]", True),
        ("args: [cp, a, /root/b]", True),
        ("args: [cp, a, /srv/root]", False),
        ("args: [cp, a, /rootfs]", False),
        ("env: [{name: A, value: /root/b}]", True),
        ("env: [{name: A, value: root}]", False),
        ("workingDir: /root", True),
        ("workingDir: /roots", False),
    ],
)
def test_the_home_of_root(fields: str, is_home: bool) -> None:
    assert (home_of_root_in(container_of(fields)) is not None) == is_home


@pytest.mark.parametrize(
    ("script", "done"),
    [
        ("apt-get -y install a", "apt-get install"),
        ("apk --no-cache add a", "apk add"),
        ("apk info", None),
        ("/venv/bin/pip install a", "pip install"),
        ("python3 -m pip install a", "pip install"),
        ("pip install --user a", None),
        ("pip install -t /data a", None),
        ("pip list", None),
        ("rpm -q a", None),
        ("npm run install", None),
    ],
)
def test_what_installs(script: str, done: str | None) -> None:
    assert installed_by(running(script)) == done


@pytest.mark.parametrize(
    ("script", "paths"),
    [
        ("a > /b", ["/b"]),
        ("a >> /b/c 2> /d", ["/b/c", "/d"]),
        ("a | tee -a /b", ["/b"]),
        ("mkdir -p -m 700 /a /b", ["/a", "/b"]),
        ("touch /data/a /b", ["/b"]),
        ("cp /a /b /c/", ["/c/"]),
        ("ln -s /data/a /b", ["/b"]),
        ("sed -i s/a/b/ /c", ["/c"]),
        ("sed s/a/b/ /c", []),
        ("curl -o /a https://b; wget -O - https://c", ["/a"]),
        ("rsync /a host:/b", []),
        ("a > /dev/null; a > /proc/1/fd/1", []),
        ("a > $B; a > /b/$C", ["/b/"]),
        ("cd /a; a > b", ["/a/b"]),
        ("cd /data; a > b", []),
        ("a > b", ["b"]),
        ("[ 1 -gt 0 ] && echo '<b>a</b>'", []),
    ],
)
def test_what_is_written_beside_the_volumes(script: str, paths: list[str]) -> None:
    assert unwritable_in(running(script)) == paths


@pytest.mark.parametrize(
    ("path", "is_root"),
    [
        ("/etc/a", True),
        ("/usr/share/a", True),
        ("/tmp/a", False),
        ("/var/tmp/a", False),
        ("/app/a", False),
        ("/etcetera", False),
        ("/data/a", False),
        ("a", False),
    ],
)
def test_what_belongs_to_root(path: str, is_root: bool) -> None:
    assert (owned_by_root(running(f"touch {path}")) is not None) == is_root


@pytest.mark.parametrize(
    ("script", "program"),
    [
        ("nsenter -t 1 -m a", "nsenter"),
        ("chroot /host a", "chroot"),
        ("modprobe a", "modprobe"),
        ("iptables -L", "iptables"),
        ("ls /proc/1/ns/mnt", "/proc/1/ns"),
        ("ls /host/proc/1/root/etc", "/proc/1/root"),
        ("a > /proc/1/fd/1", None),
        ("cat /proc/1/cgroup", None),
        ("echo nsenter", None),
        ("mount", None),
    ],
)
def test_what_touches_the_node(script: str, program: str | None) -> None:
    assert node_program_in(commands_of(running(script))) == program
