"""What may be chosen: the one description of all settings, and the JSON schema made from it.

Reading, completion and hover go by `SCHEMA` too, and what it says of rules is what these declare.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from k8s_lsp.configuration.amounts import RESOURCE_NAMES, SIDES, default_amount
from k8s_lsp.configuration.choices import FILE_NAME
from k8s_lsp.kubernetes.capabilities import CAPABILITIES
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.places import PATTERN, PlaceType
from k8s_lsp.rules.base import Option, Rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import (
    ACTIONS,
    FAILURE_POLICIES,
    SEVERITIES,
    Level,
    OptionValue,
    Profile,
    Settings,
)

LEVELS: tuple[str, ...] = get_args(Level)
"""The severities, and `off`."""

_BOOLEANS = ("true", "false")
_DEFAULTS = Settings()


@dataclass(frozen=True, eq=False)
class Schema:
    """What may stand at one place of the settings.

    `key_noun` is what the keys of a mapping name, `required` are those that it cannot do without,
    and `shorthand` is the one that a scalar in the mapping's place stands for. Where people choose
    the keys, `key` says what these may be, and `item` what stands at each; in a list, `item` is
    what it holds. `word_noun` is what many words name, `word_docs` say what each of a few means,
    and `bounds` are the least and the greatest integer.
    """

    kind: Literal[
        "mapping",
        "list",
        "word",
        "version",
        "quantity",
        "boolean",
        "integer",
        "string",
        "pattern",
        "folder",
        "image",
        "kind",
        "place",
        "namespace",
        "label",
    ]
    doc: str = ""
    default: str = ""
    keys: Mapping[str, "Schema"] = field(default_factory=dict)
    key_noun: str = "setting"
    required: tuple[str, ...] = ()
    shorthand: str = ""
    key: "Schema | None" = None
    item: "Schema | None" = None
    words: tuple[str, ...] = ()
    word_noun: str = "rule"
    word_docs: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None
    rule: Rule | None = None


def schema_of_rules(rules: Sequence[Rule] = RULES) -> Schema:
    """What may be chosen where these rules exist."""
    keys = {
        "profile": _PROFILE,
        "kubernetes-version": Schema(
            "version",
            "The Kubernetes minor version to judge by, such as 1.34, or `latest`.",
            _DEFAULTS.kubernetes_version,
        ),
        "rules": Schema(
            "mapping",
            "A severity for single rules, whatever the profile says; `off` switches one off. A "
            "rule that has options takes a mapping.",
            keys={rule.slug: _schema_of_rule(rule) for rule in rules},
            key_noun="rule",
        ),
        "resources": Schema(
            "mapping",
            "The amounts that fixes insert where a container has no limits or requests.",
            keys={side: _schema_of_amounts(side) for side in SIDES},
        ),
        "exclude": Schema(
            "list",
            "Files and folders to leave out, in the syntax of .gitignore, relative to this file's "
            "folder. A file that is named on the command line is checked all the same.",
            item=Schema("pattern"),
        ),
        "ignore": Schema(
            "list",
            "Rules that are off for some files: for JSON and generated files, which carry no "
            "comments.",
            item=_schema_of_ignore(tuple(rule.slug for rule in rules)),
        ),
        "foreign-ignores": Schema(
            "boolean",
            "Whether the suppressions of other tools (`checkov.io/skip…`, `trivy:ignore`, …) are "
            "honoured.",
            "true",
            words=_BOOLEANS,
        ),
        "images": Schema(
            "list",
            "What your own images need from their pods, so that fixes write it and hovers tell it, "
            "as they do of well-known images. The first whose name fits counts.",
            item=_schema_of_image(),
        ),
        "custom-resources": _CUSTOM_RESOURCES,
        "admission-policies": _schema_of_policies(),
        "editor": _EDITOR,
        "workspace": _schema_of_workspace(),
    }
    return Schema("mapping", "Settings of k8s-lsp.", keys=keys)


_PROFILE = Schema(
    "word",
    "Which rules run. `recommended` is the catalogue's own choice, `baseline` and `restricted` are "
    "exactly these levels of the Pod Security Standards, `all` is every rule.",
    _DEFAULTS.profile,
    words=get_args(Profile),
    word_docs=(
        "The catalogue's own choice.",
        "Exactly the level baseline of the Pod Security Standards.",
        "Exactly the level restricted of the Pod Security Standards.",
        "Every rule.",
    ),
)


_EDITOR = Schema(
    "mapping",
    "What editors are given.",
    keys={
        "code-lens": Schema(
            "boolean",
            "Whether the level of Pod Security stands above each workload, with what the next one "
            "needs; a click hardens it.",
            "true",
            words=_BOOLEANS,
        ),
        "completion": Schema(
            "boolean",
            "Whether keys, values and whole blocks are offered in manifests where security is "
            "decided. Ignore comments and this file are completed in any case.",
            "true",
            words=_BOOLEANS,
        ),
        "inlay-hints": Schema(
            "boolean",
            "Whether the values that a container inherits, and those that hold by default, stand "
            "behind its `securityContext` and `resources`.",
            "false",
            words=_BOOLEANS,
        ),
        "group-absent": Schema(
            "boolean",
            "Whether what a container lacks of one block, such as its `securityContext`, is one "
            "diagnostic, until the block is there. `false` has one for each rule, as on the "
            "command line.",
            "true",
            words=_BOOLEANS,
        ),
        "outline": Schema(
            "boolean",
            "Whether the outline lists the objects of a file with their containers. Where another "
            "server lists the keys of the same file, `false` avoids a second one.",
            "true",
            words=_BOOLEANS,
        ),
    },
)


_CUSTOM_RESOURCES = Schema(
    "mapping",
    "Where your own kinds of objects hold pods or parts of pods: for each kind, as "
    "`example.com/Widget`, the paths and the core types that stand there. `[]` in a path is every "
    "item of a list, and `{}` every value of a map.",
    key_noun="kind",
    key=Schema("kind"),
    item=Schema(
        "mapping",
        "The places in this kind, such as `spec.template: PodTemplateSpec`; `spec.sidecars[]` is "
        "every item of a list, and `spec.roles{}` every value of a map.",
        key_noun="path",
        key=Schema("place"),
        item=Schema(
            "mapping",
            "What stands there.",
            keys={
                "type": Schema(
                    "word",
                    "The core type, by its name in k8s.io/api. `PodHost` has some fields of a pod "
                    "spec beside others, `AnySecurityContext` those of a pod's and of a "
                    "container's security context in one, and `Object` is a whole object.",
                    words=get_args(PlaceType),
                    word_noun="core type",
                ),
                "hardened": Schema(
                    "boolean",
                    "Whether the controller lays it over a pod that is hardened already, so that "
                    "nothing is missing that is not written.",
                    "false",
                    words=_BOOLEANS,
                ),
            },
            required=("type",),
            shorthand="type",
        ),
    ),
)


def _schema_of_rule(rule: Rule) -> Schema:
    severity = Schema("word", "How grave it is, or `off`.", rule.severity, words=LEVELS)
    options = {option.name: _schema_of_option(option) for option in rule.options}
    return Schema(
        "mapping",
        rule.summary,
        rule.severity,
        keys={"severity": severity, **options},
        key_noun="option",
        shorthand="severity",
        rule=rule,
    )


def _schema_of_option(option: Option) -> Schema:
    doc = f"{option.doc[0].upper()}{option.doc[1:]}."
    if option.type == "strings":
        return Schema("list", doc, item=Schema("string"))
    words = _BOOLEANS if option.type == "boolean" else ()
    return Schema(option.type, doc, _scalar_text(option.default), words=words)


def _schema_of_amounts(side: str) -> Schema:
    amounts = {resource: default_amount(side, resource) for resource in RESOURCE_NAMES}
    return Schema(
        "mapping",
        f"The {side} to insert, as Kubernetes quantities.",
        keys={
            resource: Schema("quantity", f"A quantity such as {amount}.", amount)
            for resource, amount in amounts.items()
        },
        key_noun="resource",
    )


def _schema_of_ignore(slugs: tuple[str, ...]) -> Schema:
    return Schema(
        "mapping",
        keys={
            "path": Schema(
                "pattern",
                "Which files, in the syntax of .gitignore, relative to this file's folder.",
            ),
            "rules": Schema("list", "Which rules are off there.", item=Schema("word", words=slugs)),
        },
        required=("path", "rules"),
    )


_IDS = (0, 2**31 - 1)
"""What the API server accepts as the number of a user or group (IsValidUserID)."""
_PORTS = (1, 65535)


def _schema_of_image() -> Schema:
    folder = Schema("folder")
    return Schema(
        "mapping",
        keys={
            "name": Schema(
                "image",
                "The image without tag and digest, such as `registry.example.com/team/*`; `*` "
                "stands for anything.",
            ),
            "user": Schema(
                "integer",
                "The number of the user that it runs as; 0 where it cannot do without root.",
                bounds=_IDS,
            ),
            "group": Schema(
                "integer",
                "The number of the group that it runs as; the same as the user's where none is "
                "given.",
                bounds=_IDS,
            ),
            "ports": Schema(
                "list",
                "The ports that it listens on; those below 1024 are not everybody's.",
                item=Schema("integer", bounds=_PORTS),
            ),
            "read-only": Schema(
                "boolean",
                "Whether it runs with a read-only root, given volumes at `writes` and `data`.",
                "true",
                words=_BOOLEANS,
            ),
            "writes": Schema(
                "list",
                "The folders that it writes to while it runs, and that may be empty at first.",
                item=folder,
            ),
            "data": Schema(
                "list", "The folders whose content should outlive the pod.", item=folder
            ),
            "capabilities": Schema(
                "list",
                "The capabilities that it cannot do without where all are dropped.",
                item=Schema(
                    "word", words=tuple(sorted(CAPABILITIES - {"ALL"})), word_noun="capability"
                ),
            ),
            "token": Schema(
                "boolean",
                "Whether it talks to the API server, so that its token must stay.",
                "false",
                words=_BOOLEANS,
            ),
            "instead": Schema("string", "The image to recommend instead, if there is one."),
        },
        required=("name", "user"),
    )


def _schema_of_policies() -> Schema:
    defaults = _DEFAULTS.admission_policies
    return Schema(
        "mapping",
        "What `k8s-lsp export admission-policy` has a cluster do with what breaks a rule.",
        keys={
            "actions": Schema(
                "mapping",
                "What becomes of a request, by the severity of the rule that it breaks.",
                keys={
                    severity: Schema(
                        "word",
                        "`deny` refuses it, `warn` warns its user, `audit` notes it in the audit "
                        "log.",
                        getattr(defaults, severity),
                        words=ACTIONS,
                        word_noun="action",
                    )
                    for severity in SEVERITIES
                },
                key_noun="severity",
            ),
            "failure-policy": Schema(
                "word",
                "What becomes of a request whose check fails by itself: `fail` refuses it, "
                "`ignore` lets it through.",
                defaults.failure_policy,
                words=FAILURE_POLICIES,
                word_noun="policy",
            ),
            "exempt-namespaces": Schema(
                "list",
                "Namespaces of which no policy says anything. Without it these are "
                f"{', '.join(defaults.exempt_namespaces)}.",
                item=Schema("namespace"),
            ),
            "exempt-labels": Schema(
                "list",
                "Labels, as `key` or `key=value`, any of which exempts the object that has it.",
                item=Schema("label"),
            ),
        },
    )


def _schema_of_workspace() -> Schema:
    closed = Schema(
        "boolean",
        "Whether their findings are listed too; `k8s-lsp check` lists them anyway.",
        "false",
        words=_BOOLEANS,
    )
    return Schema(
        "mapping",
        "What an editor shows of the files in its folders that are not open.",
        keys={"diagnostics": closed},
    )


def _scalar_text(value: OptionValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


SCHEMA = schema_of_rules()

INITIAL_SCHEMA = replace(
    SCHEMA,
    keys={
        **SCHEMA.keys,
        "status": Schema(
            "boolean",
            "Whether the client is told the state of each open text by `k8s-lsp/status`.",
            "false",
            words=_BOOLEANS,
        ),
        "message-buttons": Schema(
            "boolean",
            "Whether the client shows a message with buttons without waiting for an answer.",
            "false",
            words=_BOOLEANS,
        ),
    },
)
"""What a client may send when it starts the server: settings, and what it can do beyond the
protocol's own capabilities."""


