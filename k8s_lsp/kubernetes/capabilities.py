"""Linux capabilities, named as the Kubernetes API names them: upper case, without `CAP_`."""

import re
from typing import NamedTuple

from k8s_lsp.edits import Edits
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.text import is_one_edit_away

CAPABILITIES = frozenset(
    """
    AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE
    DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN
    MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID
    SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO
    SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM
    """.split()
)
"""The capabilities of Linux 5.9 and later (capabilities(7), include/uapi/linux/capability.h)."""

NAMES = CAPABILITIES | {"ALL"}
"""What may stand in `add` and `drop`."""

BASELINE_CAPABILITIES = frozenset(
    """
    AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP
    SETUID SYS_CHROOT
    """.split()
)
"""What the baseline level allows to add (pod-security-admission, check_capabilities_baseline)."""


def canonical(name: str) -> str:
    """The spelling that Pod Security compares: upper case, without the kernel's prefix."""
    return name.upper().removeprefix("CAP_")


def meant(name: str) -> str | None:
    """The capability, or `ALL`, that a name is some spelling of; None where that is in doubt.

    It may be in lower case, have the kernel's prefix, other separators, or one letter wrong.
    """
    right = canonical(re.sub(r"[-. ]", "_", name.strip()))
    if right in NAMES:
        return right
    near = [known for known in NAMES if is_one_edit_away(right, known)]
    return near[0] if len(near) == 1 else None


class Respelling(NamedTuple):
    """Edits that put a name right; they are None where the place cannot be changed safely."""

    title: str
    edits: Edits | None


def respelled(container: Container, item: Field) -> Respelling | None:
    """How an item of `add` or `drop` is spelled right; None where nobody knows what is meant.

    Nor where that would grant what the baseline level forbids, or where the same name stands in
    the other list: it was the wrong spelling that kept the two from contradicting each other.
    """
    verb, name, right = item.path[-2], item.text or "", meant(item.text or "")
    other = container.security("capabilities", "drop" if verb == "add" else "add")
    if right is None or (verb == "add" and right not in BASELINE_CAPABILITIES):
        return None
    if right != "ALL" and any(canonical(each.text or "") == right for each in other.items()):
        return None
    assert item.parent is not None
    if any(each.text == right for each in item.parent.items()):
        removal = item.remove(container.text, container.field.path)
        return Respelling(f"Remove {name}, which {right} repeats", removal)
    title = f"Write {right} instead of {name}"
    if name.upper() != right:
        title += f", so that it is {'added' if verb == 'add' else 'dropped'}"
    return Respelling(title, item.set(container.text, right))
