"""What may be typed in a manifest where security is decided, and that nothing may be elsewhere."""

import re
from collections.abc import Iterator

import pytest
from lsprotocol import types

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.features.client import Client
from k8s_lsp.features.levels import TREE, Level
from k8s_lsp.features.manifest_completion import manifest_completions
from k8s_lsp.features.offered import KEYS, SINCE, Place, about, keys_at, values_at
from k8s_lsp.kubernetes.api_fields import FIELDS
from k8s_lsp.kubernetes.capabilities import NAMES
from k8s_lsp.kubernetes.versions import NEWEST, Version
from k8s_lsp.settings import Profile, Resources, Settings
from k8s_lsp.text import Encoding
from tests.features.opened import opened, place, splice

CURSOR = "¦"
SNIPPETS = Client(snippets=True, insert_text_modes=frozenset((1, 2)))

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: é😀
          image: example.com/app:1.4.2
"""
CONTAINER = " " * 10
POD = " " * 6


def offered(
    text: str,
    client: Client | None = None,
    settings: Settings | None = None,
    encoding: Encoding = "utf-16",
) -> dict[str, types.CompletionItem]:
    """The completions at the mark of a text, by their labels, in the order in which they are."""
    position = place(text, CURSOR, encoding)
    document = opened(text.replace(CURSOR, ""), settings or Settings(), encoding)
    items = manifest_completions(document, client or Client(), position)
    assert [item.sort_text for item in items] == sorted(str(item.sort_text) for item in items)
    assert len({item.label for item in items}) == len(items)
    return {item.label: item for item in items}


def chosen(text: str, label: str | None = None, encoding: Encoding = "utf-16") -> str:
    """The text after one of the completions at its mark, the first one by default."""
    items = offered(text, encoding=encoding)
    edit = items[label or next(iter(items))].text_edit
    assert isinstance(edit, types.TextEdit)
    return splice(text.replace(CURSOR, ""), edit.range, edit.new_text, encoding)


def first(text: str) -> str:
    """The first completion at the mark of a text; empty where there is none."""
    return next(iter(offered(text)), "")


RESTRICTED = """\
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
            runAsNonRoot: true
            seccompProfile:
              type: RuntimeDefault
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("typed", ["¦", "sec¦", "SEC¦", "se¦c"])
def test_a_whole_block_stands_in_the_style_of_the_text(
    typed: str, newline: str, encoding: Encoding
) -> None:
    text = f"{DEPLOYMENT}{CONTAINER}{typed}\n".replace("\n", newline)
    done = f"{DEPLOYMENT}{RESTRICTED}".replace("\n", newline)
    assert first(text) == "securityContext (restricted)"
    assert chosen(text, encoding=encoding) == done
    below = f"---{newline}{text}"
    assert chosen(below, encoding=encoding) == f"---{newline}{done}"


def test_dashes_stand_where_they_stand_in_the_text() -> None:
    text = DEPLOYMENT.replace("        - name", "      - name").replace(
        "          image", "        image"
    )
    done = chosen(f"{text}        securityContext:\n          capa¦\n", "capabilities")
    assert done.endswith("          capabilities:\n            drop:\n            - ALL\n")


@pytest.mark.parametrize(
    ("name", "meaning"),
    [("ALL", "every capability at once."), ("NET_RAW", "open raw and packet sockets.")],
)
def test_what_is_dropped_reads_as_taken_away(name: str, meaning: str) -> None:
    text = f"{DEPLOYMENT}{CONTAINER}securityContext:\n            capabilities:\n"
    told = {
        key: offered(f"{text}              {key}: [¦]\n")[name].documentation
        for key in ("add", "drop")
    }
    given = f"{meaning[0].upper()}{meaning[1:]}"
    assert told == {"add": given, "drop": f"Taken away: {meaning}"}


