"""What a well-known image needs from its pod: the user, the writable folders, the ports.

The table holds facts that were read in Dockerfiles and entrypoints, or deduced from manifests that
run the image hardened; `image_needs.json` has them, `image_sources.json` where they stand. A team
adds what its own images need in its settings. CONTRIBUTING.md says how to add a record.
"""

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from k8s_lsp.kubernetes.images import Image
from k8s_lsp.regexes import regex
from k8s_lsp.settings import OwnImage

Start = Literal["root", "root-drops", "root-needed", "number", "name", "base", "host"]
"""How the image starts: as root and stays so, at most its workers drop (`root`); as root, and its
entrypoint changes to the account unless it is not root (`root-drops`); it cannot do without root
(`root-needed`); its USER is a number or a name (the kubelet refuses `runAsNonRoot` for a name that
no `runAsUser` replaces: verifyRunAsNonRoot); it is a base on which nothing of its own runs
(`base`), or an agent of the node (`host`)."""

RunsAs = Literal["yes", "with-mounts", "no", "unknown"]
"""Whether the container may start directly as `uid`; `with-mounts`: given `writes`, `data`, `env`
and `init`."""

ReadOnly = Literal["yes", "copy", "partly", "no", "unknown"]
"""Whether it runs with a read-only root and the mounts of `writes`; `copy`: only after what the
image holds in the folders of `copies` was copied into a volume."""

Confidence = Literal["read", "inferred", "unknown", "own"]
"""`read`: in the sources; `inferred`: partly deduced from them; `unknown`: general knowledge, good
enough to tell but never to change a manifest; `own`: the user's settings say so."""


class ImageNeeds(NamedTuple):
    """What is known of one image in one range of its versions."""

    name: str
    """As the table calls it, or the pattern of the settings."""
    start: Start
    user: str | None
    """USER of the image, as written; None where none is declared, which is uid 0."""
    uid: int | None
    """The number to run as; None where there is none to name."""
    gid: int | None
    account: str | None
    """The name of that user in the image."""
    runs_as: RunsAs
    any_uid: bool
    """Any other number works too."""
    ports: tuple[int, ...]
    """The ports it listens on unless it is told otherwise."""
    low_port: bool
    """One of them is below 1024."""
    volumes: tuple[str, ...]
    """VOLUME of the image. Not every runtime makes these writable under a read-only root."""
    read_only: ReadOnly
    writes: tuple[str, ...]
    """Folders that it writes to while it runs, and that may be an emptyDir."""
    copies: tuple[str, ...]
    """Folders that it writes to, and that must hold the image's own files beforehand."""
    data: tuple[str, ...]
    """Folders whose content should outlive the pod."""
    env: tuple[tuple[str, str], ...]
    """Variables that must be set where it does not start as root."""
    init: str | None
    """The command of an init container of the same image, needed where it is not root."""
    caps_root: tuple[str, ...]
    """Capabilities that it needs under `drop: [ALL]` when it starts as root."""
    caps_uid: tuple[str, ...]
    """Capabilities that it needs under `drop: [ALL]` when it starts as `uid`."""
    needs_token: bool
    """It is of no use without a token of the API server."""
    needs_host: tuple[str, ...]
    """The access to the node that it is of no use without, in words."""
    instead: str | None
    """The image to take instead that needs less."""
    confidence: Confidence
    guessed: bool
    """The tag names no version, and another version of the image needs something else."""
    row: int
    """The place in the table, which `image_sources.json` shares; -1 for one of the settings."""

    @property
    def may_fix(self) -> bool:
        """Whether a fix may act on it; what is general knowledge only informs."""
        return self.confidence != "unknown"

    @property
    def starts_as_root(self) -> bool:
        """Whether the image's first process is root's, unless the pod says otherwise."""
        return self.user is None or self.user.partition(":")[0] in ("0", "root")

    @property
    def nonroot_suffices(self) -> bool:
        """Whether the kubelet accepts `runAsNonRoot` without a `runAsUser`."""
        return self.start == "number"


class ImageSource(NamedTuple):
    """Where a fact stands: a repository with a file, or what was counted in manifests."""

    text: str
    link: str
    """Empty where there is none."""


class ImageNotes(NamedTuple):
    """What a person reads about a record: a remark, and where its facts stand."""

    note: str
    sources: tuple[ImageSource, ...]


@lru_cache(maxsize=512)
def needs_of(image: Image | None, own: tuple[OwnImage, ...] = ()) -> ImageNeeds | None:
    """What an image needs, by the records of the settings and then by the table; None: unknown.

    The tag chooses the record: by the words in it (`alpine`, `fpm`) and then by the number that it
    begins with. A tag without a number, and a digest without a tag, take the newest version.
    """
    if image is None:
        return None
    for record in own:
        if _is_named(_short(image), record.name):
            return _of_settings(record)
    name = canonical_name(image)
    rows = _table().of(name)
    tag = image.tag or ""
    chosen = _choose(rows, tag)
    if chosen is None:
        return None
    needs = _needs(chosen, name)
    if _number(tag) is None:
        others = (row for row in rows if row.fits_words(tag) and row.wanted == chosen.wanted)
        guessed = any(_effect(_needs(row, name)) != _effect(needs) for row in others)
        needs = needs._replace(guessed=guessed)
    return needs


