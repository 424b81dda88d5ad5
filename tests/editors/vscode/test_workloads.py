"""The view that lists what a folder holds, by the levels of Pod Security."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.vscode.conftest import EXTENSION
from tests.editors.vscode.manifests import PRIVILEGED
from tests.editors.vscode.test_window import CUT, EDITOR_Y, STATUS_HEIGHT, THEMES, WIDTH
from tests.editors.vscode.workbench import Programs, Workbench, opened

AGENT = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  namespace: monitoring
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      hostPID: true
      containers:
        - name: agent
          image: registry.example.com/agent:1.2.3
"""

WEB = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.2.3
---
apiVersion: batch/v1
kind: Job
metadata:
  name: import
  namespace: shop
spec:
  template:
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      restartPolicy: Never
      containers:
        - name: import
          image: registry.example.com/import:1.2.3
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""

SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"

VIEW = ".pane:has(.pane-header[aria-label*=Workloads])"
HEADER = ".pane-header[aria-label*=Workloads]"
ROW = f"{VIEW} .monaco-list-row"
WELCOME = f"{VIEW} .welcome-view-content"


@pytest.fixture(scope="module")
def empty(
    programs: Programs, extensions: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workbench]:
    """Give a VS Code with a folder open that has no workloads, its view of them unfolded."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    with opened(programs, extensions, folder, tmp_path_factory.mktemp("data") / "data") as vscode:
        vscode.open("settings.yaml")
        vscode.see(HEADER)
        vscode.on(HEADER, "", "click")
        yield vscode


@pytest.fixture
def cluster(empty: Workbench) -> Workbench:
    """Give the same with its workloads."""
    empty.write("agent.yaml", AGENT)
    empty.write("shop/web.yaml", WEB)
    empty.see(ROW, "Restricted (1)")
    return empty


def test_it_says_that_there_are_none_and_follows_files(empty: Workbench) -> None:
    empty.see(WELCOME, "No workloads in the open folders.")
    empty.write("agent.yaml", AGENT)
    empty.see(ROW, "DaemonSet agent")
    (empty.folder / "agent.yaml").unlink()
    empty.see(WELCOME, "No workloads in the open folders.")


def test_the_levels_have_their_counts_and_the_gravest_is_open(cluster: Workbench) -> None:
    for index, text in enumerate(
        ["Privileged (1)", "DaemonSet agent", "Baseline (1)", "Restricted (1)"]
    ):
        cluster.see(f'{ROW}[data-index="{index}"]', text)
    assert cluster.on(ROW, "Privileged", "getAttribute", "aria-label") == "Privileged, 1 workload"


def test_a_click_opens_the_line(cluster: Workbench) -> None:
    cluster.on(ROW, "Baseline (1)", "click")
    cluster.see(ROW, "Deployment web")
    cluster.on(ROW, "DaemonSet agent", "click")
    cluster.see(".tab.active", "agent.yaml")
    cluster.until("the cursor is at the name", lambda: cluster.probe.ask("selected") == [3, 8, 13])


def test_a_workload_tells_its_namespace_and_its_findings(cluster: Workbench) -> None:
    cluster.on(ROW, "Restricted (1)", "click")
    cluster.see(ROW, "Job import")
    cluster.open("shop/web.yaml")

    def is_told() -> bool:
        # What the other files tell may change the number once more.
        count = len(cluster.diagnostics("shop/web.yaml"))
        label = cluster.on(ROW, "Job import", "getAttribute", "aria-label")
        return count > 1 and label == f"Job import, shop, {count} findings in its file, restricted"

    cluster.until("the number of findings", is_told)
    count = len(cluster.diagnostics("shop/web.yaml"))
    cluster.see(ROW, f"shop · {count} findings in its file")


def test_it_follows_what_is_typed(cluster: Workbench) -> None:
    cluster.open("agent.yaml")
    cluster.change("agent.yaml", "hostPID: true", "hostPID: false")
    cluster.see(ROW, "Baseline (2)")
    cluster.until_gone(ROW, "Privileged")
    cluster.change("agent.yaml", "hostPID: false", "hostPID: true")
    cluster.see(ROW, "Privileged (1)")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_view_is_seen_whole(
    cluster: Workbench, theme: str, tmp_path: Path, update: bool
) -> None:
    cluster.configure("workbench.colorTheme", THEMES[theme])
    cluster.page("setViewportSize", {"width": WIDTH, "height": 620})
    cluster.open("agent.yaml")
    cluster.until("findings", lambda: cluster.diagnostics("agent.yaml"))
    cluster.run("k8s-lsp.workloads.focus")
    cluster.see(ROW, "DaemonSet agent")
    assert cluster.page("evaluate", CUT.format(f"{ROW} .label-name")) == []
    folder = EXTENSION / "images" if update and theme == "dark" else tmp_path
    clip = {"x": 0, "y": EDITOR_Y, "width": WIDTH, "height": 620 - EDITOR_Y - STATUS_HEIGHT}
    cluster.page("screenshot", {"path": str(folder / "workloads.png"), "clip": clip})


def test_it_comes_back_after_a_restart(cluster: Workbench) -> None:
    cluster.run("k8s-lsp.restart")
    cluster.see(ROW, "DaemonSet agent")
    cluster.run("k8s-lsp.refreshWorkloads")
    cluster.see(ROW, "DaemonSet agent")


def test_there_is_none_where_no_manifest_is(vscode: Workbench) -> None:
    vscode.run("workbench.view.explorer")
    vscode.open(vscode.write("workflow.yaml", "on: push\njobs: {}\n"))
    vscode.until("the server runs", vscode.servers)
    for path in vscode.folder.glob("**/*.yaml"):
        if path.name != "workflow.yaml":
            path.unlink()
    vscode.run("k8s-lsp.restart")
    vscode.until_gone(HEADER)
    vscode.open(vscode.write("web.yaml", PRIVILEGED))
    vscode.see(HEADER)