def schema_at(path: Path, schema: Schema = SCHEMA) -> Schema | None:
    """What may stand at a place; None where nothing may."""
    found: Schema | None = schema
    for name in path:
        if found is None:
            return None
        is_any = isinstance(name, int) or found.key is not None
        found = found.item if is_any else found.keys.get(str(name))
    return found


# The JSON schema.


def json_schema(schema: Schema = SCHEMA) -> dict[str, Any]:
    """The JSON schema of a configuration file, for editors and checkers that know nothing of us.

    It is draft 7, the newest one that yaml-language-server reads whole. Whether a pattern or the
    relation of two amounts makes sense is more than it can say.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": FILE_NAME,
        "definitions": {"rule": {"anyOf": [{"enum": list(LEVELS)}, _BARE_RULE]}},
        **_json_schema_of(schema),
    }


_BARE_RULE = {
    "type": ["object", "null"],
    "additionalProperties": False,
    "properties": {"severity": {"enum": list(LEVELS)}},
}
"""A rule without options, as a mapping."""

KIND_PATTERN = r"[a-z0-9][-a-z0-9]*(\.[a-z0-9][-a-z0-9]*)+/[A-Za-z][-A-Za-z0-9]*"
"""A group and a kind. A group of custom resources has a dot (ValidateCustomResourceDefinition)."""

NAMESPACE_PATTERN = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
"""The name of a namespace (apimachinery, validation.go, IsDNS1123Label)."""

_LABEL_PART = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
LABEL_PATTERN = rf"([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_LABEL_PART}(=({_LABEL_PART})?)?"
"""A label's key, or key and value (apimachinery, validation.go, IsQualifiedName)."""

