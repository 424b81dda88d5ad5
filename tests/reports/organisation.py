"""Three small repositories of one organisation, as they were and as they are now."""

from pathlib import Path
from textwrap import dedent

OWNERS = """\
# Who answers for what.
*               @acme/platform
/shop/          @acme/shop
/payments/      @acme/payments @acme/risk
/shop/vendor/
"""
"""In the form of CODEOWNERS: of the copies in shop/vendor, nobody answers for any."""


def _workload(kind: str, name: str, namespace: str, spec: str) -> str:
    head = dedent(f"""\
        apiVersion: apps/v1
        kind: {kind}
        metadata: {{name: {name}, namespace: {namespace}}}
        spec:
          selector: {{matchLabels: {{app: {name}}}}}
          template:
            metadata: {{labels: {{app: {name}}}}}
            spec:
        """)
    return head + "".join(f"      {line}\n" for line in dedent(spec).strip().split("\n"))


def _web(name: str, namespace: str, image: str) -> str:
    return _workload(
        "Deployment", name, namespace, f"containers:\n  - name: app\n    image: {image}\n"
    )


def _agent(name: str) -> str:
    return _workload(
        "DaemonSet",
        name,
        "kube-system",
        """
        hostPID: true
        hostNetwork: true
        containers:
          - name: agent
            image: registry.acme.example/agent:2.1.0
            securityContext: {privileged: true}
            volumeMounts: [{name: root, mountPath: /host}]
        volumes: [{name: root, hostPath: {path: /}}]
        """,
    )


_HARDENED = """
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  seccompProfile: {type: RuntimeDefault}
containers:
  - name: app
    image: registry.acme.example/ledger:3.0.1
    resources: {limits: {cpu: 500m, memory: 256Mi}}
    securityContext:
      allowPrivilegeEscalation: false
      capabilities: {drop: [ALL]}
      readOnlyRootFilesystem: true
"""

_BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: deployers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: deployer, namespace: ci}]
"""

_UPDATER = """\
containers:
  - name: app
    image: registry.acme.example/refunds:1
    securityContext:
      # The vendor's updater replaces the files of the program.
      readOnlyRootFilesystem: false
"""

_LEADER = """\
# It elects its leader by the API server.
automountServiceAccountToken: true
containers: [{name: app, image: 'registry.acme.example/cart:2.0.3'}]
"""
"""Comments tell why it is so: Harden leaves that."""

_ROOT = """\
containers:
  - name: app
    image: registry.acme.example/fraud:latest
    securityContext: {privileged: true, runAsUser: 0}
"""

_THEN = {
    "shop/deploy/web.yaml": _web("web", "shop", "registry.acme.example/web:1.8.0"),
    "shop/deploy/cart.yaml": _workload("Deployment", "cart", "shop", _LEADER),
    "shop/deploy/search.yaml": _web("search", "shop", "registry.acme.example/search:latest"),
    "shop/vendor/cache.yaml": _web("cache", "shop", "alpine:3.22"),
    "payments/deploy/ledger.yaml": _web("ledger", "payments", "registry.acme.example/ledger:3.0.1"),
    "payments/deploy/refunds.yaml": _workload("Deployment", "refunds", "payments", _UPDATER),
    "platform/agents/logs.yaml": _agent("logs"),
    "platform/rbac/deployers.yaml": _BINDING,
}
"""Files by their paths, as they were."""

_NOW: dict[str, str | bytes] = {
    **_THEN,
    "payments/deploy/ledger.yaml": _workload("Deployment", "ledger", "payments", _HARDENED),
    "payments/deploy/fraud.yaml": _workload("Deployment", "fraud", "payments", _ROOT),
    "platform/agents/metrics.yaml": _agent("metrics"),
    # Lines that move make no finding new.
    "shop/deploy/web.yaml": "# The shop window.\n\n" + _THEN["shop/deploy/web.yaml"],
    "shop/deploy/search.yaml": b"\xff\xfe",
}


def write_then(folder: Path) -> None:
    """Write the repositories as they were."""
    _write(folder, _THEN)


def write_now(folder: Path) -> None:
    """Write them as they are: one workload is hardened, two are new, and a file is broken."""
    _write(folder, _NOW)


def _write(folder: Path, files: "dict[str, str] | dict[str, str | bytes]") -> None:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        git = folder / path.partition("/")[0] / ".git"
        git.mkdir(exist_ok=True)
        (git / "HEAD").write_text("ref: refs/heads/main\n")
