"""Objects to begin a document with, which pass the restricted level of Pod Security.

`${1:web}` is a place that people fill in, with what stands there until they do.
"""

from typing import Final, NamedTuple


class NewObject(NamedTuple):
    """Something to begin a document with: its name in the list, what it is for, and its text."""

    label: str
    about: str
    text: str


_CONTAINER: Final = """\
- name: ${1:web}
  image: ${2:registry.example.com/web:1.0.0}
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
    - name: tmp
      mountPath: /tmp
"""

_POD: Final = """\
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
containers:
{container}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 100Mi"""


def _indented(text: str, columns: int) -> str:
    return "\n".join(f"{' ' * columns}{line}" for line in text.rstrip("\n").split("\n"))


def _pod(columns: int) -> str:
    return _indented(_POD.replace("{container}", _indented(_CONTAINER, 2)), columns)


NEW_OBJECTS: Final = (
    NewObject(
        "Deployment (restricted)",
        "A Deployment that passes the restricted level of Pod Security: no root, no capabilities, "
        "a read-only image with `/tmp` to write to, no token, and limits.",
        f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${{1:web}}
  namespace: ${{3:web}}
spec:
  selector:
    matchLabels:
      app: ${{1:web}}
  template:
    metadata:
      labels:
        app: ${{1:web}}
    spec:
{_pod(6)}
""",
    ),
    NewObject(
        "CronJob (restricted)",
        "A CronJob that passes the restricted level of Pod Security, as a Deployment of the same "
        "name does, and does not run twice at once.",
        f"""\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: ${{1:web}}
  namespace: ${{3:web}}
spec:
  schedule: "${{4:0 3 * * *}}"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
{_pod(10)}
""",
    ),
    NewObject(
        "Namespace with NetworkPolicy (restricted)",
        "A Namespace that refuses pods which break the restricted level of Pod Security, and a "
        "NetworkPolicy that lets nothing in or out but questions to the cluster's DNS.",
        """\
apiVersion: v1
kind: Namespace
metadata:
  name: ${1:web}
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: restricted
    pod-security.kubernetes.io/audit: restricted
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: ${1:web}
spec:
  podSelector: {}
  policyTypes:
    - Ingress
    - Egress
  egress:
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      ports:
        - protocol: UDP
          port: 53
        - protocol: TCP
          port: 53
""",
    ),
)
"""What is offered in an empty document."""