_VERSION_PATTERN = r"^(latest|v?0*[1-9][0-9]{0,3}\.[0-9]{1,4})$"
_QUANTITY_PATTERN = r"^\+?([0-9]+\.?[0-9]*|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,3})?$"


def _json_schema_of(schema: Schema) -> dict[str, Any]:
    described: dict[str, Any] = {"description": schema.doc} if schema.doc else {}
    if schema.default and schema.kind != "mapping":
        described["default"] = (
            schema.default == "true" if schema.kind == "boolean" else schema.default
        )
    if schema.key is not None and schema.item is not None:
        return {
            **described,
            "type": ["object", "null"],
            "propertyNames": _json_schema_of(schema.key),
            "additionalProperties": _json_schema_of(schema.item),
        }
    if schema.kind == "mapping":
        whole = {
            # A key without a value is an empty mapping, as it is before its content is typed.
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {name: _json_schema_of(each) for name, each in schema.keys.items()},
        }
        if schema.required:
            whole["required"] = list(schema.required)
        if not schema.shorthand:
            return {**described, **whole}
        if len(schema.keys) == 1:
            # Beside a bare reference, nothing else would count.
            return {**described, "allOf": [{"$ref": "#/definitions/rule"}]}
        return {**described, "anyOf": [_json_schema_of(schema.keys[schema.shorthand]), whole]}
    if schema.kind == "list":
        items = _json_schema_of(schema.item) if schema.item is not None else {}
        return {**described, "type": ["array", "null"], "items": items}
    if schema.kind == "word":
        # Editors show these beside the words; checkers pass over what they do not know.
        docs = {"enumDescriptions": list(schema.word_docs)} if schema.word_docs else {}
        return {**described, "enum": list(schema.words), **docs}
    if schema.kind == "version":
        # 1.34 without quotes is a number to a schema; the scalar's text is what counts.
        return {**described, "type": ["string", "number"], "pattern": _VERSION_PATTERN}
    if schema.kind == "quantity":
        return {
            **described,
            "type": ["string", "number"],
            "pattern": _QUANTITY_PATTERN,
            "exclusiveMinimum": 0,
        }
    if schema.bounds is not None:
        least, most = schema.bounds
        return {**described, "type": "integer", "minimum": least, "maximum": most}
    patterns = {
        "folder": "^/",
        "kind": f"^{KIND_PATTERN}$",
        "place": f"^{PATTERN}$",
        "namespace": f"^{NAMESPACE_PATTERN}$",
        "label": f"^{LABEL_PATTERN}$",
    }
    if schema.kind in patterns:
        return {**described, "type": "string", "pattern": patterns[schema.kind]}
    is_text = schema.kind in ("pattern", "image")
    return {**described, "type": "string" if is_text else schema.kind}
