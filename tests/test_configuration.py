"""Settings as people write them: what counts, what is an error, and where."""

import json
from pathlib import Path, PurePath
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

import k8s_lsp
from k8s_lsp.configuration.choices import FILE_NAME, Configuration, one_line
from k8s_lsp.configuration.reading import read, read_value
from k8s_lsp.configuration.schema import SCHEMA, json_schema, schema_of_rules
from k8s_lsp.configuration.stack import ConfigurationFiles, Layer, SettingsStack, settings_of
from k8s_lsp.kubernetes.quantities import quantity
from k8s_lsp.rules.base import OBJECT, Option, rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import AdmissionPolicies, OwnImage, OwnKind, OwnPlace, Resources, Settings

SCHEMA_FILE = Path(k8s_lsp.__path__[0]) / "settings.schema.json"

WHOLE = """\
profile: restricted
kubernetes-version: 1.30
rules:
  missing-cpu-limit: off
  untrusted-image-registry:
    severity: error
    registries: [registry.example.com/, "ghcr.io/acme/"]
resources:
  limits: {cpu: 1, memory: 1Gi}
  requests: {cpu: 250m}
exclude: ["vendor/**", "!vendor/ours/**"]
ignore:
  - {path: "generated/**", rules: [missing-cpu-limit, host-pid]}
foreign-ignores: false
editor:
  {outline: false, completion: false, code-lens: false, group-absent: false, inlay-hints: true}
images:
  - {name: registry.example.com/team/web, user: 1001, group: 0, ports: [80], token: true}
  - name: registry.example.com/team/*
    user: 1000
    writes: [/tmp, /var/cache/app]
    data: [/data]
    capabilities: [NET_BIND_SERVICE]
    read-only: false
    instead: registry.example.com/other
custom-resources:
  example.com/Widget:
    spec.template: PodTemplateSpec
    spec.sidecars[]: {type: Container, hardened: true}
  apps.example.com/Gadget:
    spec.roles{}.pod: {type: PodSpec, hardened: false}
admission-policies:
  actions: {error: warn, warning: audit}
  failure-policy: ignore
  exempt-namespaces: [kube-system]
  exempt-labels: [example.com/exempt, team=platform]
"""
OWN_KINDS = (
    OwnKind(
        "example.com",
        "Widget",
        (
            OwnPlace("spec.template", "PodTemplateSpec"),
            OwnPlace("spec.sidecars[]", "Container", hardened=True),
        ),
    ),
    OwnKind("apps.example.com", "Gadget", (OwnPlace("spec.roles{}.pod", "PodSpec"),)),
)
OWN_POLICIES = AdmissionPolicies(
    error="warn",
    warning="audit",
    failure_policy="ignore",
    exempt_namespaces=("kube-system",),
    exempt_labels=("example.com/exempt", "team=platform"),
)
OWN_IMAGES = (
    OwnImage("registry.example.com/team/web", 1001, 0, (80,), needs_token=True),
    OwnImage(
        "registry.example.com/team/*",
        1000,
        read_only=False,
        writes=("/tmp", "/var/cache/app"),
        data=("/data",),
        capabilities=("NET_BIND_SERVICE",),
        instead="registry.example.com/other",
    ),
)


def errors(text: str) -> list[tuple[str, str]]:
    """The tokens of the errors, with their messages."""
    found = read(text).errors
    assert all("\n" not in text[each.span.start : each.span.end] for each in found)
    return [(text[each.span.start : each.span.end], each.message) for each in found]


def test_everything_can_be_chosen() -> None:
    configuration = read(WHOLE)
    assert configuration.errors == ()
    assert settings_of(configuration.values) == Settings(
        profile="restricted",
        kubernetes_version="1.30",
        rules=(("missing-cpu-limit", "off"), ("untrusted-image-registry", "error")),
        resources=Resources(cpu_limit="1", memory_limit="1Gi", cpu_request="250m"),
        registries=("registry.example.com/", "ghcr.io/acme/"),
        foreign_ignores=False,
        images=OWN_IMAGES,
        custom_resources=OWN_KINDS,
        outline=False,
        completion=False,
        code_lens=False,
        inlay_hints=True,
        group_absent=False,
        admission_policies=OWN_POLICIES,
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "rules:\n", "\ufeff---\nexclude:\n"])
def test_nothing_is_chosen(text: str) -> None:
    configuration = read(text)
    assert configuration.errors == ()
    assert settings_of(configuration.values) == Settings()


