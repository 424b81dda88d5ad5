"""What is known of a container's image, and whether it starts once a finding is mended: Markdown.

Nothing is said of an image that is not known.
"""

import re
from collections.abc import Iterable, Iterator

from k8s_lsp.features.markdown import code, literal
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.image_fixes import (
    PORT_SYSCTL,
    KnownContainer,
    lacking_capabilities,
    lacks_low_ports,
    low_ports,
    missing_env,
    unmounted_copies,
    unmounted_folders,
)
from k8s_lsp.kubernetes.image_needs import ImageNeeds, canonical_name, needs_of, notes_of
from k8s_lsp.kubernetes.images import image_of
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.settings import OwnImage
from k8s_lsp.syntax.nodes import Scalar

MOST_LINES = 12
"""How many lines there are about one image, with the empty one below the first."""


def about_image(container: Container, own: tuple[OwnImage, ...]) -> str | None:
    """What a container's image needs, as a list; None where it is not known."""
    image = image_of(_reference(container.get("image")))
    needs = needs_of(image, own)
    if image is None or needs is None:
        return None
    parts = (_user, _folders, _ports, _powers, _others)
    facts = [fact for part in parts for fact in part(needs)]
    lines = [f"- {fact}" for fact in (*facts[: MOST_LINES - 3], _source(needs))]
    return f"**{literal(canonical_name(image))}** {_start(needs)}\n\n" + "\n".join(lines)


def _reference(field: Field) -> str:
    """A reference as far as the text tells it: a template may fill in no more than the version."""
    if not field.unknown or not isinstance(field.node, Scalar):
        return field.string or ""
    name, _, rest = field.node.value.partition("{{")
    return name[:-1] if name.endswith((":", "@")) and "/" not in rest else ""


def _start(needs: ImageNeeds) -> str:
    """How it starts, after its name."""
    if needs.confidence == "own":
        return "must be root." if needs.runs_as == "no" else f"runs as user {needs.uid}."
    known = "" if needs.may_fix else ", as far as is generally known"
    if needs.start == "number":
        return f"starts as user {code(str(needs.user))}{known}."
    if not needs.starts_as_root:
        name = code(str(needs.user))
        return (
            f"starts as user {name}{known}. That is a name: the kubelet refuses `runAsNonRoot` "
            "without a `runAsUser`."
        )
    return {
        "root": f"starts as root{known}.",
        "root-drops": f"starts as root, and its entrypoint changes to a user{known}.",
        "root-needed": f"starts as root and cannot do without{known}.",
        "base": f"is a base: it runs as root{known}, and what it runs, your command decides.",
    }.get(needs.start, f"is an agent of the node that runs as root{known}.")


def _user(needs: ImageNeeds) -> Iterator[str]:
    """As whom it can start, and what it then needs to be told."""
    if needs.guessed:
        yield (
            "The tag names no version, and versions differ: this holds for the newest that is known"
        )
    if needs.runs_as not in ("yes", "with-mounts") or needs.uid is None:
        return
    if needs.start != "number":
        name = f" ({code(needs.account)} in the image)" if needs.account else ""
        group = "" if needs.gid is None else f", `runAsGroup: {needs.gid}`"
        given = " with what is said below" if needs.runs_as == "with-mounts" else ""
        yield f"It can start as `runAsUser: {needs.uid}`{group}{name}{given}"
    if needs.any_uid:
        yield "Any other number works too"
    if needs.env:
        settings = ", ".join(code(f"{name}={value}") for name, value in needs.env)
        yield f"Without root, it needs {settings}"
    if needs.init is not None:
        yield f"Without root, an init container must run {code(needs.init)} first"


