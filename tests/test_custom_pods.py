"""Custom resources are judged as a Deployment with the same pod, wherever their kinds keep it."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from textwrap import indent
from typing import Final, NamedTuple

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import harden, preferred_fix
from k8s_lsp.kubernetes import custom_resources
from k8s_lsp.kubernetes.custom_resources import places_of
from k8s_lsp.kubernetes.places import EXACT, ITEMS, VALUES, CorePlace, PlaceType
from k8s_lsp.settings import OwnImage, Settings
from k8s_lsp.text import apply_edits

CONTAINER: Final = """\
name: app
image: example.com/app:latest
ports:
  - containerPort: 8080
    hostPort: 8080
resources:
  limits:
    memory: 400m
securityContext:
  privileged: true
  capabilities:
    add:
      - NET_ADMIN
"""

POD: Final = f"""\
hostNetwork: true
shareProcessNamespace: true
securityContext:
  runAsUser: 0
  sysctls:
    - name: kernel.msgmax
      value: "1"
containers:
  -
{indent(CONTAINER, "    ")}\
volumes:
  - name: host
    hostPath:
      path: /etc
"""

BAD: Final[dict[PlaceType, str]] = {
    "PodTemplateSpec": f"metadata:\n  labels:\n    app: web\nspec:\n{indent(POD, '  ')}",
    "PodSpec": POD,
    "Container": CONTAINER,
    "SecurityContext": (
        "privileged: true\nprocMount: Unmasked\ncapabilities:\n  add:\n    - SYS_ADMIN\n"
    ),
    "PodSecurityContext": 'runAsUser: 0\nsysctls:\n  - name: kernel.msgmax\n    value: "1"\n',
    "AnySecurityContext": "runAsUser: 0\nprivileged: true\n",
    "ResourceRequirements": "limits:\n  memory: 400m\nrequests:\n  cpu: 1GB\n",
    "Volume": "name: host\nhostPath:\n  path: /etc\n",
    "Image": "example.com/app:latest",
    "PolicyRule": "apiGroups: ['*']\nresources: ['*']\nverbs: ['*']\n",
}

IN_PARTS: Final[dict[PlaceType, set[tuple[str, int]]]] = {
    "SecurityContext": {("privileged-container", 0), ("unmasked-proc-mount", 1)},
    "PodSecurityContext": {("root-user", 0), ("unsafe-sysctl", 2)},
    "AnySecurityContext": {("privileged-container", 1), ("root-user", 0)},
    "ResourceRequirements": {("milli-byte-quantity", 1), ("invalid-quantity", 3)},
    "Volume": {("host-path-volume", 1)},
    "Image": {("latest-image-tag", 0)},
    "PolicyRule": {("wildcard-rbac-rule", 1)},
}
"""What is told of the bad parts, by rule and line."""

WHOLE: Final = {
    "PodTemplateSpec": ("spec", "template"),
    "PodSpec": ("spec", "template", "spec"),
    "Container": ("spec", "template", "spec", "containers", ITEMS),
}
"""Where a Deployment has these."""

BASE: Final = "stepTemplate"
"""What this begins is judged in each step of a task, and without a step nothing runs."""

DEFAULTS: Final = "templateDefaults"
"""What stands below this is written, and what it lacks is missing in each template."""

ALL: Final = Settings("all")


class Told(NamedTuple):
    """A finding about the text at a place: its rule, and where it begins in that text."""

    slug: str
    line: int
    column: int


class Judged(NamedTuple):
    """The findings about the text at a place, with their fixes as lines of that text.

    Those that `miss` something are no matter of what is written there.
    """

    fixes: dict[Told, tuple[str, ...] | None]
    miss: set[Told]


def written(place: CorePlace, api_version: str, kind: str, extra: str = "") -> tuple[str, int, int]:
    """An object with the bad text at a place, the line and the column at which that begins."""
    lines = f"apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: web\n{extra}".splitlines()
    depth, dash = 0, ""
    for name in place.path:
        if name == ITEMS:
            dash += "- "
            continue
        lines.append(" " * depth + dash + ("key" if name == VALUES else name) + ":")
        depth, dash = depth + len(dash) + 2, ""
    column = depth + len(dash)
    if place.type == "Image":
        lines[-1] += " " + BAD["Image"]
        return "\n".join(lines) + "\n", len(lines) - 1, lines[-1].index(BAD["Image"])
    body = BAD[place.type]
    own_names = {
        each.path[-1] for each in places_of(api_version, kind) if each.path[:-1] == place.path
    }
    if "computeResources" in own_names:
        body = body.replace("resources:", "computeResources:")
    shown = indent(body, " " * column)
    return (
        "\n".join([*lines, " " * depth + dash + shown[column:]]),
        len(lines),
        column,
    )


def judged(text: str, first: int, column: int) -> Judged:
    """What is told of the text from a line and a column on."""
    analysis = analyze(text, ALL)
    found = Judged({}, set())
    for index, diagnosis in analysis.published():
        start = diagnosis.finding.span.start
        line = text.count("\n", 0, start)
        if line < first:
            continue
        at = start - text.rfind("\n", 0, start) - 1 - column
        told = Told(diagnosis.rule.slug, line - first, at)
        fix = preferred_fix(analysis, diagnosis)
        lines = None
        if fix is not None:
            after = apply_edits(analysis.units[index].tree.text, fix.edits)
            lines = tuple(each[column:].rstrip() for each in after.splitlines()[first:])
        found.fixes[told] = lines
        if diagnosis.finding.absent_from:
            found.miss.add(told)
    return found


@cache
def in_deployment(type: PlaceType, listed_in: str = "containers") -> Judged:
    """What is told of the same bad text in a Deployment, where the containers are `listed_in`."""
    path = tuple(listed_in if name == "containers" else name for name in WHOLE[type])
    text, first, column = written(CorePlace(path, type, EXACT), "apps/v1", "Deployment")
    head, body = text.splitlines()[:first], text.splitlines()[first:]
    at = head.index("spec:") + 1
    head.insert(at, "  selector: {}")
    if listed_in != "containers":
        body += ["      containers:", "        - name: other", "          image: example.com/o:1.4"]
    found = judged("\n".join([*head, *body]) + "\n", first + 1, column)
    own = len(BAD[type].splitlines())
    fixes = {told: fix for told, fix in found.fixes.items() if told.line < own}
    return Judged(fixes, found.miss & fixes.keys())


def all_places() -> Iterator[tuple[str, str, CorePlace]]:
    """Every place of the table, with the version and the kind of its object."""
    for key, row in custom_resources._tables().places.items():
        group, kind = key.split(" ")
        for schema in row.split(" ; "):
            api_version = f"{group}/{schema.split(' ')[0].split(',')[0]}"
            for place in places_of(api_version, kind):
                if place.type in BAD and place.path[-1] != BASE and BASE not in place.path:
                    yield api_version, kind, place


def list_of(place: CorePlace) -> str:
    """The list of a pod in which a Deployment has containers like these."""
    lists = ("initContainers", "ephemeralContainers")
    return next((name for name in lists if name in place.path[-2:]), "containers")


def test_a_whole_pod_or_container_is_told_what_it_is_told_in_a_deployment() -> None:
    counted: Counter[tuple[PlaceType, str]] = Counter()
    wrong: list[str] = []
    for api_version, kind, place in all_places():
        if place.type not in WHOLE:
            continue
        found = judged(*written(place, api_version, kind))
        expected = in_deployment(place.type, list_of(place))
        handling = place.handling
        counted[place.type, handling.kind] += 1
        told, wanted = set(found.fixes), set(expected.fixes)
        if handling.token_is_off:
            wanted = {each for each in wanted if each.slug != "service-account-token-mounted"}
        if handling.kind == "ignored":
            wanted = {each for each in wanted if each.slug not in ("root-user", "unsafe-sysctl")}
        lacking = place.absent | handling.refused
        if not lacking.isdisjoint({"resources", "securityContext"}):
            # What nobody could write is not missing.
            wanted -= expected.miss
            told -= found.miss
        if DEFAULTS in place.path:
            told |= wanted & expected.miss
            wanted |= told & found.miss
        if handling.kind in ("exact", "overlay"):
            if told != wanted:
                wrong.append(f"{api_version} {kind} {place.path}: {sorted(told ^ wanted)}")
        elif not wanted - expected.miss <= told:
            lost = sorted(wanted - expected.miss - told)
            wrong.append(f"{api_version} {kind} {place.path} does not tell {lost}")
        elif not handling.replaces and not handling.own_containers and found.miss:
            wrong.append(f"{api_version} {kind} {place.path} misses {sorted(found.miss)}")
    assert not wrong, "\n".join(wrong)
    assert all(counted[each] >= floor for each, floor in FLOORS.items()), counted


FLOORS: Final[dict[tuple[PlaceType, str], int]] = {
    ("PodTemplateSpec", "exact"): 65,
    ("PodTemplateSpec", "overlay"): 25,
    ("PodTemplateSpec", "hardened"): 20,
    ("PodSpec", "overlay"): 15,
    ("Container", "exact"): 110,
    ("Container", "overlay"): 140,
    ("Container", "hardened"): 180,
}
"""How many places there are at least, by type and by what the controller makes of them."""


def test_fixes_of_exact_pods_are_those_of_a_deployment() -> None:
    compared = 0
    for api_version, kind, place in all_places():
        handling = place.handling
        if place.type != "PodTemplateSpec" or handling.kind != "exact" or place.absent:
            continue
        found = judged(*written(place, api_version, kind))
        expected = in_deployment(place.type)
        for told, fix in found.fixes.items():
            if told.slug == "service-account-token-mounted" and handling.token_because:
                assert fix is None, (api_version, kind, place.path)
            else:
                assert fix == expected.fixes[told] or fix is None, (api_version, kind, told, fix)
                compared += fix is not None
    assert compared > 500


def test_parts_of_pods_are_told_what_is_written_there() -> None:
    counted: Counter[PlaceType] = Counter()
    wrong: list[str] = []
    for api_version, kind, place in all_places():
        if place.type not in IN_PARTS or place.handling.kind == "ignored":
            continue
        found = judged(*written(place, api_version, kind))
        counted[place.type] += 1
        lost = IN_PARTS[place.type] - {(each.slug, each.line) for each in found.fixes}
        if lost:
            wrong.append(f"{api_version} {kind} {place.path} does not tell {sorted(lost)}")
        if place.handling.kind == "hardened" and not place.handling.replaces and found.miss:
            wrong.append(f"{api_version} {kind} {place.path} misses {sorted(found.miss)}")
    assert not wrong, "\n".join(wrong)
    least = counted.pop("PolicyRule")
    assert least >= 10 and min(counted.values()) >= 30, counted


@pytest.mark.parametrize("type", ["PodTemplateSpec", "PodSpec"])
def test_harden_makes_exact_pods_restricted(type: PlaceType) -> None:
    count = 0
    for api_version, kind, place in all_places():
        if place.type != type or place.handling.kind != "exact" or place.handling.refused:
            continue
        text, _, _ = written(place, api_version, kind)
        settings = Settings("restricted", images=(OwnImage("example.com/app", user=1000),))
        hardened = harden(analyze(text, settings)).text
        left = [each.rule.slug for _, each in analyze(hardened, settings).published()]
        assert left == ["host-path-volume"], (api_version, kind, place.path, left, hardened)
        count += 1
    assert count >= {"PodTemplateSpec": 65, "PodSpec": 5}[type]
