"""A container keeps the capabilities that its runtime grants by default.

Capabilities are root's privileges, cut into pieces. Nobody asks for the dozen that a container
gets unasked: changing the owner of any file, passing over file permissions, switching to any
user, forging packets on the pod's network. An attacker who becomes root in the container, be it
through a setuid binary, works with all of them.

Most programs need none. Those that start as root to change their user, to chown a volume or to
listen on a port below 1024 fail with "operation not permitted" once everything is dropped. Add
back the one capability that the log calls for, below `add`: runtimes apply `drop: [ALL]` first.
NET_BIND_SERVICE is the only one that the restricted level tolerates. It helps processes of root
alone; for others the sysctl net.ipv4.ip_unprivileged_port_start opens the low ports, and
containerd 2 and Docker set it already.

The word counts only as `ALL`. Runtimes read `all` as well, but Pod Security does not. A privileged
container has every capability, whatever it drops: there privileged-container speaks, and this rule
in the profile `restricted` alone.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import Edits, together
from k8s_lsp.kubernetes.capabilities import canonical, respelled
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.image_fixes import PORT_SYSCTL, dropping
from k8s_lsp.kubernetes.pods import Container, PodSpec
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Control, Finding, Fix, fix, found, missing, rule
from k8s_lsp.settings import Settings

_LOW_PORTS = range(1, 1024)
"""The ports that need NET_BIND_SERVICE where net.ipv4.ip_unprivileged_port_start is 1024."""


@rule(
    severity="warning",
    subject=CONTAINER,
    controls=(Control("restricted", "capabilities_restricted", Version(1, 22)),),
    silences={"unknown-capability": "token"},
)
def capabilities_not_dropped(container: Container, context: Context) -> Iterator[Finding]:
    if container.pod.is_windows and context.version >= (1, 25):
        return
    drop = container.security("capabilities", "drop")
    message = f'{container} must have "ALL" in securityContext.capabilities.drop'
    fixes = partial(_fixes, container, drop, context.settings)
    if not drop.present and not drop.unknown:
        yield missing(container, drop, message, fixes=fixes)
    elif _lacks_all(drop):
        meant = next(_miscased(drop), None)
        if meant is not None:
            message += f', not "{meant.text}": Pod Security compares the exact text'
            # The runtime drops everything already: no image can need what this takes.
            yield found(meant, message, fixes=partial(_respelling, container, meant))
        else:
            yield found(drop, message, at="key", fixes=fixes)


def _lacks_all(drop: Field) -> bool:
    """Whether a `drop` that is there is known to lack the word.

    While an item is half typed or a template expression, nobody knows what else is in the list.
    """
    if drop.unknown or drop.open:
        return False
    return not any(item.text == "ALL" or item.unknown for item in drop.items())


def _miscased(drop: Field) -> Iterator[Field]:
    """The items of `drop` that are the word but for its case."""
    return (item for item in drop.items() if (item.text or "").upper() == "ALL")


def _respelling(container: Container, item: Field) -> tuple[Fix, ...]:
    respelling = respelled(container, item)
    return () if respelling is None else fix(*respelling)


def _fixes(container: Container, drop: Field, settings: Settings) -> Iterator[Fix]:
    """Drop everything; where a low port is declared, offer to keep it usable as well."""
    if container.pod.is_windows or (container.type == "ephemeral" and not drop.present):
        return
    dropped = _dropped(container, drop)
    known = dropping(container, settings)
    if known is not None and known.keeps_ports:
        title = f"Drop all capabilities and keep NET_BIND_SERVICE: {known.name} needs it to start"
        edits = _keeping_low_ports(container, drop)
        yield from fix(title, edits, left_because=known.left_because)
        return
    reason = None if known is None else known.left_because
    title = "Drop all capabilities" + ("" if reason is None else f": {reason}")
    is_for_root = known is not None and known.is_for_root
    waits_for = ("root-user", "root-user-allowed") if is_for_root else ()
    yield from fix(title, dropped, left_because=reason, waits_for=waits_for)
    if reason is not None:
        return
    ports = container.get("ports").items()
    if not any(port.get("containerPort").integer in _LOW_PORTS for port in ports):
        return
    if not _is_non_root(container):
        yield from fix(
            "Drop all capabilities and keep NET_BIND_SERVICE",
            _keeping_low_ports(container, drop),
            preferred=False,
        )
    elif container.pod.get("hostNetwork").boolean is not True:
        # Without the host's network the sysctl belongs to the pod alone, and every version of the
        # baseline level allows it.
        yield from fix(
            f"Drop all capabilities and set {PORT_SYSCTL} to 0",
            together(dropped, _with_port_sysctl(container.pod)),
            preferred=False,
        )


def _dropped(container: Container, drop: Field) -> Edits | None:
    """The edits that put `ALL` into `drop`."""
    if drop.present:
        return drop.append(container.text, "ALL")
    return container.set(("securityContext", "capabilities", "drop"), ["ALL"])


def _keeping_low_ports(container: Container, drop: Field) -> Edits | None:
    """The edits that drop everything but NET_BIND_SERVICE; None where that is no second way."""
    add = container.security("capabilities", "add")
    kept = {canonical(item.text or "") for item in (*add.items(), *drop.items())}
    if "NET_BIND_SERVICE" in kept:
        return None
    if not add.present and not drop.present:
        names = ("securityContext", "capabilities")
        return container.set(names, {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})
    return together(_dropped(container, drop), add.append(container.text, "NET_BIND_SERVICE"))


def _with_port_sysctl(pod: PodSpec) -> Edits | None:
    """The edits that let every user of the pod listen on low ports; None where it is decided."""
    sysctls = pod.security("sysctls")
    names = (sysctl.get("name").text or "" for sysctl in sysctls.items())
    if any(name.replace("/", ".") == PORT_SYSCTL for name in names):
        return None
    return sysctls.append(pod.text, {"name": PORT_SYSCTL, "value": "0"})


def _is_non_root(container: Container) -> bool:
    """Whether the container is known to run as another user than root."""
    user = container.effective("runAsUser").field
    if user.present:
        return user.integer not in (None, 0)
    return container.effective("runAsNonRoot").field.boolean is True


def _had_some(container: Container) -> bool:
    """Whether a container had capabilities to lose: a privileged one keeps all of them."""
    return container.security("privileged").boolean is not True


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
        capabilities:
          drop:
            - ALL
"""