LEVELS = "error, warning, information, hint or off"

GOOD = [
    WHOLE,
    "profile: 'all'\n",
    "kubernetes-version: v1.30\n",
    "kubernetes-version: latest\n",
    "rules: {host-pid: {severity: hint}}\n",
    "rules:\n  host-pid:\n",
    "resources: {limits: {memory: 1e9, cpu: 0.5}}\n",
    "resources:\n",
    "foreign-ignores: true\n",
    "editor:\n",
    "editor: {outline: true}\n",
    "editor: {completion: true}\n",
    "editor: {code-lens: true}\n",
    "editor: {inlay-hints: false}\n",
    "editor: {group-absent: true}\n",
    "images:\n",
    "images: [{name: 'localhost:5000/*/app', user: 0}]\n",
    "custom-resources:\n",
    "custom-resources: {example.com/Widget: }\n",
    "custom-resources: {my-team.example.com/Widget: {spec: PodHost, 'spec.a{}[].b': Object}}\n",
    "workspace: {diagnostics: true}\n",
    "workspace:\n",
    "admission-policies:\n",
    "admission-policies: {actions: {hint: deny}, exempt-labels: ['team=']}\n",
]

BAD = [
    (
        "admission-policies: {actions: {error: refuse}}\n",
        "refuse",
        "not one of deny, warn or audit",
    ),
    ("admission-policies: {actions: {fatal: deny}}\n", "fatal", 'there is no severity "fatal"'),
    ("admission-policies: {failure-policy: Fail}\n", "Fail", "did you mean fail?"),
    ("admission-policies: {exempt-namespaces: [Kube]}\n", "Kube", "name of a namespace"),
    ("admission-policies: {exempt-namespaces: kube}\n", "kube", "expected a list"),
    ("admission-policies: {exempt-labels: [a b]}\n", "a b", "is no label, such as"),
    ("profil: all\n", "profil", 'there is no setting "profil"; did you mean profile?'),
    ("profile: strict\n", "strict", '"strict" is not one of recommended, baseline'),
    ("profile: [all]\n", "profile", "found a list"),
    ("profile:\nrules:\n", "profile", "found nothing"),
    ("kubernetes-version: 0.9\n", "0.9", "below 1.0"),
    ("kubernetes-version: new\n", "new", '"new" is not a Kubernetes version'),
    ("rules: {host-pit: off}\n", "host-pit", 'no rule "host-pit"; did you mean host-pid?'),
    ("rules: {zzz: off}\n", "zzz", "see k8s-lsp rules"),
    ("zzz: 1\n", "zzz", 'no setting "zzz": profile, kubernetes-version, rules,'),
    ("images: [{name: a/b, user: 1, zzz: 1}]\n", "zzz", 'no setting "zzz": name,'),
    ("rules: {host-pid: loud}\n", "loud", f'"loud" is not one of {LEVELS}'),
    ("rules:\n  host-pid:\n    - off\n", "host-pid", "or a mapping, found a list"),
    ("rules: off\n", "off", 'expected a mapping, found "off"'),
    ("rules: {host-pid: {severity: 3}}\n", "3", '"3" is not one of'),
    ("rules: {host-pid: {registries: []}}\n", "registries", 'there is no option "registries"'),
    ("rules: {untrusted-image-registry: {registries: a}}\n", "a", "expected a list"),
    ("rules: {untrusted-image-registry: {registries: [5]}}\n", "5", "expected a string"),
    ("resources: {limits: {cpu: fast}}\n", "fast", "such as 500m"),
    ("resources: {limits: {cpu: -1}}\n", "-1", "positive"),
    ("resources: {limit: {cpu: 1}}\n", "limit", "did you mean limits?"),
    ("exclude: vendor\n", "vendor", "expected a list"),
    ("exclude: [{a: b}]\n", "{a: b}", "expected a pattern, found a mapping"),
    ("ignore: [{path: a}]\n", "{path: a}", "rules must be given"),
    ("ignore: [{path: a, rules: [host-pit]}]\n", "host-pit", "did you mean host-pid?"),
    ("ignore: [{path: a, rules: ['*']}]\n", "'*'", "use exclude"),
    ("foreign-ignores: yes\n", "yes", "expected true or false"),
    ("editor: {outline: yes}\n", "yes", "expected true or false"),
    ("editor: {outlines: true}\n", "outlines", "did you mean outline?"),
    ("editor: {code-lens: 0}\n", "0", "expected true or false"),
    ("editor: {code-lenses: true}\n", "code-lenses", "did you mean code-lens?"),
    ("editor: {inlay-hint: true}\n", "inlay-hint", "did you mean inlay-hints?"),
    ("editor: false\n", "false", "expected a mapping"),
    ("images: [{name: acme/app}]\n", "{name: acme/app}", "user must be given"),
    ("images: [{name: acme/app, user: nobody}]\n", "nobody", "expected a whole number"),
    ("images: [{name: acme/app, user: -1}]\n", "-1", "is not between 0 and 2147483647"),
    ("images: [{name: a, user: 1, ports: [0]}]\n", "0", "is not between 1 and 65535"),
    ("images: [{name: a, user: 1, ports: 80}]\n", "80", "expected a list"),
    ("images: [{name: a, user: 1, writes: [tmp]}]\n", "tmp", "no absolute path"),
    ("images: [{name: a, user: 1, data: [1]}]\n", "1", "expected an absolute path"),
    ("images: [{name: a, user: 1, token: maybe}]\n", "maybe", "expected true or false"),
    ("images: [{name: a, user: 1, write: []}]\n", "write", "did you mean writes?"),
    (
        "images: [{name: a, user: 1, capabilities: [CAP_CHOWN]}]\n",
        "CAP_CHOWN",
        'there is no capability "CAP_CHOWN"; did you mean CHOWN?',
    ),
    ("images: {name: a}\n", "images", "expected a list, found a mapping"),
    ("custom-resources: []\n", "custom-resources", "expected a mapping, found a list"),
    (
        "custom-resources: {Widget: {spec: PodSpec}}\n",
        "Widget",
        '"Widget" is not a group and a kind, such as example.com/Widget',
    ),
    ("custom-resources: {apps/Deployment: {}}\n", "apps/Deployment", "not a group and a kind"),
    ("custom-resources: {a.b/v1/Widget: {}}\n", "a.b/v1/Widget", "has a version"),
    ("custom-resources: {a.b/Widget: spec}\n", "spec", 'expected a mapping, found "spec"'),
    (
        "custom-resources: {a.b/Widget: {spec: PodTemplate}}\n",
        "PodTemplate",
        'there is no core type "PodTemplate"; did you mean PodTemplateSpec?',
    ),
    ("custom-resources: {a.b/Widget: {spec: [a]}}\n", "spec", "expected a core type, or a mapping"),
    ("custom-resources: {a.b/Widget: {spec: {hardened: true}}}\n", "spec", "type must be given"),
    (
        "custom-resources: {a.b/Widget: {spec: {type: PodSpec, hardened: yes}}}\n",
        "yes",
        "expected true or false",
    ),
    (
        "custom-resources: {a.b/Widget: {spec: {type: PodSpec, harden: true}}}\n",
        "harden",
        "did you mean hardened?",
    ),
    ("custom-resources:\n  a.b/Widget:\n    .spec: PodSpec\n", ".spec", "is not a path such as"),
    ("custom-resources:\n  a.b/Widget:\n    spec.*: PodSpec\n", "spec.*", "is not a path such as"),
    (
        "custom-resources:\n  a.b/Widget:\n    spec.pods[0]: PodSpec\n",
        "spec.pods[0]",
        '"spec.pods[0]" names an item; [] is every item of a list',
    ),
    ("workspace: true\n", "true", "expected a mapping"),
    ("workspace: {diagnostic: true}\n", "diagnostic", "did you mean diagnostics?"),
    ("workspace: {diagnostics: on}\n", "on", "expected true or false"),
    ("? [a]\n: b\n", "[a]", "expected the name of a setting"),
    ("- profile\n", "- profile", "expected a mapping, found a list"),
]

