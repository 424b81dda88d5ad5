"""What is found by its shape, and what only looks like it."""

from textwrap import dedent

import pytest

from k8s_lsp.kubernetes.api_fields import FIELDS
from k8s_lsp.kubernetes.chart_values import values_of_object
from k8s_lsp.kubernetes.embedded import embedded_field, embedded_tree
from k8s_lsp.kubernetes.fields import Field, path_text, root_field
from k8s_lsp.kubernetes.objects import is_encrypted
from k8s_lsp.kubernetes.places import AS_WRITTEN, EXACT
from k8s_lsp.kubernetes.shapes import (
    HOST_FIELDS,
    POD_SPEC_FIELDS,
    Shaped,
    may_hold_pods,
    pods_by_shape,
    values_by_shape,
    written_image,
)
from k8s_lsp.syntax.nodes import Scalar
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import apply_edits


def root_of(text: str, *, template: bool = False) -> Field:
    tree = parse(text, template=template)
    assert not tree.problems
    return root_field(tree.roots[0])


def told(found: list[Shaped]) -> list[str]:
    return [f"{shaped.type} {path_text(shaped.field.path)}".rstrip() for shaped in found]


def in_values(text: str) -> list[str]:
    found = list(values_by_shape(root_of(dedent(text))))
    assert all(
        shaped.handling == (EXACT if shaped.type == "Object" else AS_WRITTEN) for shaped in found
    )
    return told(found)


def in_object(text: str) -> list[str]:
    root = root_of(text)
    api_version, kind = root.get("apiVersion").text or "", root.get("kind").text or ""
    return told(list(values_of_object(root, text, api_version, kind)))


# Pods in objects of unknown kinds.


def pods(text: str, *, template: bool = False) -> list[str]:
    found = pods_by_shape(root_of(dedent(text), template=template))
    return [f"{told([shaped])[0]} {shaped.handling.kind}" for shaped in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "spec: {template: {metadata: {}, spec: {containers: [{name: a, image: b}]}}}",
            ["PodTemplateSpec spec.template exact"],
        ),
        (
            "spec: {podTemplate: {spec: {containers: [{name: a, image: b}]}}}",
            ["PodTemplateSpec spec.podTemplate exact"],
        ),
        (
            "spec: {pods: [{metadata: {name: x}, spec: {containers: [{name: a, image: b}]}}]}",
            ["PodTemplateSpec spec.pods[0] exact"],
        ),
        (
            "spec: {worker: {pod: {containers: [{name: a, image: b}]}}}",
            ["PodSpec spec.worker.pod exact"],
        ),
        # What the object itself says of its name is not about a pod.
        (
            "metadata: {name: x}\nspec: {containers: [{name: a, image: b}], hostNetwork: true}",
            ["PodSpec spec exact"],
        ),
        (
            "spec: {a: {spec: {containers: [{name: a, image: b}, {name: c, image: d}]}},"
            " b: {spec: {containers: [{name: a, image: b}]}}}",
            ["PodSpec spec.a.spec exact", "PodSpec spec.b.spec exact"],
        ),
        # A field of the operator's own makes it no pod spec.
        (
            "spec: {replicas: 2, hostPID: true, containers: [{name: a, image: b}]}",
            ["PodHost spec hardened", "Container spec.containers[0] hardened"],
        ),
    ],
)
def test_a_pod_is_found_by_containers_that_say_what_they_run(
    text: str, expected: list[str]
) -> None:
    assert pods(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "spec: {template: {spec: {containers: []}}}",
        "spec: {template: {spec: {containers: [{name: a}]}}}",
        "spec: {template: {spec: {containers: [{image: a}]}}}",
        "spec: {template: {spec: {containers: [{name: a, image: b}, {name: c}]}}}",
        "spec: {template: {spec: {containers: {a: {name: a, image: b}}}}}",
        "spec: {template: {spec: {containers: [{name: a, image: {repository: b}}]}}}",
        "spec: {template: {spec: {containers: [a, b]}}}",
        "spec: {plugins: [{name: a, image: b}]}",
        # Usage, as the metrics API has it.
        "containers: [{name: a, usage: {cpu: 1m}}]",
        "status: {observed: {containers: [{name: a, image: b}]}}",
        "spec: {patches: [{spec: {containers: [{name: a, image: b}]}}]}",
        "spec: {validate: {pattern: {spec: {containers: [{name: a, image: b}]}}}}",
        "spec: {text: 'containers: [{name: a, image: b}]'}",
    ],
)
def test_no_pod_is_where_something_only_looks_like_one(text: str) -> None:
    assert pods(text) == []


