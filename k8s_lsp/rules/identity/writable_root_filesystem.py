"""A container may write to its root file system.

By default a container can change every file of its image that its user may write to. Most
exploits rely on it: they download a tool, replace a script or a library, drop a web shell,
and run what they wrote. On a read-only root file system the second step fails.

What breaks are programs that write beside their binaries: to /tmp, /var/run, /var/cache or a
home directory. Mount an emptyDir at each such path (the second fix does it for /tmp). To find
them, run the container with the setting and look for "read-only file system" in its log, or
run `docker diff` on the container as it is.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import Edits, together
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.base import CONTAINER, Context, Finding, Fix, fix, found, missing, rule
from k8s_lsp.settings import Resources

_FIELD = ("securityContext", "readOnlyRootFilesystem")


@rule(
    severity="warning",
    subject=CONTAINER,
)
def writable_root_filesystem(container: Container, context: Context) -> Iterator[Finding]:
    if container.pod.is_windows:
        return
    read_only = container.security("readOnlyRootFilesystem")
    if read_only.boolean is True or read_only.unknown:
        return
    message = f"{container} must set securityContext.readOnlyRootFilesystem to true"
    fixes = partial(_fixes, container, context.settings.resources)
    if read_only.present:
        yield found(read_only, message, fixes=fixes)
    else:
        yield missing(container, read_only, message, fixes=fixes)


def _fixes(container: Container, resources: Resources) -> Iterator[Fix]:
    if container.type == "ephemeral" and not container.security("readOnlyRootFilesystem").present:
        return
    edits = container.set(_FIELD, True)
    yield from fix("Set readOnlyRootFilesystem to true", edits)
    if container.type != "ephemeral" and not _uses_tmp(container):
        title = "Set readOnlyRootFilesystem to true and mount an emptyDir at /tmp"
        yield from fix(
            title,
            _with_tmp(container, resources.ephemeral_storage_limit),
            preferred=False,
        )


def _uses_tmp(container: Container) -> bool:
    """Whether something is mounted at /tmp already: the API server rejects a path given twice."""
    mounts = container.get("volumeMounts").items()
    devices = container.get("volumeDevices").items()
    paths = [each.get("mountPath").text for each in mounts]
    paths += [each.get("devicePath").text for each in devices]
    return any(path is not None and path.rstrip("/") == "/tmp" for path in paths)


def _with_tmp(container: Container, size: str) -> Edits | None:
    """All in one: the setting, a volume with a free name, and its mount."""
    pod = container.pod
    taken = {volume.get("name").text for volume in pod.volumes()}
    names = ("tmp", *(f"tmp-{number}" for number in range(2, len(taken) + 3)))
    name = next(each for each in names if each not in taken)
    return together(
        container.set(_FIELD, True),
        container.get("volumeMounts").append(container.text, {"name": name, "mountPath": "/tmp"}),
        pod.get("volumes").append(pod.text, {"name": name, "emptyDir": {"sizeLimit": size}}),
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
        readOnlyRootFilesystem: true
"""

AFTER_FIX = (
    "crash",
    "the root filesystem of {containers} is read-only: what writes outside of its volumes fails",
)

REFERENCES = (
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
    "https://kubernetes.io/docs/concepts/storage/volumes/#emptydir",
)

BENCHMARKS = ("NSA/CISA",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_22",),
    "Trivy": ("KSV-0014",),
    "kube-linter": ("no-read-only-root-fs",),
    "kube-score": ("container-security-context-readonlyrootfilesystem",),
    "Polaris": ("notReadOnlyRootFilesystem",),
    "kubesec": ("ReadOnlyRootFilesystem",),
    "KICS": ("Root Container Not Mounted Read-only",),
    "Kubescape": ("C-0017",),
    "Kyverno": ("require-ro-rootfs",),
    "Snyk": ("SNYK-CC-K8S-8",),
    "Monokle": ("KBP102",),
}