def test_a_key_with_its_value_is_a_snippet_where_those_are_known() -> None:
    """Of a plain text Neovim writes what stands before the first blank."""
    text = f"{DEPLOYMENT}{CONTAINER}securityContext:\n            "
    key = offered(f"{text}allowP¦", SNIPPETS)["allowPrivilegeEscalation"]
    assert isinstance(key.text_edit, types.TextEdit)
    assert key.text_edit.new_text == "allowPrivilegeEscalation: false"
    assert key.insert_text_format == types.InsertTextFormat.Snippet
    value = offered(f"{text}privileged: ¦", SNIPPETS)["false"]
    assert value.insert_text_format is None
    plain = offered(f"{text}allowP¦")["allowPrivilegeEscalation"]
    assert plain.insert_text_format is None and plain.text_edit == key.text_edit


def test_a_client_with_snippets_indents_by_itself() -> None:
    """All that take snippets put the blanks of the line before each further line."""
    for text, deeper in ((f"{DEPLOYMENT}{CONTAINER}sec¦", 0), (f"{DEPLOYMENT}        - sec¦", 2)):
        item = offered(text, SNIPPETS)["securityContext (restricted)"]
        edit = item.text_edit
        assert isinstance(edit, types.TextEdit)
        assert item.insert_text_format == types.InsertTextFormat.Snippet
        assert item.insert_text_mode == types.InsertTextMode.AdjustIndentation
        assert (
            edit.new_text.split("\n")[1] == " " * (deeper + 2) + "allowPrivilegeEscalation: false"
        )
    plain = offered(f"{DEPLOYMENT}{CONTAINER}sec¦")["securityContext (restricted)"]
    assert plain.insert_text_format is None and plain.insert_text_mode is None
    as_it_is = offered(f"{DEPLOYMENT}{CONTAINER}sec¦", Client(insert_text_modes=frozenset((1, 2))))
    assert as_it_is["securityContext (restricted)"].insert_text_mode == 1


CONTEXT = f"{DEPLOYMENT}{CONTAINER}securityContext:\n            "
CAPABILITIES = f"{CONTEXT}capabilities:\n              "


