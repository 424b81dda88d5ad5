"""Which objects are patches, and why; what comes of it stands in the cases and in the engine."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_lsp.kubernetes.objects import objects_of
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.parse import parse
from tests import oracle
from tests.fixes import harden_text

HEAD = "apiVersion: {}\nkind: {}\nmetadata: {{name: web}}\n"
APPS = HEAD.format("apps/v1", "Deployment")
POD = HEAD.format("v1", "Pod")
WHOLE = "spec: {containers: [{name: app, image: b}]}\n"
SELECTOR = "no spec.selector"


def reasons(text: str, *, template: bool = False) -> list[str | None]:
    return [obj.patch_because for obj in objects_of(parse(text, template=template))]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (APPS, SELECTOR),
        (APPS + "spec: {replicas: 2}\n", SELECTOR),
        (APPS + "spec: {template: {spec: {containers: [{name: app, image: b}]}}}\n", SELECTOR),
        (APPS.replace("apps/v1", "apps/v1beta2") + "spec: {}\n", SELECTOR),
        (HEAD.format("apps/v1", "ReplicaSet") + "spec: {}\n", SELECTOR),
        (HEAD.format("batch/v1", "CronJob") + "spec: {schedule: '@daily'}\n", "it has no pod"),
        (POD, "it has no pod"),
        (POD + "spec: {volumes: []}\n", "its pod has no containers"),
        (POD + "spec: {containers: }\n", "its pod has no containers"),
        (POD + "spec:\n  containers:\n  -\n", "its pod has no containers"),
        (POD + "spec:\n  containers:\n  - nam\n", "its pod has no containers"),
        (POD + "spec: {containers: {name: app, image: b}}\n", "its pod has no containers"),
        (POD + "spec: {ephemeralContainers: [{name: sh, image: b}]}\n", "no containers"),
        (POD + "spec: {initContainers: [{name: a, image: b}]}\n", "no containers"),
        (POD + "spec: {containers: [{name: app, image: b}, {name: c, env: []}]}\n", '"c" has no'),
        (POD + WHOLE.replace("image", "$patch"), 'container "app" has no image'),
        (POD + "$patch: replace\n" + WHOLE, "it has $patch,"),
        (POD + WHOLE + "x: [{$retainKeys: [a]}]\n", "it has $retainKeys,"),
        (POD + WHOLE + "x: {$deleteFromPrimitiveList/finalizers: [a]}\n", "$deleteFromPrim"),
        (HEAD.format("v1", "Service") + "x: {$setElementOrder/ports: []}\n", "$setElementOrder"),
        (HEAD.format("v1", "Namespace").replace("web", "_"), '"_" is no name'),
        (HEAD.format("v1", "Secret").replace("web", "'--'"), '"--" is no name'),
    ],
)
def test_the_rest_of_a_patch_is_elsewhere(text: str, reason: str) -> None:
    [found] = reasons(text)
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    "text",
    [
        POD + WHOLE,
        APPS + "spec: {selector: {}, template: {spec: {containers: [{name: app, image: b}]}}}\n",
        APPS + "spec: {selector: , template: {spec: {containers: [{name: app, image: b}]}}}\n",
        # Older versions take the labels of the template; other groups have other Deployments.
        HEAD.format("apps/v1beta1", "Deployment") + f"spec: {{template: {{{WHOLE.strip()}}}}}\n",
        HEAD.format("example.com/v1", "Deployment"),
        HEAD.format("v1", "Service"),
        # A container that has only a name is being typed, and one of an injector is filled in.
        POD + "spec: {containers: [{name: app}, {name: b, image: b}]}\n",
        POD + "spec: {containers: [{name: app, image: auto}]}\n",
        POD + "spec: {containers: [{name: app, image: }]}\n",
        # What cannot be read may hold it.
        APPS + "spec: *nowhere\n",
        APPS + "spec:\n  <<: *nowhere\n  replicas: 1\n",
        APPS + "spec:\n  replicas: 1\n  sel\n",
        POD + "spec: [containers]\n",
        POD + "spec: {containers: *nowhere}\n",
        # Dollars, and names of one character.
        POD + WHOLE + "x: {$ref: a, value: $patch}\n",
        HEAD.format("v1", "Namespace").replace("web", "x"),
        HEAD.format("v1", "Namespace").replace("web", "${NAME}"),
        HEAD.format("v1", "Namespace").replace("web", "é"),
        HEAD.format("v1", "Namespace").replace("web", "a_b"),
    ],
)
def test_a_whole_object_is_none(text: str) -> None:
    assert reasons(text) == [None]


def test_what_an_alias_or_a_merge_brings_is_there() -> None:
    text = "x: &x {selector: {}, template: {}}\n" + APPS + "spec: {<<: *x, replicas: 1}\n"
    assert reasons(text) == ["it has no pod"]
    text = "x: &x {name: app, image: b}\n" + POD + "spec: {containers: [{<<: *x, env: []}]}\n"
    assert reasons(text) == [None]


def test_an_action_of_a_template_may_write_the_rest() -> None:
    text = APPS + "spec:\n  {{- include `rest` . }}\n  replicas: 1\n"
    assert reasons(text, template=True) == [None]
    assert reasons(text.replace("  {{- include `rest` . }}\n", ""), template=True) != [None]
    for rest in (
        "{{- include `containers` . }}",
        "containers: {{ . }}",
        "containers:\n  - {{ . }}",
    ):
        assert reasons(POD + f"spec:\n  hostPID: true\n  {rest}\n", template=True) == [None]


def test_each_object_of_a_unit_is_judged_by_itself() -> None:
    whole, patch = (f"{{metadata: {{name: a}}, {spec}}}" for spec in (WHOLE.strip(), "spec: {}"))
    text = f"apiVersion: v1\nkind: PodList\nitems: [{whole}, {patch}, {{$patch: delete}}]\n"
    assert [reason is not None for reason in reasons(text)] == [False, True, True]


PODS = {
    "Pod": (),
    "PodTemplate": ("template",),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet"), ("spec", "template")),
    **dict.fromkeys(("Job", "ReplicationController"), ("spec", "template")),
}


def below(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def lacks_a_part(value: Any) -> bool:
    """Tell a patch without the code under test: by what the API server asks of a workload."""
    kind, version = below(value, "kind"), below(value, "apiVersion")
    if kind not in PODS or version not in ("v1", "apps/v1", "batch/v1"):
        return False
    spec = below(value, *PODS[kind], "spec")
    if not isinstance(spec, dict) or "containers" not in spec:
        return True
    if version == "apps/v1" and "selector" not in value["spec"]:
        return True
    containers = [*(spec["containers"] or ()), *(spec.get("initContainers") or ())]
    return any("image" not in each for each in containers if isinstance(each, dict))


def test_harden_leaves_the_patches_of_others_as_they_are(
    corpora: Path, manifest: list[dict[str, Any]]
) -> None:
    seen = 0
    for path in sorted({each["path"] for each in manifest if each["set"] in ("real", "peers")}):
        text = (corpora / path).read_bytes().decode("utf-8", "replace")
        if not any(f"kind: {kind}" in text for kind in PODS):
            continue
        try:
            before = oracle.load(text)
        except yaml.YAMLError:
            continue
        patches = [index for index, value in enumerate(before) if lacks_a_part(value)]
        if patches:
            after = oracle.load(harden_text(text, Settings("all")))
            assert [after[index] for index in patches] == [before[index] for index in patches], path
            seen += len(patches)
    assert seen > 100
