"""Pods that run nothing: somebody enters them to look around, and throws them away.

`kubectl run -it`, a debugging pod, a terminal of continuous integration. What they lack is no fault
of a service, because there is none; what they are given stays as grave as anywhere.
"""

from typing import Final

from k8s_lsp.kubernetes.objects import KubeObject, cached_per_object
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.regexes import regex

_SHELLS: Final = frozenset("ash bash busybox dash ksh sh zsh".split())
_SCRIPT: Final = frozenset(("-c", "-ec", "-lc", "-xc"))
_OF_LOOPS: Final = regex(
    r"\b(?:while|until|do|done|true|wait|exec|trap)\b|[:;&\n]|\bTERM\b|\bINT\b"
)
"""What a script that only waits is made of beside the waiting itself."""

_WAITING: Final = regex(
    r"(?:/(?:usr/)?bin/)?(?:sleep\s+(?:[\d.]+[smhd]?|inf|infinity|\$\(\([\d*\s]+\)\))"
    r"|tail\s+-[fF]\s+/dev/null|cat|pause)"
)
"""What waits: `sleep 3600`, `sleep infinity`, `tail -f /dev/null`, and a lone `cat`."""


@cached_per_object
def is_bare_shell(obj: KubeObject) -> bool:
    """Whether an object is a Pod, of no controller, in which every container only waits.

    One that mounts paths of the node is there to work on them.
    """
    if obj.kind != "Pod" or not obj.pods:
        return False
    (pod,) = obj.pods
    if any(volume.get("hostPath").present for volume in pod.volumes()):
        return False
    containers = [each for each in pod.containers if each.type == "container"]
    return bool(containers) and all(_waits(container) for container in containers)


def _waits(container: Container) -> bool:
    words: list[str] = []
    for key in ("command", "args"):
        listed = container.get(key)
        if listed.unknown:
            return False
        for item in listed.items():
            if item.text is None:
                return False
            words.append(item.text.strip())
    if not words:
        return all(container.get(key).boolean is True for key in ("stdin", "tty"))
    program = words[0].rpartition("/")[2]
    if program == "tmate":
        return True
    if program not in _SHELLS:
        return _WAITING.fullmatch(" ".join(words)) is not None
    script = [word for word in words[1:] if word != "--"]
    if not script or script[0] not in _SCRIPT:
        return not script or all(word.startswith("-") for word in script)
    parts = (part.strip() for part in _OF_LOOPS.split(" ".join(script[1:])))
    waiting = [part for part in parts if part]
    return bool(waiting) and all(_WAITING.fullmatch(part) for part in waiting)