@pytest.mark.parametrize(
    ("text", "done"),
    [
        (f"{CONTEXT}privileged: ¦\n", f"{CONTEXT}privileged: false\n"),
        (f"{CONTEXT}privileged:¦\n", f"{CONTEXT}privileged: false\n"),
        (f"{CONTEXT}privileged: t¦rue  # why\n", f"{CONTEXT}privileged: true  # why\n"),
        (f"{CONTEXT}runAsNonRoot: ¦\n", f"{CONTEXT}runAsNonRoot: true\n"),
        (f"{CONTEXT}runAsN¦Root: true\n", f"{CONTEXT}runAsNonRoot: true\n"),
        (f"{CONTEXT}all¦\n", f"{CONTEXT}allowPrivilegeEscalation: false\n"),
        (
            f"{CONTEXT}runAsNonRoot: true\n            all¦\n",
            f"{CONTEXT}runAsNonRoot: true\n            allowPrivilegeEscalation: false\n",
        ),
        (f'{CONTEXT}"all¦\n', f'{CONTEXT}"allowPrivilegeEscalation\n'),
        (f"{CONTEXT}seccompProfile: {{type: ¦", f"{CONTEXT}seccompProfile: {{type: RuntimeDefault"),
        (f"{CONTEXT}seccompProfile: ¦\n", f"{CONTEXT}seccompProfile: {{type: RuntimeDefault}}\n"),
        (f"{CAPABILITIES}drop: ¦\n", f"{CAPABILITIES}drop: [ALL]\n"),
        (f"{CAPABILITIES}drop: [¦\n", f"{CAPABILITIES}drop: [ALL\n"),
        (f"{CAPABILITIES}drop: ['A¦\n", f"{CAPABILITIES}drop: ['ALL\n"),
        (f"{CAPABILITIES}drop:\n               - ¦", f"{CAPABILITIES}drop:\n               - ALL"),
        (f"{CAPABILITIES}drop:\n                ¦", f"{CAPABILITIES}drop:\n                - ALL"),
        (
            f"{DEPLOYMENT}{CONTAINER}securityContext: {{cap¦\n",
            f"{DEPLOYMENT}{CONTAINER}securityContext: {{capabilities: {{drop: [ALL]}}\n",
        ),
        (
            f"{DEPLOYMENT}{CONTAINER}securityContext: {{privileged: false, ru¦}}\n",
            f"{DEPLOYMENT}{CONTAINER}securityContext: {{privileged: false, runAsNonRoot: true}}\n",
        ),
        (
            f"{DEPLOYMENT}{CONTAINER}resources:\n            limits:\n              ¦\n",
            f"{DEPLOYMENT}{CONTAINER}resources:\n            limits:\n              cpu: 500m\n",
        ),
        (
            f"{DEPLOYMENT}{CONTAINER}resources: {{limits: {{cpu: 50m}}, requests: {{cpu: ¦}}}}\n",
            f"{DEPLOYMENT}{CONTAINER}resources: {{limits: {{cpu: 50m}}, requests: {{cpu: 50m}}}}\n",
        ),
        (
            f"{DEPLOYMENT}{CONTAINER}resources: {{requests: {{memory: 1Gi}}, limits: {{mem¦}}}}\n",
            f"{DEPLOYMENT}{CONTAINER}resources: {{requests: {{memory: 1Gi}}, "
            "limits: {memory: 1Gi}}\n",
        ),
        (f"{DEPLOYMENT}{POD}auto¦\n", f"{DEPLOYMENT}{POD}automountServiceAccountToken: false\n"),
        (f"{DEPLOYMENT}{POD}hostPID: ¦\n", f"{DEPLOYMENT}{POD}hostPID: false\n"),
        (
            f"{DEPLOYMENT}{POD}volumes:\n        - name: tmp\n          emp¦\n",
            f"{DEPLOYMENT}{POD}volumes:\n        - name: tmp\n          emptyDir:\n"
            "            sizeLimit: 1Gi\n",
        ),
        (
            f"{DEPLOYMENT}{POD}securityContext:\n        sysctls:\n          - name: tcp_ke¦\n",
            f"{DEPLOYMENT}{POD}securityContext:\n        sysctls:\n"
            "          - name: net.ipv4.tcp_keepalive_intvl\n",
        ),
    ],
)  # fmt: skip
def test_the_safe_choice_comes_first(text: str, done: str) -> None:
    assert chosen(text) == done


def test_what_begins_with_the_letters_comes_before_what_holds_them() -> None:
    assert [*offered(f"{CONTEXT}priv¦\n")] == ["privileged", "allowPrivilegeEscalation"]


def test_what_stands_below_a_key_stays_there() -> None:
    text = f"{CONTEXT}cap¦\n              drop: [ALL]\n"
    assert [*offered(text)] == ["capabilities"]
    assert chosen(text) == f"{CONTEXT}capabilities:\n              drop: [ALL]\n"


