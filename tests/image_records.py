"""The table of images made from the records that were collected: what is changed, and why."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from k8s_lsp.kubernetes import image_needs

Record = dict[str, Any]
Notes = list[Any]
"""A remark, and a list of sources."""

FILES = tuple(
    Path(image_needs.__file__).with_name(name)
    for name in ("image_needs.json", "image_sources.json")
)
"""The table, and where its facts stand, record by record."""

FACTS = (
    "image also versions tags start user uid gid account runs_as any_uid ports volumes read_only"
    " writes copies data env init caps_root caps_uid token host instead confidence"
).split()
"""What the table keeps of a record, in this order."""


class Change(NamedTuple):
    """What the table says instead of a record, and the reason."""

    image: str
    tags: str | None
    facts: Record
    reason: str


CHANGES = (
    Change(
        "postgis/postgis",
        None,
        {"tags": "!alpine", "also": ["pgvector/pgvector"]},
        "the account is 70 in Alpine, where no nss_wrapper makes up for an unknown 999; all images"
        " of timescale are Alpine",
    ),
    Change(
        "rabbitmq",
        None,
        {"tags": "!alpine"},
        "the number of the account in Alpine was not read",
    ),
    Change(
        "php",
        "fpm",
        {"tags": "fpm !alpine"},
        "www-data is 82 in Alpine, which has a record of its own",
    ),
    Change(
        "wordpress",
        "fpm",
        {"tags": "fpm !alpine"},
        "www-data is 82 in Alpine",
    ),
    Change(
        "fluent/fluentd",
        "!kubernetes",
        {"tags": "debian !kubernetes"},
        "the account is 999 in Debian and 100 in Alpine, and only a tag with debian says which",
    ),
    Change(
        "bitnami/*",
        None,
        {
            "read_only": "copy",
            "writes": ["/tmp", "/opt/bitnami/<app>/logs", "/opt/bitnami/<app>/tmp"],
            "copies": ["/opt/bitnami/<app>/conf"],
        },
        "an empty conf hides the image's files: charts copy them with an init container",
    ),
    Change(
        "drupal",
        "!fpm",
        {"data": []},
        "its data lies among the image's files, which an empty volume hides",
    ),
    Change(
        "registry",
        None,
        {"versions": ">=2", "also": []},
        "the remark says that 3.* is the same",
    ),
    Change(
        "registry.k8s.io/sig-storage/nfsplugin",
        None,
        {"also": ["longhornio/longhorn-manager"]},
        "a family of images is no name",
    ),
    Change(
        "hashicorp/vault",
        None,
        {"caps_uid": ["IPC_LOCK"]},
        "the note says what makes it needless",
    ),
)

ADDED = (
    (
        "php",
        "fpm",
        {"tags": "fpm alpine", "uid": 82, "gid": 82},
        "the number of www-data in Alpine, by the note",
    ),
)
"""Records that follow from another: its image and tags, what differs, and the reason."""

LEFT_OUT: dict[str, str] = {}
"""The images that may fix by their records and are not in the table, and why."""


def records(corpora: Path) -> list[Record]:
    """What was collected, as it is."""
    found: list[Record] = json.loads(
        (corpora / "images" / "images.json").read_text(encoding="utf-8")
    )["images"]
    return found


def may_fix(record: Record) -> bool:
    """Whether its facts were read, or deduced from something that can be named."""
    return record["confidence"] == "read" or (
        record["confidence"] == "inferred" and bool(record["sources"])
    )


def example_of(made: Record) -> str:
    """A reference that means the image, in a version and a variant of the record."""
    name = made["image"].replace("*", "app")
    version = made.get("versions", "1.0").split(" ")[0]
    numbers = [int(number) for number in re.findall("[0-9]+", version)]
    if version.startswith("<"):
        while not numbers[-1]:
            numbers.pop()
        numbers[-1] -= 1
    words = [word for word in made.get("tags", "").split() if not word.startswith("!")]
    return f"{name}:{'-'.join(('.'.join(map(str, numbers)), *words))}"


def shipped() -> list[tuple[Record, Notes]]:
    """The records of the table with their notes, as the package has them."""
    return list(zip(*(json.loads(file.read_text(encoding="utf-8")) for file in FILES), strict=True))


def added_here(collected: list[Record]) -> list[tuple[Record, Notes]]:
    """The records that somebody wrote into the table by hand: of no image that was collected."""
    made = {made["image"] for _, made in made_of(collected)}
    return [(record, notes) for record, notes in shipped() if record["image"] not in made]


def table_of(collected: list[Record]) -> tuple[str, str]:
    """The texts of the table and of its sources, a line for each record: ours stand at the end."""
    made = [each for _, each in made_of(collected)]
    facts = [{key: each[key] for key in FACTS if _says(each.get(key))} for each in made]
    notes = [[_note(each), list(_sources(each))] for each in made]
    for record, noted in added_here(collected):
        facts.append(record)
        notes.append(noted)
    return _lines(map(json.dumps, facts)), _lines(map(json.dumps, notes))


def _says(value: object) -> bool:
    """Whether it says something: group 0 does."""
    return value is not None and value is not False and value not in ([], {}, "")


def _lines(lines: Iterable[str]) -> str:
    return "[\n" + ",\n".join(lines) + "\n]\n"


def made_of(collected: list[Record]) -> Iterator[tuple[Record, Record]]:
    """Each record, and what the table says instead."""
    for record in collected:
        if record["image"] in LEFT_OUT:
            continue
        made = _cleaned(record)
        for change in CHANGES:
            if (change.image, change.tags) == (record["image"], record.get("tags")):
                made.update(change.facts)
        yield record, made
        for image, tags, facts, _ in ADDED:
            if (image, tags) == (record["image"], record.get("tags")):
                yield {**record, **facts}, {**made, **facts}


def _cleaned(record: Record) -> Record:
    """The record with each remark taken out of its lists, and as null what is left unsaid."""
    made = {key: value for key, value in record.items() if value != "*"}
    made["also"] = [_hub(name) for name in map(_bare, record.get("also", ())) if name]
    made["image"] = _hub(record["image"])
    made["also"] = [name for name in dict.fromkeys(made["also"]) if name != made["image"]]
    places = record.get("writes", ())
    made["writes"] = [_bare(place) for place in places if "cop" not in _remark(place)]
    made["writes"] = [place for place in made["writes"] if place.startswith("/")]
    made["copies"] = [_bare(place) for place in places if "cop" in _remark(place)]
    if not record.get("uid"):
        made["uid"] = made["gid"] = None
    return made


def _hub(name: str) -> str:
    return name.removeprefix("docker.io/")


def _bare(text: str) -> str:
    return text.split(" ")[0]


def _remark(text: str) -> str:
    return text.partition(" ")[2]


def _note(record: Record) -> str:
    note: str = record.get("note", "").replace("Nothing read: general knowledge.", "")
    return note.strip()


def _sources(record: Record) -> Iterator[list[str]]:
    """A repository, a commit, a file and its lines; or what was counted."""
    for source in record["sources"]:
        if "evidence" in source:
            yield [re.sub(r" \(find_string [^)]*\)", "", source["evidence"])]
        else:
            yield [source["repo"], source["commit"], source["file"], source["lines"] or ""]