def test_an_expression_leaves_what_is_written() -> None:
    text = "spec: {template: {spec: {containers: [{name: a, image: '{{ .Values.image }}'}]}}}"
    assert pods(text, template=True) == ["PodTemplateSpec spec.template hardened"]


def test_an_alias_is_no_pod_of_its_own() -> None:
    text = "spec:\n  a: &a {containers: [{name: a, image: b}]}\n  b: *a\n  c: {<<: *a}\n"
    assert pods(text) == ["PodSpec spec.a exact"]


@pytest.mark.parametrize(
    ("api_version", "expected"),
    [
        ("example.com/v1", True),
        ("work.x-k8s.io/v1alpha1", True),
        ("v1", False),
        ("apps/v1", False),
        ("rbac.authorization.k8s.io/v1", False),
        ("kyverno.io/v1", False),
        ("policies.kyverno.io/v1", False),
        ("cli.kyverno.io/v1alpha1", False),
        ("notkyverno.io/v1", True),
        ("admission.k8s.io/v1", False),
        ("audit.k8s.io/v1", False),
    ],
)
def test_pods_are_looked_for_in_custom_resources(api_version: str, expected: bool) -> None:
    assert may_hold_pods(api_version) is expected


def test_the_fields_of_a_pod_spec_are_those_of_the_api() -> None:
    assert FIELDS["PodSpec"].keys() <= POD_SPEC_FIELDS
    assert HOST_FIELDS <= POD_SPEC_FIELDS


