"""Manifests that the tests open in VS Code."""

from tests.conftest import ROOT

NGINX = (ROOT / "tests" / "demo" / "nginx.yaml").read_text(encoding="utf-8")
"""The Deployment that every tutorial shows."""

PRIVILEGED = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  automountServiceAccountToken: false
  containers:
    - name: app
      image: registry.example.com/app:1.2.3
      resources:
        limits: {cpu: 500m, memory: 256Mi}
        requests: {cpu: 100m, memory: 128Mi}
      securityContext:
        privileged: true
        capabilities: {drop: [ALL]}
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
"""
"""A Pod with one fault under the default profile, on one line."""
