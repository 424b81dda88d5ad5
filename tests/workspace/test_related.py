"""Places in other files that findings relate to: what they are, and how they are told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from k8s_lsp.cli import main
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.incremental import update
from k8s_lsp.engine.results import Analysis
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.diagnostics import diagnostics_of
from k8s_lsp.kubernetes.queries import Surroundings
from k8s_lsp.rules.base import Related
from k8s_lsp.server.diagnostics_json import EMPTY, report_of
from k8s_lsp.settings import Settings
from k8s_lsp.text import Encoding
from tests.workspace.folders import index_of, place

NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {team: "é😀%d", pod-security.kubernetes.io/enforce: baseline}
"""

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec:
  automountServiceAccountToken: true
  serviceAccountName: web
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext: {privileged: true}
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, type: NodePort}
"""

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: door, namespace: shop}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
"""

RBAC = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-reads, namespace: shop}
roleRef: {kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
"""

CLIENT = Client("utf-16", related_information=True)


def around(**texts: str) -> Surroundings:
    return index_of({f"{name}.yaml": text for name, text in texts.items()}).surroundings(
        place("pod.yaml")
    )


def related(analysis: Analysis, slug: str) -> list[tuple[str, int, str, str]]:
    """The related places of the findings of a rule: file, line, token and message."""
    places = [each.finding.related for _, each in analysis.published() if each.rule.slug == slug]
    return [
        (each.path.rpartition("/")[2], each.place.line, each.place.token, each.message)
        for found in places
        for each in found
    ]


def told(text: str, **others: str) -> Analysis:
    return analyze(text, Settings("all"), surroundings=around(**others))


def test_the_label_of_a_namespace_is_related() -> None:
    found = related(told(POD, namespace=NAMESPACE), "namespace-refuses-pod")
    assert found == [("namespace.yaml", 4, "baseline", 'Namespace "shop" enforces baseline')]


def test_what_leads_to_a_privileged_pod_is_related() -> None:
    found = related(told(POD, service=SERVICE), "privileged-container")
    assert found == [("service.yaml", 2, "web", 'reached from outside through Service "web"')]
    found = related(told(POD, service=SERVICE, ingress=INGRESS), "privileged-container")
    assert found == [("ingress.yaml", 2, "door", 'reached from outside through Ingress "door"')]
    inside = SERVICE.replace(", type: NodePort", "")
    assert related(told(POD, service=inside), "privileged-container") == []
    other = SERVICE.replace("app: web", "app: api")
    assert related(told(POD, service=other, ingress=INGRESS), "privileged-container") == []
    everything = SERVICE.replace("selector: {app: web}, ", "")
    assert related(told(POD, service=everything), "privileged-container") == []


def test_the_chain_to_what_an_account_may_do_is_related() -> None:
    found = related(told(POD, rbac=RBAC), "service-account-token-mounted")
    assert found == [
        ("rbac.yaml", 2, "web-reads", 'RoleBinding "web-reads" gives Role "reader"'),
        ("rbac.yaml", 8, "reader", 'Role "reader" allows get on secrets'),
    ]


def test_a_place_that_moves_is_followed() -> None:
    before = told(POD, namespace=NAMESPACE)
    after = update(before, POD, surroundings=around(namespace="\n# above\n" + NAMESPACE))
    (moved,) = related(after, "namespace-refuses-pod")
    assert moved[1] == 6


def test_a_place_elsewhere_stays_while_the_own_text_moves() -> None:
    before = told(POD, namespace=NAMESPACE, service=SERVICE, rbac=RBAC)
    slugs = ("namespace-refuses-pod", "privileged-container", "service-account-token-mounted")
    for text in (POD.replace("1.4.2", "1.4.3"), "# above\n" + POD, POD.replace("app:", "app:  ")):
        after = update(update(before, POD.replace("1.4.2", "1.4.x")), text)
        for slug in slugs:
            assert related(after, slug) == related(before, slug) != []


ENCODINGS: list[tuple[Encoding, int]] = [("utf-8", 6), ("utf-16", 3), ("utf-32", 2)]
"""With the code units of `é😀`."""


@pytest.mark.parametrize(("encoding", "units"), ENCODINGS)
def test_a_client_is_told_the_location(encoding: Encoding, units: int) -> None:
    client = Client(encoding, related_information=True)
    analysis = told(POD, namespace=NAMESPACE)
    document = Document("file:///folder/pod.yaml", 1, lines_of(POD, encoding), analysis)
    (diagnostic,) = [
        each for each in diagnostics_of(document, client) if each["code"] == "namespace-refuses-pod"
    ]
    (information,) = diagnostic["relatedInformation"]
    assert information["location"]["uri"] == "file:///folder/namespace.yaml"
    start = len('  labels: {team: "%d", pod-security.kubernetes.io/enforce: ') + units
    assert information["location"]["range"] == {
        "start": {"line": 4, "character": start},
        "end": {"line": 4, "character": start + len("baseline")},
    }


def test_what_is_pushed_says_the_same_and_does_not_move_other_files() -> None:
    surroundings = around(namespace=NAMESPACE, service=SERVICE, rbac=RBAC)
    report = EMPTY
    for text in (POD, "# 100% above\n\n" + POD, "---\n" + POD):
        analysis = analyze(text, Settings("all"), surroundings=surroundings)
        document = Document("file:///folder/pod.yaml", 1, lines_of(text, "utf-16"), analysis)
        report = report_of(document, CLIENT, report)
        assert json.loads(b"".join(report.pieces())) == diagnostics_of(document, CLIENT)


def test_own_places_come_first_in_both_forms() -> None:
    inherited = POD.replace("spec:\n", "spec:\n  securityContext: {runAsUser: 0}\n")
    analysis = analyze(inherited, Settings("all"))
    elsewhere = Related(analysis.units[0].published[0].finding.span, "there", "/folder/x.yaml")
    units = tuple(
        unit._replace(
            published=tuple(
                each._replace(
                    finding=replace(each.finding, related=(elsewhere, *each.finding.related))
                )
                for each in unit.published
            )
        )
        for unit in analysis.units
    )
    analysis = replace(analysis, units=units)
    document = Document("file:///folder/pod.yaml", 1, lines_of(inherited, "utf-16"), analysis)
    diagnostics = diagnostics_of(document, CLIENT)
    files = {
        tuple(
            related["location"]["uri"].rpartition("/")[2] for related in each["relatedInformation"]
        )
        for each in diagnostics
    }
    assert files == {("x.yaml",), ("pod.yaml", "x.yaml")}
    report = report_of(document, CLIENT)
    assert json.loads(b"".join(report.pieces())) == diagnostics


def test_check_shows_the_path_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "pod.yaml").write_text(POD)
    (tmp_path / "namespace.yaml").write_text(NAMESPACE, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "apps")
    arguments = ["check", "pod.yaml"]
    assert main(arguments) == 1
    text = capsys.readouterr().out
    assert '= note: Namespace "shop" enforces baseline (../namespace.yaml:5)' in text
    assert main([*arguments, "--output-format", "json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    (found,) = [each for each in findings if each["rule"] == "namespace-refuses-pod"]
    assert found["related"] == [
        {
            "path": "../namespace.yaml",
            "line": 5,
            "message": 'Namespace "shop" enforces baseline',
        }
    ]
    assert all("related" not in each for each in findings if each is not found)
    assert main([*arguments, "--no-context"]) == 1
    assert "namespace-refuses-pod" not in capsys.readouterr().out