# Values of charts.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("podSecurityContext: {runAsUser: 0}", ["PodSecurityContext podSecurityContext"]),
        ("containerSecurityContext: {runAsUser: 0}", ["SecurityContext containerSecurityContext"]),
        (
            "a: {masterPodSecurityContext: {privileged: true}}",
            ["PodSecurityContext a.masterPodSecurityContext"],
        ),
        ("securityContext: {fsGroup: 1, runAsUser: 0}", ["PodSecurityContext securityContext"]),
        ("securityContext: {sysctls: []}", ["PodSecurityContext securityContext"]),
        ("securityContext: {capabilities: {add: [A]}}", ["SecurityContext securityContext"]),
        ("securityContext: {privileged: '{{ .x }}'}", ["SecurityContext securityContext"]),
        ("securityContext: {runAsUser: 0}", ["AnySecurityContext securityContext"]),
        (
            "securityContext: {fsGroup: 1, privileged: true}",
            ["AnySecurityContext securityContext"],
        ),
        (
            "podSecurityContext: {}\nsecurityContext: {runAsUser: 0}",
            ["SecurityContext securityContext"],
        ),
        (
            "securityContext: {runAsUser: 0}\ncontainerSecurityContext: {privileged: true}",
            ["PodSecurityContext securityContext", "SecurityContext containerSecurityContext"],
        ),
        (
            "securityContext: {pod: {runAsUser: 0}, container: {runAsUser: 0}}",
            ["PodSecurityContext securityContext.pod", "SecurityContext securityContext.container"],
        ),
        (
            "podSecurityContext: {server: {runAsUser: 0}, agent: {}}",
            ["PodSecurityContext podSecurityContext.server"],
        ),
        (
            "securityContextServer: {readOnlyRootFilesystem: false}",
            ["SecurityContext securityContextServer"],
        ),
        (
            "securityContext: {enabled: true, privileged: true}",
            ["SecurityContext securityContext"],
        ),
    ],
)
def test_a_security_context_is_told_by_its_name_its_keys_or_what_is_beside(
    text: str, expected: list[str]
) -> None:
    assert in_values(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "securityContext: {}",
        "securityContext:",
        "securityContext: restricted",
        "securityContext: {enabled: false, privileged: true}",
        "metrics: {enabled: false, securityContext: {privileged: true}}",
        # A schema of values, and a policy of OpenShift.
        "securityContext: {type: object, additionalProperties: true}",
        "securityContext: {privileged: {type: boolean}}",
        "securityContextConstraints: {create: true, runAsUser: {type: MustRunAs}}",
        "podSecurityPolicy: {hostNetwork: true, privileged: true}",
        "usePodSecurityContext: true",
        "securityContext: {readonly: true}",
        "# securityContext: {privileged: true}\na: 1",
        "other: {privileged: true, runAsUser: 0}",
    ],
)
def test_no_security_context_is_where_something_only_looks_like_one(text: str) -> None:
    assert in_values(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resources: {limits: {cpu: 1}}", ["ResourceRequirements resources"]),
        ("resources: {requests: {memory: 1Gi}, limits: }", ["ResourceRequirements resources"]),
        ("resources: {limits: {nvidia.com/gpu: 1}}", ["ResourceRequirements resources"]),
        ("initResources: {requests: {cpu: 1}}", ["ResourceRequirements initResources"]),
        (
            "resources: {web: {limits: {cpu: 1}}, db: {}}",
            ["ResourceRequirements resources.web"],
        ),
        ("resources: {requests: {storage: 1Gi}}", []),
        ("resources: {}", []),
        ("resources: {limits: {cpu: ''}}", []),
        ("resources: {limits: {}, requests: {}}", []),
        ("resources: [pods]", []),
        ("resources: {limits: {cpu: {type: string}}}", []),
        ("resources: {limits: {cpu: 1}, preset: small}", []),
        ("resources: {cpu: 1, memory: 1Gi}", []),
        ("quota: {limits: {cpu: 1}, requests: {cpu: 1}}", []),
        ("rules: [{apiGroups: [''], resources: [pods]}]", []),
    ],
)
def test_resources_are_what_a_container_asks_for(text: str, expected: list[str]) -> None:
    assert in_values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hostNetwork: true", ["PodHost"]),
        ("a: {hostPID: false}", ["PodHost a"]),
        ("hostAliases: [{ip: 127.0.0.1, hostnames: [a]}]", ["PodHost"]),
        ("hostNetwork: {enabled: true}", []),
        ("hostNetwork: ''", []),
        ("hostNetwork:", []),
        ("automountServiceAccountToken: true", ["PodHost"]),
        # Whether these are on purpose is told by what only the chart knows.
        ("tolerations: [{operator: Exists}]", []),
        ("hostAliases: []", []),
        ("hostAliases: [a]", []),
        ("hostname: a", []),
        ("serviceAccountName: default", []),
        ("psp: {hostNetwork: true}", []),
        ("serviceAccount: {create: true, name: a}", ["HelmAccount serviceAccount"]),
        ("serviceAccount: {automount: true}", ["HelmAccount serviceAccount"]),
        (
            "serviceAccount: {annotations: {}, automountServiceAccountToken: true}",
            ["HelmAccount serviceAccount"],
        ),
        ("serviceAccount: {annotations: {}}", []),
        ("serviceAccount: web", []),
        ("serviceAccount: {create: {type: boolean}}", []),
        ("serviceAccount: {server: {name: a}}", []),
        (
            "serviceAccounts: {server: {create: true}, a: {b: {name: c}}, node: {name: d}}",
            ["HelmAccount serviceAccounts.server", "HelmAccount serviceAccounts.node"],
        ),
        ("serviceAccounts: [{name: a}]", []),
        ("serviceAccounts: [get, list]", []),
    ],
)
def test_a_host_and_an_account_are_told_by_their_fields(text: str, expected: list[str]) -> None:
    assert in_values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image: {repository: a, tag: latest}", ["HelmImage image"]),
        ("image: {tag: latest}", ["HelmImage image"]),
        ("image: {registry: k8s.gcr.io}", ["HelmImage image"]),
        ("image: {name: a, tag: 1}", ["HelmImage image"]),
        ("initImage: {repository: a}", ["HelmImage initImage"]),
        ("image: nginx:latest", ["HelmImage image"]),
        ("agentImage: quay.io:443/a/b:1@sha256:00", ["HelmImage agentImage"]),
        ("proxy: {repository: a, tag: b, pullPolicy: Always}", ["HelmImage proxy"]),
        ("images: {a: {repository: b, tag: c, pullPolicy: Always}}", ["HelmImage images.a"]),
        ("image: {pullPolicy: Always, web: {repository: b}}", ["HelmImage image.web"]),
        ("image: {}", []),
        ("image: {pullPolicy: Always}", []),
        ("image: {repository: '', tag: ''}", []),
        ("image: nginx", []),
        ("image: logo.png", []),
        ("image: https://example.com/logo:1", []),
        ("image: '{{ .Values.a }}:latest'", []),
        ("image: {repository: https://example.com/a.git, tag: v1}", []),
        ("git: {repository: a, tag: b}", []),
        ("chart: {repository: a, name: b, version: c}", []),
        ("image: {properties: {repository: {type: string}, tag: {type: string}}}", []),
        ("imagePullSecret: {registry: a, username: b}", []),
        ("sidecar: {enabled: false, image: {repository: a, tag: latest}}", []),
    ],
)
def test_an_image_is_told_by_its_parts(text: str, expected: list[str]) -> None:
    assert in_values(text) == expected