def _folders(needs: ImageNeeds) -> Iterator[str]:
    passing = [place for place in needs.writes if place not in needs.data]
    if passing:
        yield f"It writes to {_listed(passing)}: an `emptyDir` each does"
    if needs.data:
        given = "; what another user wrote there must be given to a new one first"
        yield f"It keeps data in {_listed(needs.data)}{given if needs.starts_as_root else ''}"
    if needs.copies:
        yield (
            f"It changes its own files in {_listed(needs.copies)}: under a read-only root, an init "
            "container must copy them into a volume"
        )
    if needs.read_only in ("no", "partly"):
        yield "It does not run with a read-only root" + (
            " in every case" if needs.read_only == "partly" else ""
        )


def _ports(needs: ImageNeeds) -> Iterator[str]:
    if not needs.ports:
        return
    ports = ", ".join(map(str, needs.ports))
    low = ""
    if needs.low_port and "NET_BIND_SERVICE" in needs.caps_uid:
        low = "; below 1024 it listens by the capability `NET_BIND_SERVICE`"
    elif needs.low_port:
        low = (
            "; below 1024, whoever is not root needs the sysctl "
            + code(f'{PORT_SYSCTL}: "0"')
            + " or another port"
        )
    yield f"It listens on {ports}{low}"


def _powers(needs: ImageNeeds) -> Iterator[str]:
    """What it needs although everything is dropped, and of the cluster and the node."""
    if needs.caps_uid:
        yield f"Where all capabilities are dropped, it needs {_listed(needs.caps_uid)}"
    elif needs.caps_root:
        yield f"As root, where all capabilities are dropped, it needs {_listed(needs.caps_root)}"
    if needs.needs_token:
        yield "It talks to the API server and needs its token"
    if needs.needs_host:
        yield f"It needs of its node: {literal(', '.join(needs.needs_host))}"


def _others(needs: ImageNeeds) -> Iterator[str]:
    """What it may give way to, and what else is known."""
    if needs.instead is not None:
        yield f"Needs less: {literal(needs.instead)}"
    if note := notes_of(needs).note:
        yield f"Note: {literal(_beginning(note))}"


_NOTE_LENGTH = 200


def _beginning(note: str) -> str:
    """A note, or of a long one the first sentences."""
    if len(note) <= _NOTE_LENGTH:
        return note
    first, *others = re.split(r"(?<=\.) ", note)
    for sentence in others:
        if len(first) + len(sentence) >= _NOTE_LENGTH:
            break
        first = f"{first} {sentence}"
    return f"{first} …" if len(first) < len(note) else note


def _source(needs: ImageNeeds) -> str:
    """Where that stands: the first place, and how many more there are."""
    if needs.confidence == "own":
        return "Source: your settings"
    sources = notes_of(needs).sources
    if not sources:
        return "Source: general knowledge; nothing was read, and no fix goes by it"
    first = sources[0]
    place = f"[{literal(first.text)}]({first.link})" if first.link else literal(first.text)
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    inferred = ", inferred" if needs.confidence == "inferred" else ""
    return f"Source{inferred}: {place}{more}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(code, words))


# Whether this image starts.

_TOPICS = {
    "root-user-allowed": "user",
    "root-user": "user",
    "writable-root-filesystem": "root",
    "capabilities-not-dropped": "capabilities",
    "service-account-token-mounted": "token",
}
"""What the rules take away after whose advice an image may not start."""


def will_start(
    slug: str, containers: Iterable[Container], own: tuple[OwnImage, ...]
) -> Iterator[str]:
    """Whether the images that a finding is about start when the rule's advice is followed.

    There is a line for each image that is known, and none for the others.
    """
    topic = _TOPICS.get(slug)
    said = set[str]()
    for container in containers if topic is not None else ():
        image = image_of(container.get("image").string or "")
        needs = needs_of(image, own)
        if topic is None or image is None or needs is None:
            continue
        name = canonical_name(image)
        consequence = _consequence(topic, KnownContainer(container, needs, name))
        line = f"**{literal(name)}** {consequence}"
        if consequence is not None and line not in said:
            said.add(line)
            yield line if needs.may_fix else f"{line} (General knowledge: nothing was read.)"