AFTER_FIX = (
    "function",
    "{containers} lost every capability: what changes its user or the owner of files fails",
    _had_some,
)

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
    "#set-capabilities-for-a-container",
)

BENCHMARKS = ("CIS 5.2.8", "CIS 5.2.10", "NSA/CISA")

WEAKNESSES = ("CWE-250",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_37",),
    "Trivy": ("KSV-0003", "KSV-0004", "KSV-0106"),
    "Polaris": ("insecureCapabilities", "linuxHardening"),
    "kubesec": ("CapDropAll", "CapDropAny"),
    "KICS": ("No Drop Capabilities for Containers",),
    "Kubescape": ("C-0055",),
    "Kyverno": ("require-drop-all", "disallow-capabilities-strict"),
    "Snyk": ("SNYK-CC-K8S-6",),
    "Monokle": ("PSS206", "KBP103"),
}

ADMISSION = Admission(
    (
        Violation(
            "container",
            "!(variables.minor >= 25 && variables.pod.isWindows) &&\n"
            '    !("ALL" in container.securityContext.?capabilities.?drop.orValue([]))',
            "container.title + ' must have \"ALL\" in securityContext.capabilities.drop' +\n"
            "    container.securityContext.?capabilities.?drop.orValue([]).filter(item,\n"
            "      item.upperAscii() == 'ALL').map(item, ', not \"' + item +\n"
            "        '\": Pod Security compares the exact text').join('')",
        ),
    )
)