MORE_THAN_A_SCHEMA_SEES = [
    ("kubernetes-version: 1\n", "1", '"1" is not a Kubernetes version'),
    ("profile: all\nprofile: all\n", "profile", "given again below"),
    ("exclude: ['!']\n", "'!'", "not a pattern"),
    ("resources: {limits: {memory: 100m}}\n", "100m", "whole number of bytes"),
    ("resources: {limits: {cpu: 1}, requests: {cpu: 2}}\n", "2", "2 is above the limit of 1"),
    ("profile: all\n---\nrules: {}\n", "rules: {}", "only the first document counts"),
    ("a: &a\n  <<: *a\n", "*a", "anchor"),
    ("profile: 'all\n", "'all", "quote"),
    ("rules:\n\thost-pid: off\n", "\thost-pid: off", "tab"),
    ("rules: {\nprofile: all\n", "{", "not closed"),
    ("images: [{name: 'acme/app:1', user: 1}]\n", "'acme/app:1'", "has a tag or a digest"),
    ("images: [{name: Acme, user: 1}]\n", "Acme", "is not the name of an image"),
    ("custom-resources: {a.b/W: {}, a.b/W: {}}\n", "a.b/W", "given again below"),
]


@pytest.mark.parametrize(("text", "token", "message"), [*BAD, *MORE_THAN_A_SCHEMA_SEES])
def test_an_error_stands_at_its_place_and_spoils_nothing_else(
    text: str, token: str, message: str
) -> None:
    found = errors(text)
    assert any(at == token and message in said for at, said in found), found