@pytest.mark.parametrize(
    ("text", "reference", "latest"),
    [
        ("repository: a\ntag: latest", "a:latest", "latest"),
        ("repository: a/b\nregistry: quay.io/\ntag: 31", "quay.io/a/b:31", None),
        ("repository: a\ntag: ''", None, None),
        ("repository: a\ntag: b\ndigest: ''", "a:b", None),
        ("repository: a\ntag: latest\ndigest: ''", "a:latest", "latest"),
        ("repository: a", None, None),
        ("repository: a\ntag: b@sha256:00", "a:b@sha256:00", None),
        ("repository: ''\nname: a\ntag: b", "a:b", None),
        ("repository: a\nregistry: ~\ntag: b", None, None),
        ("repository: a\nregistry: ''\ntag: latest", None, "latest"),
        ("tag: latest", None, "latest"),
        ("tag: latest\ndigest: sha256:00", None, None),
        ("repository: a\ntag: latest\ndigest: sha256:00", "a:latest@sha256:00", None),
        ("name: a\nsha: sha256:00", "a@sha256:00", None),
        ("a:latest", "a:latest", "a:latest"),
        ("a:latest@sha256:00", "a:latest@sha256:00", None),
    ],
)
def test_the_parts_of_an_image_are_put_together(
    text: str, reference: str | None, latest: str | None
) -> None:
    is_whole = text.startswith("a:")
    field = root_of(f"image: {text}").get("image") if is_whole else root_of(text)
    image = written_image(field)
    assert image.reference == reference
    assert (image.latest and image.latest.text) == latest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("extraContainers: [{name: a, image: b}]", ["Container extraContainers[0]"]),
        ("sidecars: [{name: a, image: b}]", ["Container sidecars[0]"]),
        ("sidecars: [{name: a}]", []),
        ("sidecars: {a: {port: 1}}", []),
        ("extraVolumes: [{name: a, hostPath: {path: /}}]", ["Volume extraVolumes[0]"]),
        ("extraVolumes: [{name: a, path: /}]", []),
        ("volumes: [{name: a, secret: b}]", []),
        ("volumes: [{name: a, secret: {}, emptyDir: {}}]", []),
        (
            "extraVolumeMounts: [{name: a, mountPath: /, mountPropagation: Bidirectional}]",
            ["VolumeMount extraVolumeMounts[0]"],
        ),
        ("extraEnv: [{name: A, value: b}]", ["EnvVar extraEnv[0]"]),
        ("env: [{name: A, valueFrom: {secretKeyRef: {}}}]", ["EnvVar env[0]"]),
        ("env: {A_B: c, lower: d}", ["EnvVar env.A_B"]),
        ("env: {enabled: true}", []),
        ("env: production", []),
        ("env: [{name: A, value: b, type: c}]", []),
        ("parameters: [{name: A, value: b}]", []),
        ("envFrom: [{secretRef: {name: a}}, {other: 1}]", ["EnvFromSource envFrom[0]"]),
        (
            "rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]",
            ["PolicyRule rules[0]"],
        ),
        ("rules: [{apiGroups: ['*'], resources: ['*'], operations: ['*']}]", []),
        ("rules: [{host: a}]", []),
        (
            "extraObjects: [{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {}}]",
            ["Object extraObjects[0]"],
        ),
        ("targetRef: {apiVersion: v1, kind: Pod, name: a}", []),
    ],
)
def test_lists_of_what_a_pod_has(text: str, expected: list[str]) -> None:
    assert in_values(text) == expected


