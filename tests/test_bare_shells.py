"""Which pods run nothing but a shell: what decides that their hardening is for information."""

import json
from typing import Any

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.kubernetes.bare_shells import is_bare_shell

Keys = dict[str, Any]


def is_shell(*containers: Keys, kind: str = "Pod", **spec: Any) -> bool:
    """Whether a pod of some containers is one, by what they hold beside name and image."""
    whole = [{"name": f"c{n}", "image": "tools:1", **keys} for n, keys in enumerate(containers)]
    pod = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}}
    text = json.dumps({**pod, "spec": {"containers": whole, **spec}})
    return is_bare_shell(analyze(text).units[0].objects[0])


@pytest.mark.parametrize(
    "keys",
    [
        {"command": ["sleep", "3600"]},
        {"command": ["/bin/sleep", "1d"]},
        {"args": ["sleep", "infinity"]},
        {"command": ["sleep"], "args": ["inf"]},
        {"command": ["tail", "-f", "/dev/null"]},
        {"command": ["cat"], "tty": True},
        {"command": ["sh", "-c", "sleep infinity"]},
        {"command": ["/bin/bash", "-c", "--"], "args": ["while true; do sleep 30; done;"]},
        {"command": ["sh", "-c"], "args": ["trap : TERM INT; sleep 9999999 & wait"]},
        {"command": ["sh", "-c", "exec tail -f /dev/null"]},
        {"command": ["bash"], "stdin": True, "tty": True},
        {"command": ["tmate", "-F"]},
        {"stdin": True, "tty": True},
    ],
)
def test_a_pod_that_only_waits_is_a_bare_shell(keys: Keys) -> None:
    assert is_shell(keys)
    assert is_shell(keys, {"command": ["sleep", "1"]}, restartPolicy="Never")


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"tty": True},
        {"stdin": True},
        {"stdin": True, "tty": True, "args": ["serve"]},
        {"command": ["sleep"], "args": ["{{ .Values.seconds }}"]},
        {"command": ["tail", "-f", "/var/log/app.log"]},
        {"command": ["cat", "/etc/app.conf"]},
        {"command": ["sh", "/scripts/run.sh"]},
        {"command": ["sh", "-c", "sleep 30; exec /app/server"]},
        {"command": ["sh", "-c", "python -m http.server & sleep infinity"]},
        {"command": ["sh", "-c", "while true; do curl https://example.com; sleep 5; done"]},
        {"command": ["sh", "-c", "dnf install -y tools && sleep infinity"]},
        {"command": ["/app/sleepless"]},
    ],
)
def test_a_pod_that_does_something_is_none(keys: Keys) -> None:
    assert not is_shell(keys)
    assert not is_shell({"command": ["sleep", "1"]}, keys)


def test_a_pod_that_mounts_paths_of_the_node_is_none() -> None:
    waits = {"command": ["sleep", "infinity"]}
    assert is_shell(waits, volumes=[{"name": "tmp", "emptyDir": {}}])
    assert not is_shell(waits, volumes=[{"name": "host", "hostPath": {"path": "/"}}])


def test_a_pod_of_a_controller_is_none() -> None:
    text = json.dumps(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "a"},
            "spec": {
                "template": {
                    "spec": {"containers": [{"name": "a", "image": "a:1", "command": ["cat"]}]}
                }
            },
        }
    )
    assert not is_bare_shell(analyze(text).units[0].objects[0])
