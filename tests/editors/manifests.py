"""Manifests that are opened in the editors."""

from pathlib import Path

NGINX = (Path(__file__).parent.parent / "demo" / "nginx.yaml").read_text(encoding="utf-8")

# The same additions that the front page of the project shows.
HARDENED = (
    NGINX
    + """\
          resources:
            limits:
              cpu: 500m
              memory: 256Mi
            requests:
              cpu: 100m
              memory: 128Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
            readOnlyRootFilesystem: true
          volumeMounts:
            - name: var-cache-nginx
              mountPath: /var/cache/nginx
            - name: run
              mountPath: /var/run
      automountServiceAccountToken: false
      securityContext:
        runAsGroup: 101
        runAsNonRoot: true
        runAsUser: 101
        seccompProfile:
          type: RuntimeDefault
        sysctls:
          - name: net.ipv4.ip_unprivileged_port_start
            value: "0"
      volumes:
        - name: var-cache-nginx
          emptyDir:
            sizeLimit: 1Gi
        - name: run
          emptyDir:
            sizeLimit: 1Gi
"""
)

TWO = """\
apiVersion: v1
kind: Pod
metadata:
  name: two
spec:
  automountServiceAccountToken: false
  containers:
    - name: one
      image: nginx:1.29
      securityContext:
        privileged: true
    - name: two
      image: nginx:1.29
      securityContext:
        privileged: true
"""

EMOJI = """\
apiVersion: v1
kind: Pod
metadata:
  name: fox
spec:
  containers:
    - {name: app, args: ["🦊", "é𝔘"], securityContext: {privileged: true}, image: "nginx"}
"""

SCHEMA = {
    "type": "object",
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "spec": {
            "type": "object",
            "properties": {
                "containers": {"type": "array"},
                "hostNetwork": {"type": "boolean", "description": "What the schema says"},
                "hostPID": {"type": "boolean"},
            },
        },
    },
}

WITH_SCHEMA = """\
# yaml-language-server: $schema=schema.json
apiVersion: v1
kind: Pod
metadata:
  name: pod
spec:
  hostNetwork: true
  automountServiceAccountToken: false
  containers:
    - name: app
      image: nginx:1.29
"""

# A name that leads behind an emoji.
CHAIN = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: robot
  containers: []
---
apiVersion: v1
kind: ServiceAccount
metadata: {annotations: {of: "🦊"}, name: robot}
"""

# A container in which somebody types the last line.
HALF_TYPED = """\
# yaml-language-server: $schema=schema.json
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: nginx:1.29
      securityContext:
        """

RESTRICTED = """\
allowPrivilegeEscalation: false
        capabilities:
          drop:
            - ALL
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault"""

COMPLETED = {
    "allowP": ("allowPrivilegeEscalation", "allowPrivilegeEscalation: false"),
    "cap": ("capabilities", "capabilities:\n          drop:\n            - ALL"),
    "privileged: ": ("false", "privileged: false"),
    "": ("restricted", RESTRICTED),
}
"""What is typed there, the first that is offered then, and what is written once it is accepted."""
