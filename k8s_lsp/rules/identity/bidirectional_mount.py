"""A container's mounts appear on its node.

With Bidirectional propagation, whatever the container mounts inside of the volume is mounted on
the node too, and in every container that uses the volume. A container that was taken over can
lay its own files over those of the node, and what it leaves mounted outlives the pod and keeps
the node from cleaning up after it.

Storage drivers need it, because to mount for others is their purpose; it belongs in their node
plug-in and nowhere else. The API server accepts it only in privileged containers. A container
that merely has to see what the node mounts later on needs HostToContainer. To find out, look
for mount(8) and FUSE programs in the container: without propagation they still work, but only
the container itself sees the result.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.node_agents import agent_container
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Finding, Fix, fix, found, rule


@rule(
    severity="warning",
    subject=CONTAINER,
    requires_any_of=("mountPropagation",),
)
def bidirectional_mount(container: Container, context: Context) -> Iterator[Finding]:
    for mount in container.get("volumeMounts").items():
        propagation = mount.get("mountPropagation")
        if propagation.text == "Bidirectional":
            name = mount.get("name").text
            volume = f' for volume "{name}"' if name else ""
            yield found(
                propagation,
                f"{container} must not set mountPropagation to Bidirectional{volume}",
                fixes=partial(_fixes, container, propagation),
            )


def _fixes(container: Container, propagation: Field) -> tuple[Fix, ...]:
    is_agent_by = agent_container(container)
    consequence = ": the node no longer sees what its agent mounts" if is_agent_by else ""
    return fix(
        f"Remove mountPropagation{consequence}",
        propagation.remove(container.text, container.path),
        left_because=is_agent_by,
    )


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        privileged: true
      volumeMounts:
        - name: data
          mountPath: /data
          mountPropagation: Bidirectional
  volumes:
    - name: data
      emptyDir: {}
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        privileged: true
      volumeMounts:
        - name: data
          mountPath: /data
  volumes:
    - name: data
      emptyDir: {}
"""

REFERENCES = ("https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation",)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {"Monokle": ("KBP115",)}

ADMISSION = Admission(
    (
        Violation(
            "container",
            "item.?mountPropagation.orValue('') == 'Bidirectional'",
            "container.title + ' must not set mountPropagation to Bidirectional' +\n"
            "    (item.name == '' ? '' : ' for volume \"' + item.name + '\"')",
            items="container.spec.?volumeMounts.orValue([])",
        ),
    )
)
