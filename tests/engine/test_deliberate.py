"""What a comment must be, and where it must stand, for a fix to be left to a person."""

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import (
    harden,
    harden_container,
    left_for_you,
    preferred_fix,
)
from k8s_lsp.rules.base import Fix
from k8s_lsp.settings import OwnImage, Settings

HEAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
"""

CONTAINERS = """\
  containers:
    - name: app
      image: example.com/app:1.4.2
"""


RECOMMENDED = Settings("recommended")
OWN = Settings("recommended", images=(OwnImage("example.com/app", user=1000),))
"""Of an image that is not known, a 0 as the user is on purpose without a comment."""


def fix_of(text: str, slug: str, settings: Settings = RECOMMENDED) -> Fix:
    analysis = analyze(text, settings)
    fixes = [
        preferred_fix(analysis, each) for _, each in analysis.published() if each.rule.slug == slug
    ]
    (fix,) = fixes
    assert fix is not None
    return fix


def with_host_network(comment: str) -> str:
    """A pod whose hostNetwork has a comment at its end; one with a break stands above it."""
    if "\n" not in comment:
        return f"{HEAD}  restartPolicy: Always\n  hostNetwork: true {comment}\n{CONTAINERS}"
    return f"{HEAD}  restartPolicy: Always\n{comment}  hostNetwork: true\n{CONTAINERS}"


@pytest.mark.parametrize(
    "comment",
    [
        "# needs the node's address",
        "# The CNI isn't ready (yet)",
        "# see below: it binds, then forwards",
        "# 需要主机网络",
        "# TODO: drop it once #123 is fixed",
        "# hostNetwork: needed for node discovery",
        "#without any blank",
        "  # needs the node's address\n",
        "# needs the node's address\n",
        "  # the agent\n  # binds the\n  # node's port\n",
        "  # hostNetwork: false\n  # the plain pod network is too slow\n",
        "  # - the plain pod network is too slow\n",
        "  # needs the node's address\r\n",
    ],
)
def test_prose_is_a_reason(comment: str) -> None:
    text = with_host_network(comment)
    fix = fix_of(text, "host-network")
    assert fix.left_because is not None
    assert fix.left_because.startswith('a comment says why: "')
    assert fix.title.startswith('Remove hostNetwork, against the comment "')
    assert "hostNetwork: true" in harden(analyze(text)).text


@pytest.mark.parametrize(
    "comment",
    [
        "# routes",
        "# two words",
        "# example.com/a/b c.d e_f",
        "# hostNetwork: false",
        "# trivy:ignore:KSV-0001 because we need the network",
        "# checkov:skip=CKV_K8S_19:we need it for now",
        "# yamllint disable-line rule:line-length for this",
        "# renovate: datasource=docker of our own",
        "# Copyright by the authors of this file",
        "# SPDX-License-Identifier: see the licence file",
        "# ---- the network of it ----",
        '# {"$imagepolicy": "a b c d"}',
        "########################\n  # how it is connected\n  ########################\n",
        "  # needs the node's address\n  # hostNetwork: false\n",
        "  # needs the node's address\n\n",
        "  # a\n\n",
    ],
)
def test_what_else_a_comment_holds_is_none(comment: str) -> None:
    text = with_host_network(comment)
    assert fix_of(text, "host-network") == fix_of(
        with_host_network("# a"), "host-network"
    )._replace(edits=fix_of(text, "host-network").edits)
    assert "hostNetwork: true" not in harden(analyze(text)).text


def test_what_begins_a_document_speaks_of_all_of_it() -> None:
    text = (
        "# This namespace holds the shop.\n\n# It is made once.\napiVersion: v1\nkind: Namespace\n"
    )
    hardened = harden(analyze(f"{text}metadata:\n  name: shop\n")).text
    assert "enforce: baseline" in hardened


def test_a_sign_in_a_string_is_no_comment() -> None:
    text = (
        f'{HEAD}  schedulerName: "# needs the node\'s address"\n  hostNetwork: true\n{CONTAINERS}'
    )
    assert fix_of(text, "host-network").left_because is None


def test_a_comment_at_what_a_fix_takes_along_counts() -> None:
    """The fix of runAsNonRoot removes the 0, and so does what the comment explains."""
    container = (
        f"{CONTAINERS}      securityContext:\n        runAsUser: 0 # opens the raw socket itself\n"
    )
    settings = Settings("recommended", rules=(("root-user", "off"),))
    hardened = harden(analyze(HEAD + container, settings)).text
    assert "runAsUser: 0" in hardened
    assert "runAsNonRoot" not in hardened


def test_a_comment_above_the_key_that_opens_a_block_speaks_for_the_first_in_it() -> None:
    context = (
        "      # the driver needs devices\n"
        "      securityContext:\n"
        "        privileged: true\n"
        "        allowPrivilegeEscalation: true\n"
    )
    assert fix_of(HEAD + CONTAINERS + context, "privileged-container").left_because is not None


def test_a_comment_above_a_list_of_words_speaks_for_each() -> None:
    added = (
        "      securityContext:\n"
        "        capabilities:\n"
        "          # both set up the routes\n"
        "          add:\n"
        "            - NET_ADMIN\n"
        "            - NET_RAW\n"
    )
    hardened = harden(analyze(HEAD + CONTAINERS + added)).text
    assert "- NET_ADMIN\n            - NET_RAW\n" in hardened


READ_ONLY = "writable-root-filesystem"


@pytest.mark.parametrize(
    ("container", "slug", "is_left"),
    [
        # Of a container, a comment says many things; of the field it lacks, only by name.
        ("      # it serves the shop\n", READ_ONLY, False),
        ("      # readOnlyRootFilesystem breaks its cache\n", READ_ONLY, True),
        ("      # readOnlyRootFilesystem: true\n", READ_ONLY, False),
        ("      # readOnlyRootFilesystem: true  # breaks its cache\n", READ_ONLY, True),
        ("      # no memory limit: the JVM decides\n", "missing-memory-limit", True),
        ("      # it keeps all in memory\n", "missing-memory-limit", False),
        ("      # no memory limit: the JVM decides\n", "missing-cpu-limit", False),
        ("      resources: {} # small and short lived\n", "missing-cpu-limit", True),
        ("      resources: # small and short lived\n", "missing-cpu-limit", True),
        (
            "      # bursts are what it does\n      resources:\n        requests:\n"
            "          memory: 1Gi\n",
            "missing-cpu-limit",
            True,
        ),
        (
            "      securityContext:\n        # drops to another user\n"
            "        allowPrivilegeEscalation: false\n",
            READ_ONLY,
            False,
        ),
    ],
)
def test_a_reason_for_what_is_missing(container: str, slug: str, is_left: bool) -> None:
    assert (fix_of(HEAD + CONTAINERS + container, slug).left_because is not None) == is_left


BLOCK = """\
      # COMMENT
      securityContext:
        allowPrivilegeEscalation: true
        runAsUser: 0
        capabilities:
          add: [NET_ADMIN]