@pytest.mark.parametrize(
    ("text", "absent", "present"),
    [
        (f"{CONTEXT}privileged: true\n            ¦\n", {"privileged"}, {"runAsNonRoot"}),
        (f"{CONTEXT}¦\n            runAsUser: 1\n", {"runAsUser"}, {"runAsGroup"}),
        (f"{CAPABILITIES}add: [NET_RAW, ¦]\n", {"NET_RAW"}, {"NET_BIND_SERVICE", "SYS_ADMIN"}),
        (f"{CAPABILITIES}drop: [CAP_NET_RAW, ¦]\n", {"NET_RAW"}, {"ALL", "KILL"}),
        (f"{CAPABILITIES}drop: [KILL]\n              add: [¦]\n", {"KILL"}, {"CHOWN"}),
        (f"{CAPABILITIES}drop: [ALL]\n              add: [¦]\n", set(), {"CHOWN"}),
        (f"{CAPABILITIES}drop: [ALL, ¦]\n", NAMES, set()),
        (f"{DEPLOYMENT}{CONTAINER}resources: {{}}\n{CONTAINER}¦\n", {"resources"}, set()),
        (f"{DEPLOYMENT}{POD}volumes:\n        - emptyDir: {{}}\n          ¦\n", {"secret"}, set()),
        (f"{DEPLOYMENT}{POD}hostNetwork: true\n{POD}¦\n", {"hostUsers"}, {"securityContext"}),
    ],
)  # fmt: skip
def test_nothing_that_is_there_already_or_does_not_agree(
    text: str, absent: set[str], present: set[str]
) -> None:
    found = offered(text).keys()
    assert not absent & found
    assert present <= found


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (f"{DEPLOYMENT}{POD}securityContext:\n        ¦\n", "capabilities"),
        (f"{DEPLOYMENT}{POD}securityContext:\n        ¦\n", "privileged"),
        (f"{CONTEXT}¦\n", "fsGroup"),
        (f"{CONTEXT}¦\n", "securityContext"),
        (f"{CONTEXT}privileged: true\n            allowPrivilegeEscalation: ¦\n", "false"),
        (f"{CONTEXT}procMount: ¦\n", "Unmasked"),
        (f"{CONTEXT}seccompProfile: {{localhostProfile: a.json, type: ¦}}\n", "RuntimeDefault"),
        (f"{DEPLOYMENT}{POD}volumes:\n        - name: a\n          ¦\n", "hostPath"),
        (f"{DEPLOYMENT}{POD}¦\n", "hostNetwork"),
        (f"{DEPLOYMENT}{POD}os: {{name: windows}}\n{POD}securityContext: {{¦}}", "seccompProfile"),
        (f"{DEPLOYMENT}{POD}ephemeralContainers:\n        - name: d\n          ¦\n", "resources"),
        (f"{DEPLOYMENT}{POD}resources:\n        limits:\n          ¦\n", "ephemeral-storage"),
    ],
)  # fmt: skip
def test_nothing_that_does_not_exist_at_a_level(text: str, label: str) -> None:
    found = offered(text)
    assert found and label not in found


@pytest.mark.parametrize("version", ["1.24", "1.29", "1.30", "1.34"])
def test_nothing_that_does_not_exist_at_a_version(version: str) -> None:
    settings = Settings(kubernetes_version=version)
    number = Version(1, int(version[2:]))
    container = offered(f"{CONTEXT}¦\n", settings=settings)
    pod = offered(f"{DEPLOYMENT}{POD}¦\n", settings=settings)
    context = offered(f"{DEPLOYMENT}{POD}securityContext:\n        ¦\n", settings=settings)
    sysctls = f"{DEPLOYMENT}{POD}securityContext:\n        sysctls:\n          - name: ¦\n"
    assert ("appArmorProfile" in container) == ("appArmorProfile" in context) == (number >= (1, 30))
    assert ("supplementalGroupsPolicy" in context) == (number >= (1, 31))
    assert ("hostUsers" in pod) == (number >= (1, 25))
    assert ("resources" in pod) == (number >= (1, 34))
    assert ("net.ipv4.tcp_rmem" in offered(sysctls, settings=settings)) == (number >= (1, 32))