LIBRARY = """
defaultPodOptions:
  hostUsers: false
  securityContext: {runAsUser: 0}
controllers:
  main:
    pod:
      hostNetwork: true
      securityContext: {runAsUser: 0}
    initContainers:
      wait:
        image: {repository: a, tag: latest}
        command: [sh]
    containers:
      app:
        image: {repository: a, tag: b}
        env: {TOKEN: c, OTHER: {valueFrom: {}}}
        securityContext: {privileged: true}
        resources: {limits: {cpu: 1}}
      off: {enabled: false, image: {repository: a, tag: latest}}
persistence:
  socket: {type: hostPath, hostPath: /var/run/docker.sock, hostPathType: Socket}
  old: {enabled: false, type: hostPath, hostPath: /}
  data: {type: persistentVolumeClaim, size: 1Gi}
  any: {type: custom, volumeSpec: {hostPath: {path: /}}}
service: {main: {controller: main, ports: {http: {port: 80}}}}
"""


def test_the_layout_of_the_common_library_is_read_whole() -> None:
    assert in_values(LIBRARY) == [
        "PodHost defaultPodOptions",
        "PodSecurityContext defaultPodOptions.securityContext",
        "PodHost controllers.main.pod",
        "PodSecurityContext controllers.main.pod.securityContext",
        "Container controllers.main.initContainers.wait",
        "HelmImage controllers.main.initContainers.wait.image",
        "Container controllers.main.containers.app",
        "HelmImage controllers.main.containers.app.image",
        "EnvVar controllers.main.containers.app.env.TOKEN",
        "Volume persistence.socket",
        "VolumeSource persistence.any.volumeSpec",
    ]


def test_what_is_made_of_another_form_stands_where_it_is_written_and_is_not_edited() -> None:
    found = {path_text(each.field.path): each.field for each in values_by_shape(root_of(LIBRARY))}
    volume = found["persistence.socket"]
    path = volume.get("hostPath", "path")
    assert LIBRARY[path.span.start : path.span.end] == path.string == "/var/run/docker.sock"
    assert volume.get("name").text == "socket"
    assert volume.get("hostPath", "type").text == "Socket"
    assert path.set(LIBRARY, "/") is None
    assert path.remove(LIBRARY, ()) is None
    variable = found["controllers.main.containers.app.env.TOKEN"]
    assert (variable.get("name").text, variable.get("value").text) == ("TOKEN", "c")
    assert variable.get("value").set(LIBRARY, "d") is None


def test_options_of_all_init_containers_are_no_container() -> None:
    text = """
    containers:
      agent: {env: [], securityContext: {privileged: true}}
      initContainers: {resources: {limits: {cpu: 1}}, securityContext: {privileged: true}}
    """
    assert in_values(text) == [
        "Container containers.agent",
        "ResourceRequirements containers.initContainers.resources",
        "SecurityContext containers.initContainers.securityContext",
    ]


def test_values_are_told_where_they_stand_and_once() -> None:
    text = """
    shared: &a
      securityContext: {privileged: true}
    web: *a
    job:
      <<: *a
      hostPID: true
    """
    assert in_values(text) == ["SecurityContext shared.securityContext", "PodHost job"]


# Values in objects.

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    helm:
      values: |
        web:
          securityContext:
            privileged: true  # why
        image: {repository: a, tag: latest}
      other: 1
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
            "spec: {values: {hostNetwork: true}}",
            ["PodHost spec.values"],
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
            "spec: {sources: [{repoURL: a}, {helm: {valuesObject: {hostPID: true}}}]}",
            ["PodHost spec.sources[1].helm.valuesObject"],
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\n"
            "spec: {template: {spec: {source: {helm: {valuesObject: {hostPID: true}}}}}}",
            ["PodHost spec.template.spec.source.helm.valuesObject"],
        ),
        (
            "apiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\n"
            "spec:\n  valuesContent: |-\n    hostNetwork: true\n",
            ["PodHost spec.valuesContent"],
        ),
        (
            "apiVersion: helm.cattle.io/v1\nkind: HelmChart\n"
            "spec: {set: {a.image.tag: latest, a.replicas: '2'}}",
            ["HelmImage spec.set.a.image"],
        ),
        (
            APPLICATION,
            [
                "SecurityContext spec.source.helm.values.web.securityContext",
                "HelmImage spec.source.helm.values.image",
            ],
        ),
        # Not of these groups, and not at these places.
        ("apiVersion: example.com/v1\nkind: HelmRelease\nspec: {values: {hostPID: true}}", []),
        ("apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmChart\nspec: {set: {a: b}}", []),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {hostPID: true}", []),
        (APPLICATION.replace("why", "{{ .why }}"), []),
        (APPLICATION.replace("|", ">"), []),
        (APPLICATION.replace("|", "&a |"), []),
        (APPLICATION.replace("        image", "        ---\n        image"), []),
        (APPLICATION.replace("{repository", "{{repository"), []),
        (APPLICATION.replace("web:", "web: ["), []),
        (APPLICATION.replace("values: |", "values: ''\n      text: |"), []),
    ],
)
def test_values_are_found_in_objects(text: str, expected: list[str]) -> None:
    assert in_object(text) == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("style", ["|", "|-", "|+", "|2"])