"""
ESCALATION, USER, CAPABILITY, SECCOMP, READ_ONLY = (
    "privilege-escalation-allowed",
    "root-user",
    "dangerous-capability",
    "missing-seccomp-profile",
    READ_ONLY,
)


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        # What stands first is always what it is about, and whatever else it names.
        ("Run as root: the tool does not support anything else", {ESCALATION, USER}),
        ("the user is chosen by the volume", {ESCALATION, USER}),
        ("NET_ADMIN sets the routes up", {ESCALATION, CAPABILITY}),
        ("its privileges are what it needs", {ESCALATION}),
        ("seccomp is set elsewhere for all", {ESCALATION, SECCOMP}),
        ("keeps the root file system writable", {ESCALATION, READ_ONLY}),
        ("it formats the disks", {ESCALATION, USER, CAPABILITY, SECCOMP, READ_ONLY}),
        ("two words", set()),
    ],
)
def test_a_comment_above_a_block_speaks_for_all_that_it_could_be_about(
    comment: str, left: set[str]
) -> None:
    text = HEAD + CONTAINERS + BLOCK.replace("COMMENT", comment)
    slugs = (ESCALATION, USER, CAPABILITY, SECCOMP, READ_ONLY)
    assert {slug for slug in slugs if fix_of(text, slug, OWN).left_because is not None} == left


@pytest.mark.parametrize(
    ("spec", "slug", "is_left"),
    [
        # Above the first key, it has to name what it is about.
        (
            "      securityContext:\n        # root formats the disks\n        privileged: true\n"
            "        runAsUser: 0\n",
            "root-user",
            True,
        ),
        (
            "      securityContext:\n        # it formats the disks\n        privileged: true\n"
            "        runAsUser: 0\n",
            "root-user",
            False,
        ),
        (
            "  # only root can read them\n  securityContext:\n    fsGroup: 1\n",
            "root-user-allowed",
            True,
        ),
        (
            "  # hands the volume over to it\n  securityContext:\n    fsGroup: 1\n",
            "root-user-allowed",
            False,
        ),
    ],
)
def test_a_comment_inside_of_a_block_or_above_that_of_the_pod_names_what_it_is_about(
    spec: str, slug: str, is_left: bool
) -> None:
    text = HEAD + (CONTAINERS + spec if spec.startswith("      ") else spec + CONTAINERS)
    assert (fix_of(text, slug, OWN).left_because is not None) == is_left


BRANCHES = """      {{- if .Values.rootless }}
      securityContext:
        ONE
      {{- else }}
      securityContext:
        OTHER
      {{- end }}
