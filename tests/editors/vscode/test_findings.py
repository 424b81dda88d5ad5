"""What VS Code knows of an open manifest: findings, at their places, and hovers."""

import pytest

from tests.editors.manifests import NGINX
from tests.editors.vscode.manifests import PRIVILEGED
from tests.editors.vscode.workbench import Place, Workbench


def test_the_nginx_deployment(vscode: Workbench) -> None:
    name = vscode.write("nginx.yaml", NGINX)
    assert vscode.open(name) == "yaml"
    # The pod's `spec`, in the 16th line, and the name of its container, in the 18th.
    expected = [
        Place("service-account-token-mounted", 15, 4, 8),
        Place("missing-memory-limit", 17, 16, 21),
        Place("missing-seccomp-profile", 17, 16, 21),
    ]
    vscode.until("its findings", lambda: vscode.places(name), lambda found: found == expected)
    assert {each["severity"] for each in vscode.diagnostics(name)} == {"Warning"}


def test_a_place_after_an_emoji_is_counted_as_the_editor_counts(vscode: Workbench) -> None:
    # The emoji is one code point, two code units of UTF-16 and four bytes of UTF-8.
    name = vscode.write(
        "emoji.yaml",
        "apiVersion: v1\n"
        "kind: Pod\n"
        "# 😀\n"
        "spec:\n"
        "  containers:\n"
        '    - {name: "😀", image: "nginx:1.29.1", securityContext: {privileged: yes}}\n',
    )
    vscode.open(name)
    places = vscode.until("findings", lambda: vscode.places(name))
    # What is missing is said of the name, with its quotes.
    assert Place("privileged-container", 5, 72, 75) in places
    assert Place("missing-memory-limit", 5, 13, 17) in places


def test_json(vscode: Workbench) -> None:
    line = '{"apiVersion": "v1", "kind": "Pod", "spec": {"hostNetwork": true, "containers": []}}'
    name = vscode.write("pod.json", line)
    assert vscode.open(name) == "json"
    vscode.until("a finding", lambda: Place("host-network", 0, 60, 64) in vscode.places(name))


def test_a_compose_file_is_none_of_our_business(vscode: Workbench) -> None:
    compose = "services:\n  web:\n    image: nginx\n    privileged: true\n"
    name = vscode.write("compose.yaml", PRIVILEGED)
    assert vscode.open(name) == "dockercompose"
    vscode.until_rules(name, "privileged-container")
    vscode.change(name, PRIVILEGED, compose)
    vscode.until_rules(name)


def test_a_helm_template_is_told_what_it_says_and_not_what_is_missing(vscode: Workbench) -> None:
    name = vscode.write(
        "chart/templates/deployment.yaml",
        "apiVersion: apps/v1\n"
        "kind: Deployment\n"
        "spec:\n"
        "  template:\n"
        "    spec:\n"
        "      hostPID: true\n"
        "      containers:\n"
        "        - name: {{ .Chart.Name }}\n"
        "          {{- toYaml .Values.container | nindent 10 }}\n",
    )
    vscode.open(name)
    vscode.until("its finding", lambda: Place("host-pid", 5, 15, 19) in vscode.places(name))
    assert vscode.rules(name) == ["host-pid"]


def test_the_hover_explains_the_rule(vscode: Workbench) -> None:
    name = vscode.write("hover.yaml", PRIVILEGED)
    vscode.open(name)
    vscode.until_rules(name, "privileged-container")
    [hover] = vscode.hovers(name, "privileged: true")
    assert "privileged-container" in hover
    assert "baseline" in hover
    assert "```yaml\n" in hover


TWO_CONTAINERS = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  automountServiceAccountToken: false
  containers:
    - name: first
      image: registry.example.com/first:1.2.3
      securityContext:
        privileged: true
    - name: second
      image: registry.example.com/second:1.2.3
      stdin: true
"""


@pytest.mark.parametrize("half", ["securi", "securityContext", 'securityContext: {privileged: "'])
def test_half_typed_text_keeps_the_findings_of_what_was_not_touched(
    vscode: Workbench, half: str
) -> None:
    name = vscode.write(f"half-typed-{len(half)}.yaml", TWO_CONTAINERS)
    vscode.open(name)
    before = vscode.until("findings", lambda: vscode.places(name))
    in_first = [place for place in before if place.line < 11]
    in_second = [place for place in before if place.line >= 11]
    assert Place("privileged-container", 10, 20, 24) in in_first
    assert Place("missing-seccomp-profile", 11, 12, 18) in in_second

    vscode.change(name, "securityContext:\n        privileged: true\n", f"{half}\n")
    # The text is a line shorter. The first container is not said to be privileged any more; what
    # it lacks may still be told.
    moved = [place._replace(line=place.line - 1) for place in in_second]
    vscode.until(
        "the second container has all of its findings",
        lambda: vscode.places(name),
        lambda found: (
            [each for each in found if each.line >= 10] == moved
            and "privileged-container" not in {each.rule for each in found}
        ),
    )

    vscode.change(name, f"{half}\n", "securityContext:\n        privileged: true\n")
    vscode.until("all is as before", lambda: vscode.places(name), lambda found: found == before)


def test_explain_in_a_hover_leads_to_the_page_of_the_rule(vscode: Workbench) -> None:
    name = vscode.write("explain.yaml", PRIVILEGED)
    vscode.open(name)
    vscode.until("findings", lambda: vscode.diagnostics(name))
    vscode.run("workbench.action.focusActiveEditorGroup")
    vscode.probe.ask("select", [13, 22, 22])
    vscode.run("editor.action.showHover")
    hover = ".monaco-hover:not(.hidden)"
    vscode.see(hover, "Explain privileged-container")
    vscode.on(f"{hover} a", "Explain privileged-container", "click")
    vscode.see(".tab.active", "privileged-container.md")