def test_the_rest_of_the_file_still_counts() -> None:
    wrong = WHOLE.replace("restricted", "strict").replace("250m", "fast").replace(": off", ": of")
    wrong = wrong.replace("host-pid", "host-pit").replace("1.30", "one")
    assert len(errors(wrong)) == 5
    values = read(wrong).values
    assert settings_of(values) == Settings(
        rules=(("untrusted-image-registry", "error"),),
        resources=Resources(cpu_limit="1", memory_limit="1Gi"),
        registries=("registry.example.com/", "ghcr.io/acme/"),
        foreign_ignores=False,
        images=OWN_IMAGES,
        custom_resources=OWN_KINDS,
        outline=False,
        completion=False,
        code_lens=False,
        inlay_hints=True,
        group_absent=False,
        admission_policies=OWN_POLICIES,
    )
    assert values["ignore"] == ({"path": "generated/**", "rules": ("missing-cpu-limit",)},)


def test_broken_yaml_is_said_once_and_what_can_be_read_counts() -> None:
    text = "profile: all\nrules:\n  host-pid off\nforeign-ignores: false\n"
    assert len(errors(text)) == 1
    assert settings_of(read(text).values) == Settings("all", foreign_ignores=False)


def test_every_prefix_is_read() -> None:
    for end in range(len(WHOLE)):
        for each in read(WHOLE[:end]).errors:
            assert 0 <= each.span.start <= each.span.end <= end


def test_a_newer_version_is_a_warning_and_counts() -> None:
    configuration = read("kubernetes-version: 1.99\n")
    assert [each.is_warning for each in configuration.errors] == [True]
    assert settings_of(configuration.values).kubernetes_version == "1.99"


def test_anchors_and_merge_keys_are_followed() -> None:
    text = "resources:\n  limits: &all {cpu: 1, memory: 1Gi}\n  requests: {<<: *all, cpu: 500m}\n"
    assert errors(text) == []
    assert settings_of(read(text).values).resources == Resources(
        cpu_limit="1", memory_limit="1Gi", cpu_request="500m", memory_request="1Gi"
    )