@lru_cache(maxsize=512)
def needs_of_others(image: Image | None) -> ImageNeeds | None:
    """What other versions or variants of an image need, where the table has not got this one.

    It is the record that asks most of a pod, as general knowledge: None where the table has none.
    """
    if image is None:
        return None
    name = canonical_name(image)
    rows = _table().of(name)
    if not rows or _choose(rows, image.tag or "") is not None:
        return None
    found = (_needs(row, name) for row in rows)
    hardest = min(found, key=lambda needs: (needs.nonroot_suffices, needs.user is not None))
    return hardest._replace(confidence="unknown")


def canonical_name(image: Image) -> str:
    """The name under which the table has an image: mirrors of Docker Hub do not count.

    An official image has no registry (`nginx`), another of Docker Hub its owner
    (`grafana/grafana`). k8s.gcr.io is the old name of registry.k8s.io.
    """
    registry, repository = image.registry, image.repository
    if registry in _HUB_MIRRORS and "/" not in repository:
        repository = f"library/{repository}"
    if registry == "public.ecr.aws" and repository.startswith("docker/"):
        registry, repository = "docker.io", repository.removeprefix("docker/")
    elif registry in _HUB_MIRRORS:
        registry = "docker.io"
    elif registry == "k8s.gcr.io":
        registry = "registry.k8s.io"
    if registry == "docker.io":
        return repository.removeprefix("library/")
    return f"{registry}/{repository}"


def notes_of(needs: ImageNeeds) -> ImageNotes:
    """The remark and the sources of a record; empty for one of the settings."""
    if needs.row < 0:
        return ImageNotes("", ())
    note, sources = _sources()[needs.row]
    return ImageNotes(note, tuple(_source(*each) for each in sources))


def _source(text: str, commit: str = "", file: str = "", lines: str = "") -> ImageSource:
    if not commit:
        return ImageSource(text, "")
    first = re.match("[0-9]+", lines)
    place = f"#L{first[0]}" if first else ""
    return ImageSource(f"{text}/{file}", f"https://github.com/{text}/blob/{commit}/{file}{place}")


_HUB_MIRRORS = frozenset(
    {"docker.io", "mirror.gcr.io", "registry-1.docker.io", "registry.hub.docker.com"}
)


# The table.


class _Row(NamedTuple):
    """One record as the file has it, with what chooses it."""

    at: int
    facts: dict[str, Any]

    @property
    def words(self) -> list[str]:
        """The words that the tag must have, or with `!` must not."""
        words: list[str] = self.facts.get("tags", "").split()
        return words

    @property
    def versions(self) -> str:
        """The comparisons that the tag's number must stand."""
        versions: str = self.facts.get("versions", "*")
        return versions

    def fits_words(self, tag: str) -> bool:
        """Whether the tag has the words that it must have, and none that it must not."""
        return all(_has_word(tag, word.lstrip("!")) != word.startswith("!") for word in self.words)

    @property
    def wanted(self) -> int:
        """How many words the tag must have: the more, the more particular the record."""
        return sum(not word.startswith("!") for word in self.words)


class _Table(NamedTuple):
    """The rows by name, and those whose name is a pattern."""

    named: dict[str, list[_Row]]
    patterns: list[tuple[str, _Row]]

    def of(self, name: str) -> list[_Row]:
        """The rows of an image, the newest versions first; a name wins over a pattern."""
        return self.named.get(name) or [
            row for start, row in self.patterns if name.startswith(start)
        ]


_FOLDER: Final = Path(__file__).parent


@cache
def _table() -> _Table:
    """The whole table, read on the first look-up."""
    named: dict[str, list[_Row]] = {}
    patterns: list[tuple[str, _Row]] = []
    for at, facts in enumerate(_load("image_needs.json")):
        row = _Row(at, facts)
        for name in (facts["image"], *facts.get("also", ())):
            if name.endswith("*"):
                patterns.append((name[:-1], row))
            else:
                named.setdefault(name, []).append(row)
    for rows in named.values():
        if len(rows) > 1:
            rows.sort(key=lambda row: _newest_of(row.versions), reverse=True)
    return _Table(named, patterns)


@cache
def _sources() -> Sequence[tuple[str, list[list[str]]]]:
    return tuple((note, sources) for note, sources in _load("image_sources.json"))


def _load(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))


def _choose(rows: Iterable[_Row], tag: str) -> _Row | None:
    """The row that a tag means: that with the most words of it, then the newest that fits."""
    number = _number(tag)
    fitting = [
        row
        for row in rows
        if row.fits_words(tag) and (number is None or _in_range(number, row.versions))
    ]
    return max(fitting, key=lambda row: row.wanted, default=None)