"""


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("privileged: false", "privileged: true", "privileged: false"),
        ("runAsUser: 1000", "privileged: true", None),
        ("privileged: true", "privileged: true", None),
        ("a:\n          privileged: false", "privileged: true", None),
    ],
)
def test_another_branch_of_a_template_tells_that_a_value_is_chosen(
    one: str, other: str, reason: str | None
) -> None:
    text = HEAD + CONTAINERS + BRANCHES.replace("ONE", one).replace("OTHER", other)
    analysis = analyze(text, Settings("recommended"))
    (found, *_) = (each for _, each in analysis.published() if each.rule.slug[:4] == "priv")
    fix = preferred_fix(analysis, found)
    assert fix is not None
    expected = None if reason is None else f"another branch of the template has {reason}"
    assert fix.left_because == expected


def test_what_stands_beside_a_condition_is_in_none_of_its_branches() -> None:
    condition = BRANCHES.replace("ONE", "privileged: false").replace("OTHER", "runAsUser: 1000")
    other = CONTAINERS.partition("\n")[2].replace("app", "other")
    text = f"{HEAD}{CONTAINERS}{condition}{other}      securityContext:\n        privileged: true\n"
    assert fix_of(text, "privileged-container").left_because is None


def test_what_is_mistaken_is_put_right_whatever_is_said_of_it() -> None:
    text = f"{HEAD}  securityContext:\n    runAsNonroot: true # it never needs root\n{CONTAINERS}"
    assert fix_of(text, "misspelled-field").left_because is None


def test_a_container_alone_is_hardened_like_all() -> None:
    text = (
        f"{HEAD}{CONTAINERS}      securityContext:\n        privileged: true # it formats disks\n"
    )
    after = harden_container(analyze(text), 0, ("spec", "containers", 0)).analysis
    assert "privileged: true" in after.text
    (left,) = (each for each in left_for_you(after) if each.diagnosis.rule.slug[:4] == "priv")
    assert left.reason == 'a comment says why: "it formats disks"'


def test_a_long_comment_is_shortened() -> None:
    reason = fix_of(with_host_network("# " + "word " * 40), "host-network").left_because
    assert reason is not None
    assert reason.endswith('word…"')
    assert len(reason) < 90


# What rules know.


@pytest.mark.parametrize(
    ("spec", "slug", "title", "reason"),
    [
        (
            "  hostPID: true\n  volumes: [{name: p, hostPath: {path: /proc}}]\n",
            "host-pid",
            "Remove hostPID: the node agent no longer sees the node's processes",
            "the pod is an agent of its node: it mounts /proc",
        ),
        (
            "  hostNetwork: true\n  initContainers: [{name: n, image: a.io/kube-proxy:v1}]\n",
            "host-network",
            "Remove hostNetwork: the node agent loses the node's network",
            "the pod is an agent of its node: a.io/kube-proxy:v1 is made for that",
        ),
        ("  hostNetwork: true\n", "host-network", "Remove hostNetwork", None),
        (
            "  securityContext: {runAsNonRoot: false}\n",
            "root-user-allowed",
            "Set runAsNonRoot to true for the pod: an image that runs as root will not start",
            "the file sets runAsNonRoot to false",
        ),
    ],
)
def test_the_title_names_the_consequence(
    spec: str, slug: str, title: str, reason: str | None
) -> None:
    fix = fix_of(HEAD + spec + CONTAINERS, slug)
    assert fix.title == title
    assert fix.left_because == reason


@pytest.mark.parametrize(
    ("snippet", "lost"),
    [
        ("allow 10.0.0.0/8; deny all;", "an access rule (allow, deny)"),
        ("location /admin { return 403; }", "an access rule (return, location)"),
        ("return 301 https://a;", "a redirect or rewrite (return)"),
        ("add_header A 'b; deny all';", "headers (add_header)"),
        ("# deny all;", "all that is written in it"),
        ("gzip on; lua_x a; b c; d e;", "its directives (gzip, lua_x, b, …)"),
        ("gzip on; auth_basic x;", "an access rule (auth_basic, gzip)"),
        ("SecRuleEngine On", "rules of the web application firewall (SecRuleEngine)"),
    ],
)
def test_the_fix_of_a_snippet_says_what_goes(snippet: str, lost: str) -> None:
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  annotations:\n"
        f"    nginx.ingress.kubernetes.io/server-snippet: |\n      {snippet}\n"
    )
    fix = fix_of(text, "ingress-snippet-annotation")
    assert fix.title == f"Remove server-snippet, and with it {lost}"
    assert fix.left_because == f"with the snippet goes {lost}"


def test_a_namespace_says_why_it_enforces_nothing() -> None:
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n"
    text = f"{HEAD}  hostPID: true\n{CONTAINERS}---\n{namespace}"
    assert fix_of(text, "unlabelled-namespace").title == (
        "Label the namespace: warn about and audit restricted, enforce nothing, "
        'because Pod "web" breaks baseline'
    )
    assert "enforce: baseline" in harden(analyze(text)).text