@pytest.mark.parametrize(
    "text",
    [
        f"{CONTEXT}# priv¦\n",
        f"{CONTEXT}privileged: true  # ¦\n",
        f"{DEPLOYMENT}{CONTAINER}args: [¦]\n",
        f"{DEPLOYMENT}{CONTAINER}command:\n            - |\n              securityContext: ¦\n",
        f"{CONTEXT}privileged: \"¦\"\n",
        f"{CONTEXT}privileged: true\n              ¦\n",
        f"{DEPLOYMENT}{CONTAINER}name¦: a\n",
        f"{DEPLOYMENT}  repl¦\n",
        f"{CONTEXT}¦\n".replace("kind: Deployment", "kind: Widget"),
        f"{CONTEXT}¦\n".replace("apiVersion: apps/v1", "apiVersion: example/v1"),
        f"{CONTEXT}privileged: {{{{ ¦ }}}}\n",
        f"{CONTEXT}{{{{- if ¦ }}}}\n",
        f"{CONTEXT}{{{{- ¦\n            {{{{- end }}}}\n",
        "securityContext:\n  ¦\n",
        "a: ¦\n",
        "- ¦\n",
        "# ¦\n",
        "name: x\n¦\n",
        "{¦}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  privileged: ¦\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {¦}}\n",
    ],
)  # fmt: skip
def test_nothing_elsewhere(text: str) -> None:
    assert offered(text) == {}


BROKEN = [
    f"{DEPLOYMENT}        - na\n          securityContext:\n            ¦\n",
    f"{DEPLOYMENT}          sec\n        - name: b\n          securityContext:\n            ¦\n",
    f"{CONTEXT}privileged:\n            ¦\n",
    f"{CONTEXT}priv\n            ¦\n",
    f"{CONTEXT}¦\n          ports: [{{\n",
]


@pytest.mark.parametrize("text", BROKEN)
def test_the_text_around_may_be_half_typed_too(text: str) -> None:
    assert "runAsNonRoot" in offered(text)


@pytest.mark.parametrize(
    "head",
    [
        "apiVersion: example.com/v1\nkind: Widget\nspec:\n  pods:\n    - template:\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec:\n  template:\n    spec:\n",
    ],
)
def test_custom_resources_have_pods_too(head: str) -> None:
    text = (
        f"{head}          containers:\n            - name: a\n              image: a:1\n"
        "              securityContext:\n                ¦\n"
    )
    assert {"capabilities", "privileged"} <= offered(text).keys()
    assert "fsGroup" not in offered(text)


NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels:\n    "
LABEL = "pod-security.kubernetes.io/"
ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nrules:\n  - verbs: "


def test_namespaces_and_roles() -> None:
    assert chosen(f"{NAMESPACE}pod-s¦\n") == f"{NAMESPACE}{LABEL}enforce: restricted\n"
    assert chosen(f"{NAMESPACE}{LABEL}wa¦\n") == f"{NAMESPACE}{LABEL}warn: restricted\n"
    assert [*offered(f"{NAMESPACE}{LABEL}audit: ¦\n")] == ["restricted", "baseline", "privileged"]
    versions = offered(
        f"{NAMESPACE}{LABEL}enforce-version: ¦\n", settings=Settings(kubernetes_version="1.30")
    )
    assert [*versions] == ["latest", "v1.30"]
    assert f"{LABEL}warn" not in offered(f"{NAMESPACE}{LABEL}warn: baseline\n    ¦\n")
    assert [*offered(f"{ROLE}[get, ¦]\n")][:2] == ["list", "watch"]
    assert "*" not in offered(f"{ROLE}[¦]\n")
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n"
    assert chosen(f"{account}au¦\n") == f"{account}automountServiceAccountToken: false\n"


EMPTY = ["¦", "# a comment\n¦\n", "---\n¦", f"---\n¦\n---\n{DEPLOYMENT}", "\ufeff¦", "\r\n¦\r\n"]


@pytest.mark.parametrize("text", EMPTY)
def test_an_empty_document_begins_with_what_passes(text: str) -> None:
    assert len(offered(text)) == 3
    assert first(text.replace(CURSOR, f"Dep{CURSOR}")) == "Deployment (restricted)"
    assert all(item.kind == types.CompletionItemKind.Snippet for item in offered(text).values())


