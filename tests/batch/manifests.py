"""Repositories that the tests of `k8s-lsp batch` judge."""

from pathlib import Path

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: shop
spec:
  serviceAccountName: {account}
  automountServiceAccountToken: true
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        privileged: true
"""

BINDING = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: porter, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: porters, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects:
  - {kind: ServiceAccount, name: porter, namespace: shop}
"""
"""By which a pod of the account may do everything: what is told of the pod speaks of this file."""

TEMPLATE = """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
spec:
  hostNetwork: true
  containers:
    - name: app
      image: "{{ .Values.image }}"
"""

FILES = {
    "shop/.git/HEAD": "ref: refs/heads/main\n",
    "shop/.k8s-lsp.yaml": "profile: all\nexclude: [vendor/]\nruels: {}\n",
    "shop/deploy/pod.yaml": POD.format(name="web", account="porter"),
    "shop/deploy/account.yaml": BINDING,
    "shop/vendor/pod.yaml": POD.format(name="vendored", account="x"),
    "shop/vendor/deep/.k8s-lsp.yaml": "profile: baseline\n",
    "shop/vendor/deep/pod.yaml": POD.format(name="deep", account="x"),
    "shop/chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    "shop/chart/values.yaml": "image: example.com/app:1\nsecurityContext:\n  privileged: true\n",
    "shop/chart/templates/pod.yaml": TEMPLATE,
    "shop/base/Kustomization": "resources: [pod.yaml]\n",
    "shop/base/pod.yaml": POD.format(name="based", account="porter"),
    "shop/.gitignore": "ignored.yaml\n",
    "shop/ignored.yaml": POD.format(name="ignored", account="x"),
    "bank/.git/HEAD": "ref: refs/heads/main\n",
    "bank/pod.yaml": POD.format(name="teller", account="porter"),
    "bank/broken.yaml": "apiVersion: v1\nkind: Pod\nspec: [\n",
    "bank/list.json": '{"apiVersion": "v1", "kind": "List", "items": []}\n',
    "loose.yaml": POD.format(name="loose", account="x"),
}


def write_repositories(folder: Path) -> None:
    """Write two repositories and a file that lies in neither; one file is no text."""
    for path, text in FILES.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    (folder / "bank/image.yaml").write_bytes(b"\xff\xfe\x00kind")