def _needs(row: _Row, name: str) -> ImageNeeds:
    facts = row.facts
    app = name.rpartition("/")[2]

    def places(key: str) -> tuple[str, ...]:
        return tuple(place.replace("<app>", app) for place in facts.get(key, ()))

    ports = tuple(facts.get("ports", ()))
    return ImageNeeds(
        name=facts["image"],
        start=facts["start"],
        user=facts.get("user"),
        uid=facts.get("uid"),
        gid=facts.get("gid"),
        account=facts.get("account"),
        runs_as=facts["runs_as"],
        any_uid=facts.get("any_uid", False),
        ports=ports,
        low_port=any(port < 1024 for port in ports),
        volumes=places("volumes"),
        read_only=facts["read_only"],
        writes=places("writes"),
        copies=places("copies"),
        data=places("data"),
        env=tuple(facts.get("env", {}).items()),
        init=facts.get("init"),
        caps_root=places("caps_root"),
        caps_uid=places("caps_uid"),
        needs_token=facts.get("token", False),
        needs_host=places("host"),
        instead=facts.get("instead"),
        confidence=facts["confidence"],
        guessed=False,
        row=row.at,
    )


def _effect(needs: ImageNeeds) -> ImageNeeds:
    """A record without what decides nothing about a pod that is not root: to compare two with."""
    start: Start = "name" if needs.start in ("root", "root-drops", "base") else needs.start
    return needs._replace(
        start=start,
        user=None,
        account=None,
        volumes=(),
        ports=(),
        caps_root=(),
        instead=None,
        confidence="read",
        row=0,
    )


# Tags and versions.


_Number = tuple[float, ...]

_NUMBER = regex(r"v?([0-9]+(?:\.[0-9]+)*)")
_COMMIT = regex(r"(?=.*[a-f])[0-9a-f]{7,}")
_COMPARISON = regex(r"(>=|<)([0-9.]+)|(?<![0-9])([0-9]{1,9})\.\*")


def _number(tag: str) -> _Number | None:
    """The version that a tag begins with; None where it names none, as `latest` or a commit."""
    match = None if _COMMIT.fullmatch(tag) else _NUMBER.match(tag)
    return None if match is None else tuple(float(part) for part in match[1].split("."))


def _in_range(number: _Number, versions: str) -> bool:
    """Whether a version is in a range; of `1` and `1.27` the newest of that series is meant."""
    newest = (*number, float("inf"))
    for sign, bound, series in _COMPARISON.findall(versions):
        limit = tuple(float(part) for part in (bound or series).split("."))
        if series:
            fits = number[0] == limit[0]
        else:
            fits = newest >= limit if sign == ">=" else newest < limit
        if not fits:
            return False
    return True


def _newest_of(versions: str) -> _Number:
    """The end of a range, to sort by."""
    ends = [
        (float(bound or series), 0.0) if series else _bound(sign, bound)
        for sign, bound, series in _COMPARISON.findall(versions)
    ]
    return min(ends, default=(float("inf"),))


def _bound(sign: str, bound: str) -> _Number:
    return (float("inf"),) if sign == ">=" else tuple(float(part) for part in bound.split("."))


def _has_word(tag: str, word: str) -> bool:
    """Whether a word stands in a tag by itself, a number behind it or not: `alpine3.19`."""
    return re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", tag) is not None


# Records of the settings.


def _short(image: Image) -> str:
    """An image as people write it: without Docker Hub's name, as a pattern is written too."""
    name = image.name.removeprefix("docker.io/")
    return name.removeprefix("library/")


def _is_named(name: str, pattern: str) -> bool:
    """Whether a name is that of a pattern, in which `*` stands for anything; in linear time."""
    first, *others = pattern.removeprefix("docker.io/").removeprefix("library/").split("*")
    if not others:
        return name == first
    *middle, last = others
    position, end = len(first), len(name) - len(last)
    if position > end or not name.startswith(first) or not name.endswith(last):
        return False
    for part in middle:
        position = name.find(part, position, end)
        if position < 0:
            return False
        position += len(part)
    return True


def _of_settings(record: OwnImage) -> ImageNeeds:
    """What a record of the settings says, with what follows from it.

    Whether the image declares a number or a name is not known, so that a `runAsUser` is needed.
    """
    is_root = record.user == 0
    return ImageNeeds(
        name=record.name,
        start="root-needed" if is_root else "name",
        user=None if is_root else str(record.user),
        uid=record.user,
        gid=record.user if record.group is None else record.group,
        account=None,
        runs_as="no" if is_root else "with-mounts",
        any_uid=False,
        ports=record.ports,
        low_port=any(port < 1024 for port in record.ports),
        volumes=(),
        read_only="yes" if record.read_only else "no",
        writes=record.writes,
        copies=(),
        data=record.data,
        env=(),
        init=None,
        caps_root=record.capabilities,
        caps_uid=record.capabilities,
        needs_token=record.needs_token,
        needs_host=(),
        instead=record.instead,
        confidence="own",
        guessed=False,
        row=-1,
    )