def test_a_default_gives_way_to_what_was_chosen() -> None:
    """The API server rejects a request above its limit."""
    low = settings_of(read("resources: {limits: {cpu: 50m}}").values).resources
    assert (low.cpu_limit, low.cpu_request) == ("50m", "50m")
    high = settings_of(read("resources: {requests: {cpu: 2}}").values).resources
    assert (high.cpu_limit, high.cpu_request) == ("2", "2")


# The editor.


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, 'settings: expected a mapping, found "3"'),
        ([], "settings: expected a mapping, found a list"),
        ({"profile": 3}, 'profile: "3" is not one of'),
        ({"kubernetes-version": 1.3}, "kubernetes-version: expected a string"),
        ({"rules": {"host-pit": "off"}}, "rules: there is no rule"),
        ({"rules": {"host-pid": False}}, 'rules.host-pid: "False" is not one of'),
        ({"kubernetesVersion": "1.30"}, "did you mean kubernetes-version?"),
    ],
)
def test_an_error_in_an_editor_is_named(value: object, message: str) -> None:
    configuration = read_value(value)
    (said,) = map(one_line, configuration.errors)
    assert message.lower() in said.lower()
    assert settings_of(configuration.values) == Settings()


def test_an_editor_may_send_nulls_and_what_only_its_client_reads() -> None:
    value = {"profile": "all", "rules": None, "kubernetes-version": None, "server": {"path": "x"}}
    configuration = read_value({**value, "trace": {"server": "off"}, "importStrategy": "bundled"})
    assert configuration.errors == ()
    assert settings_of(configuration.values) == Settings("all")
    assert read_value(None).errors == ()


def test_both_ways_of_writing_say_the_same() -> None:
    plain = YAML(typ="safe", pure=True).load(WHOLE.replace("1.30", "'1.30'"))
    assert read_value(plain).errors == ()
    assert settings_of(read_value(plain).values) == settings_of(read(WHOLE).values)


# Together.


def layers(*texts: str) -> SettingsStack:
    return SettingsStack(tuple(Layer(read(text).values, PurePath("/work")) for text in texts))


def test_the_strongest_source_counts_key_by_key_and_rule_by_rule() -> None:
    chosen = layers(
        "profile: all\nkubernetes-version: 1.20\nrules: {host-pid: off, host-ipc: off}\n"
        "resources: {limits: {cpu: 2}}\n",
        "profile: baseline\nrules: {host-pid: hint, untrusted-image-registry: {registries: [a]}}\n",
        "rules: {untrusted-image-registry: error}\nresources: {requests: {memory: 64Mi}}\n",
    )
    assert chosen.settings == Settings(
        "baseline",
        "1.20",
        (("host-pid", "hint"), ("host-ipc", "off"), ("untrusted-image-registry", "error")),
        Resources(cpu_limit="2", memory_request="64Mi"),
        ("a",),
    )


def test_patterns_speak_of_their_files_folder() -> None:
    chosen = layers("exclude: [old]\n", "exclude: ['vendor/**', '*.gen.yaml', '!ours.gen.yaml']\n")
    for path, is_out in (
        ("vendor/a.yaml", True),
        ("x/b.gen.yaml", True),
        ("x/ours.gen.yaml", False),
        ("x/vendor/a.yaml", False),
        ("old/a.yaml", False),
        ("../vendor/a.yaml", False),
    ):
        assert chosen.excludes(PurePath("/work") / path) == is_out, path
    assert not chosen.excludes(PurePath("/elsewhere/vendor/a.yaml"))
    assert not SettingsStack().excludes(PurePath("/work/vendor/a.yaml"))


def test_rules_may_be_off_for_some_files() -> None:
    chosen = layers("ignore: [{path: 'gen/**', rules: [host-pid]}]\nrules: {host-pid: error}\n")
    assert chosen.settings_for(PurePath("/work/gen/a.json")).rules[-1] == ("host-pid", "off")
    assert chosen.settings_for(PurePath("/work/a.json")) is chosen.settings
    assert chosen.settings_for(None) is chosen.settings