@pytest.mark.parametrize("profile", ["recommended", "baseline", "restricted"])
@pytest.mark.parametrize("label", [*offered("¦")])
def test_new_objects_have_no_findings(label: str, profile: Profile) -> None:
    text = chosen("¦", label)
    analysis = analyze(text, Settings(profile))
    assert any(unit.objects for unit in analysis.units)
    assert [each.rule.slug for _, each in analysis.published()] == []
    edit = offered("¦", SNIPPETS)[label].text_edit
    assert isinstance(edit, types.TextEdit)
    places = dict(re.findall(r"\$\{(\d+):([^}]*)\}", edit.new_text))
    assert re.sub(r"\$\{(\d+):[^}]*\}", lambda match: places[match[1]], edit.new_text) == text


PLAIN_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: example.com/app:1.4.2
"""


def test_the_restricted_block_is_what_the_restricted_level_asks_for() -> None:
    def slugs(text: str) -> set[str]:
        found = analyze(text, Settings("restricted")).published()
        return {each.rule.slug for _, each in found if each.control is not None}

    assert slugs(PLAIN_POD) == {
        "capabilities-not-dropped",
        "missing-seccomp-profile",
        "privilege-escalation-allowed",
        "root-user-allowed",
    }
    assert slugs(chosen(f"{PLAIN_POD}      ¦\n")) == set()
    of_pod = chosen(f"{PLAIN_POD}  sec¦\n", "securityContext (restricted)")
    assert slugs(of_pod) == {"capabilities-not-dropped", "privilege-escalation-allowed"}
    begun = f"{PLAIN_POD}      securityContext:\n        runAsNonRoot: true\n        ¦\n"
    assert slugs(chosen(begun, "restricted")) == set()


# The tables.


def every_key() -> Iterator[tuple[str, str]]:
    for level, keys in KEYS.items():
        for key in keys:
            yield level, key


@pytest.mark.parametrize(("level", "key"), [*every_key()])
def test_every_key_exists_and_is_explained(level: str, key: str) -> None:
    if level in FIELDS:
        assert key in FIELDS[level]
    if level not in ("Limits", "Requests", "NamespaceLabels", "Sysctl"):
        assert key in TREE[level]
    assert about(level, key)


@pytest.mark.parametrize(("level", "key"), [*every_key()])
def test_every_value_is_explained(level: str, key: str) -> None:
    here = Place(Level(level, None, None), {}, NEWEST, Resources())
    for offer in values_at(here, key):
        assert offer.about, offer


def test_what_is_newer_is_a_key_that_is_offered() -> None:
    for level, key in SINCE:
        old = Place(Level(level, None, None), {}, Version(1, 0), Resources())
        new = old._replace(version=NEWEST)
        assert key in KEYS[level]
        assert key not in [each.name for each in keys_at(old)]
        if key not in ("claims", "ephemeral-storage"):
            assert key in [each.name for each in keys_at(new)]


@pytest.mark.parametrize("add", ["add", "drop"])
def test_each_capability_is_explained(add: str) -> None:
    items = offered(f"{CAPABILITIES}{add}: [¦]\n", Client(markdown_completion=True))
    assert items.keys() == NAMES
    assert next(iter(items)) == ("ALL" if add == "drop" else "NET_BIND_SERVICE")
    assert [*items][-1] == ("ALL" if add == "add" else "WAKE_ALARM")
    for item in items.values():
        assert isinstance(item.documentation, types.MarkupContent) and item.documentation.value


def test_json_gets_quotes() -> None:
    text = '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"securityContext": {¦}}]}}'
    done = text.replace("{¦}", '{"allowPrivilegeEscalation": false}')
    assert chosen(text, "allowPrivilegeEscalation") == done
    text = '{"apiVersion": "v1", "kind": "Pod", "spec": {"securityContext": {"ru¦": true}}}'
    assert chosen(text, "runAsNonRoot") == text.replace("ru¦", "runAsNonRoot")