def _consequence(topic: str, known: KnownContainer) -> str | None:
    """What becomes of the image, after its name; None where its command decides."""
    needs = known.needs
    is_base = needs.start == "base"
    if topic == "token":
        if needs.needs_token:
            return "talks to the API server: it will not work without the token."
        return None if is_base else "does not use the token: it will start."
    if topic == "user":
        if is_base:
            return f"starts as any user, such as {needs.uid}; what it runs, your command decides."
        return _without_root(known)
    if is_base:
        return None
    if topic == "capabilities":
        return _without_capabilities(known)
    return _with_read_only_root(known)


def _with_read_only_root(known: KnownContainer) -> str:
    needs, copies = known.needs, unmounted_copies(known)
    if needs.read_only == "copy" and copies:
        return (
            "will not start with a read-only root unless its own files are copied into a volume at "
            f"{_listed(copies)} first."
        )
    if needs.read_only not in ("yes", "copy"):
        will = "may not" if needs.read_only == "unknown" else "will not"
        return f"{will} work with a read-only root."
    return _unless((), _unmounted(known), "writes to its root")


def _without_root(known: KnownContainer) -> str:
    needs = known.needs
    if needs.runs_as == "no":
        return "must be root: it will not start as another user." + _instead(needs)
    if needs.runs_as == "unknown":
        return "may not start as another user."
    if needs.start == "number":
        return f"starts as user {code(str(needs.user))}: it will start."
    chosen = known.container.effective("runAsUser").field.integer
    missing = [] if chosen else [f"`runAsUser: {needs.uid}`"]
    if needs.starts_as_root:
        missing += [code(f"{name}={value}") for name, value in missing_env(known)]
        if needs.init is not None and not known.has_command:
            missing.append(f"an init container that runs {code(needs.init)}")
    missing += _ports_to_open(known)
    is_foreign = needs.starts_as_root and needs.runs_as == "with-mounts"
    folders = _unmounted(known) if is_foreign else ()
    as_whom = "root" if needs.starts_as_root else f"user {code(str(needs.user))}, a name"
    if needs.confidence == "own":
        as_whom = f"user {needs.uid}"
    return _unless(missing, folders, f"starts as {as_whom}")


def _without_capabilities(known: KnownContainer) -> str:
    needed, needs = sorted(lacking_capabilities(known)), known.needs
    if not needed:
        return "needs none of them: it will start."
    until = ""
    if known.is_root and needs.runs_as in ("yes", "with-mounts") and not needs.caps_uid:
        until = f", unless it starts as user {needs.uid}"
    why = "starts as root" if known.is_root else "needs a capability as any user"
    return f"{why}: it will not start without {_listed(needed)}{until}."


def _unless(missing: Iterable[str], folders: Iterable[str], so: str) -> str:
    """That it starts, or what it does not start without."""
    parts = list(missing)
    if places := _listed(folders):
        parts.append(f"writable {places}")
    if not parts:
        return "has what it needs: it will start."
    *some, last = parts
    return f"{so}: it will not start without {', '.join(some) + ' and ' if some else ''}{last}."


def _instead(needs: ImageNeeds) -> str:
    return f" Needs less: {literal(needs.instead)}." if needs.instead is not None else ""


def _ports_to_open(known: KnownContainer) -> Iterator[str]:
    """What a container that is not root lacks to listen on its ports below 1024, if anything."""
    ports = ", ".join(map(str, low_ports(known)))
    if ports and known.container.pod.get("hostNetwork").boolean is True:
        yield f"another port of its node than {ports}"
    elif lacks_low_ports(known):
        yield f"the sysctl {code(PORT_SYSCTL)} for port {ports}"


def _unmounted(known: KnownContainer) -> list[str]:
    """The folders to write to that no volume is mounted at or above, in the table's order."""
    missing, needs = unmounted_folders(known), known.needs
    return [place for place in dict.fromkeys((*needs.writes, *needs.data)) if place in missing]