def test_the_nearest_file_counts_and_is_read_once() -> None:
    top = Path("/top")
    files = {top / "a" / FILE_NAME: read("profile: all\n"), Path("/") / FILE_NAME: read("")}
    loaded: list[Path] = []

    def load(place: Path) -> Configuration | None:
        loaded.append(place)
        return files.get(place)

    known = ConfigurationFiles(load, lambda folder: folder == top)
    for _ in range(3):
        found = known.nearest(top / "a/b/c")
        assert found is not None and found.path == top / "a" / FILE_NAME
        assert found.layer.folder == top / "a"
        assert known.nearest(top / "x") is None
    assert len(loaded) == len(set(loaded)) == 5


# What rules declare.


@rule(
    severity="hint",
    subject=OBJECT,
    options=(
        Option("limit", "integer", 3, "how many"),
        Option("strict", "boolean", True, "whether"),
        Option("word", "string", "x", "which"),
        Option("words", "strings", (), "which ones"),
    ),
)
def optional(obj: Any, context: Any) -> Any:
    """A rule with options."""


def test_options_come_from_the_rules() -> None:
    schema = schema_of_rules((optional,))
    text = "rules: {optional: {limit: 5, strict: false, word: z, words: [a, b]}}"
    configuration = read(text, schema)
    assert configuration.errors == ()
    settings = settings_of(configuration.values)
    assert settings.option("optional", "limit") == 5
    assert settings.option("optional", "strict") is False
    assert settings.option("optional", "word") == "z"
    assert settings.option("optional", "words") == ("a", "b")
    assert settings.option("optional", "other") is None
    wrong = read("rules: {optional: {limit: few, strict: 1, word: [], words: x}}", schema)
    assert len(wrong.errors) == 4
    assert settings_of(wrong.values) == Settings()
    assert json_schema(schema)["properties"]["rules"]["properties"].keys() == {"optional"}


def test_defaults_are_of_their_type() -> None:
    kinds = {"boolean": bool, "integer": int, "string": str, "strings": tuple}
    for each in RULES:
        for option in each.options:
            assert type(option.default) is kinds[option.type]
            assert option.name != "severity"


# The JSON schema.


def test_the_schema_is_current(update: bool) -> None:
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if update:
        SCHEMA_FILE.write_text(text, encoding="utf-8")
    assert SCHEMA_FILE.read_text(encoding="utf-8") == text, "run: make test ARGS=--update"


def complaints(text: str) -> list[str]:
    """What a checker that knows only the schema says."""
    value = YAML(typ="safe", pure=True).load(text)
    checker = jsonschema.Draft7Validator(json_schema())
    return [error.message for error in checker.iter_errors({} if value is None else value)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(json_schema())


@pytest.mark.parametrize("text", GOOD)
def test_the_schema_accepts_what_is_right(text: str) -> None:
    assert errors(text) == []
    assert complaints(text) == []


@pytest.mark.parametrize("text", [text for text, *_ in BAD if not text.startswith("?")])
def test_the_schema_rejects_what_is_wrong(text: str) -> None:
    assert errors(text)
    if text != "kubernetes-version: 0.9\n":  # A number to a schema, and numbers may be 1.30.
        assert complaints(text)


@pytest.mark.parametrize(
    "text", "1 100m .5 1. 1Ki 1e3 1E3 1e-3 +1 1k 1K 1mi m Mi 1e 0x1 1_000 ½".split()
)
def test_the_schema_knows_quantities(text: str) -> None:
    assert bool(complaints(f"resources: {{limits: {{cpu: '{text}'}}}}")) == (quantity(text) is None)


def test_everything_is_described() -> None:
    for name, schema in SCHEMA.keys.items():
        assert schema.doc.endswith("."), name


def test_the_settings_in_the_readme_are_right() -> None:
    readme = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
    _, _, settings = readme.partition("## Settings")
    shown = settings.partition("```yaml\n")[2].partition("```")[0]
    configuration = read(shown)
    assert not configuration.errors
    assert configuration.values["images"]