def test_yaml_in_a_string_is_edited_in_the_text_around_it(newline: str, style: str) -> None:
    text = APPLICATION.replace("|", style).replace("kind", "# ö𝒳\nkind").replace("\n", newline)
    field = root_of(text).get("spec", "source", "helm", "values")
    values = embedded_field(text, field)
    assert values is not None
    privileged = values.get("web", "securityContext", "privileged")
    assert text[privileged.span.start : privileged.span.end] == "true"
    edits = privileged.set(text, False)
    assert edits is not None
    assert apply_edits(text, edits) == text.replace("true  # why", "false  # why")
    edits = values.get("web", "securityContext", "runAsNonRoot").set(text, True)
    assert edits is not None
    edited = apply_edits(text, edits)
    assert f"            runAsNonRoot: true{newline}" in edited
    again = embedded_field(edited, root_of(edited).get("spec", "source", "helm", "values"))
    assert again is not None
    assert again.get("web", "securityContext", "runAsNonRoot").boolean is True
    assert again.get("image", "tag").text == "latest"


def test_a_string_that_an_edit_empties_goes_with_its_key() -> None:
    text = "a:\n  values: |\n    b: 1\n  c: 2\n"
    values = embedded_field(text, root_of(text).get("a", "values"))
    assert values is not None
    edits = values.get("b").remove(text, ())
    assert edits is not None
    assert apply_edits(text, edits) == "a:\n  c: 2\n"


def test_only_a_literal_block_is_read_as_yaml() -> None:
    assert embedded_tree("a: b", Scalar(root_of("a: b").get("a").span, "b")) is None
    for text in ("a: |\n", "a: |\n  just text\n  here\n"):
        assert embedded_field(text, root_of(text).get("a")) is None


PARAMETERS = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    helm:
      parameters:
        - {name: web.securityContext.privileged, value: "true"}
        - {name: image.repository, value: example.com/a}
        - {name: image.tag, value: latest}
        - {name: 'extraVolumes[0].name', value: a}
        - {name: 'extraVolumes[0].hostPath.path', value: /}
        - {name: 'sidecars[1].name', value: a}
        - {name: hostNetwork, value: "true", forceString: true}
        - {name: hostPID, value: "{{ .pid }}"}
        - {name: 'a\\.b.hostIPC', value: "true"}
        - {name: 'x..y', value: "true"}
        - {name: list, value: '{a,b}'}
        - {name: empty}
        - {value: b}
"""


def test_parameters_are_values_that_stand_at_their_own_place() -> None:
    root = root_of(PARAMETERS)
    found = list(values_of_object(root, PARAMETERS, "argoproj.io/v1alpha1", "Application"))
    parameters = "spec.source.helm.parameters"
    assert told(found) == [
        f"SecurityContext {parameters}.web.securityContext",
        f"HelmImage {parameters}.image",
        f"Volume {parameters}.extraVolumes[0]",
        f'PodHost {parameters}["a.b"]',
    ]
    privileged = found[0].field.get("privileged")
    assert privileged.boolean is True
    assert PARAMETERS[privileged.span.start : privileged.span.end] == '"true"'
    assert privileged.set(PARAMETERS, False) is None
    assert found[0].field.get("runAsUser").set(PARAMETERS, 1) is None
    assert written_image(found[1].field).reference == "example.com/a:latest"
    assert found[2].field.get("hostPath", "path").string == "/"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: ENC[AES256_GCM,data:x]\nsops: {mac: 'ENC[AES256_GCM,data:y]'}", True),
        ("a: b\nsops: {version: 3.8.1}", False),
        ("a: b\nsops: {mac: later}", False),
        ("sops: enabled", False),
        ("b: {sops: {mac: 'ENC[x]'}}", False),
        ("a: ENC[AES256_GCM,data:x]", False),
    ],
)
def test_what_sops_encrypted_is_known_by_its_mac(text: str, expected: bool) -> None:
    assert is_encrypted(root_of(text)) is expected
