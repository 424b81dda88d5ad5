"""A container may write to its root file system.

By default a container can change every file of its image that its user may write to. Most
exploits rely on it: they download a tool, replace a script or a library, drop a web shell,
and run what they wrote. On a read-only root file system the second step fails.

What breaks are programs that write beside their binaries: to /tmp, /var/run, /var/cache or a
home directory. Mount an emptyDir at each such path: the fix does it for well-known images, and at
/tmp where the command writes there; for any other image a second fix does it at /tmp all the same.
To find the paths, run the container with the setting and look for "read-only file system" in its
log, or run `docker diff` on the container as it is.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.image_fixes import is_known, read_only_root
from k8s_lsp.kubernetes.node_agents import agent_container, rules_node
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.kubernetes.scratch_volumes import missing_folders, mounting, undecided_place
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Finding, Fix, fix, found, missing, rule
from k8s_lsp.settings import Settings

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
    fixes = partial(_fixes, container, context.settings)
    if read_only.present:
        yield found(read_only, message, fixes=fixes)
    else:
        yield missing(container, read_only, message, fixes=fixes)


def _fixes(container: Container, settings: Settings) -> Iterator[Fix]:
    """Set it, with the folders that the image is known to write to; else offer one for /tmp."""
    if container.type == "ephemeral" and not container.security("readOnlyRootFilesystem").present:
        return
    title, edits, left_because = read_only_root(container, settings)
    if left_because is None and _is_privileged_and_unknown(container, settings):
        left_because = agent_container(container)
        title += "" if left_because is None else f": {left_because}"
    yield from fix(title, edits, left_because=left_because)
    folders = missing_folders(container, ["/tmp"])
    if container.type == "ephemeral" or not folders or is_known(container, settings):
        return
    volumes = mounting(container.pod, [(container, folders)], settings.resources)
    with_volume = together(container.set(_FIELD, True), volumes)
    if with_volume != edits and undecided_place(container) is None:
        title = "Set readOnlyRootFilesystem to true and mount an emptyDir at /tmp"
        yield from fix(title, with_volume, preferred=False)


def _is_privileged_and_unknown(container: Container, settings: Settings) -> bool:
    """Whether a container may do anything to the node, and nobody knows what it writes."""
    is_mighty = container.security("privileged").boolean is True or rules_node(container.field)
    return is_mighty and not is_known(container, settings)


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

WEAKNESSES = ("CWE-732",)

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

ADMISSION = Admission(
    (
        Violation(
            "container",
            "!variables.pod.isWindows &&\n"
            "    !container.securityContext.?readOnlyRootFilesystem.orValue(false)",
            "container.title + ' must set securityContext.readOnlyRootFilesystem to true'",
        ),
    )
)
