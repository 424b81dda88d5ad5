"""Beside the server of Red Hat's YAML extension, neither doubles or hides what the other shows.

That extension comes from marketplaces only, which the tests do not ask. Its server is a package by
itself: a minimal client, `neighbour/`, runs it in VS Code on the same texts. What the extension
does beyond that, for its schemas above all, is not tested here.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.editors.vscode.conftest import EXTENSION
from tests.editors.vscode.manifests import PRIVILEGED
from tests.editors.vscode.workbench import (
    HERE,
    PYTHON_PATH,
    Programs,
    Workbench,
    install,
    opened,
    packed,
)

SCHEMA = {
    "properties": {
        "kind": {"type": "string", "description": "The kind, says the schema."},
        "spec": {
            "properties": {
                "hostNetwork": {"type": "boolean", "description": "The network, says the schema."},
                "hostname": {"type": "string", "description": "The name, says the schema."},
            }
        },
    }
}


@contextmanager
def running_both(
    programs: Programs, server: str, node: str, vsix: Path, folder: Path, **package: str
) -> Iterator[Workbench]:
    """Run a VS Code with both servers; `package` says what the other one's client is called."""
    client = folder / "client"
    client.mkdir()
    described = json.loads((HERE / "neighbour" / "package.json").read_text(encoding="utf-8"))
    (client / "package.json").write_text(json.dumps({**described, **package}), encoding="utf-8")
    subprocess.run(
        [
            EXTENSION / "node_modules" / ".bin" / "esbuild",
            HERE / "neighbour" / "client.js",
            *("--bundle", "--platform=node", "--external:vscode", "--log-level=error"),
            f"--outfile={client / 'client.js'}",
        ],
        env={**os.environ, "NODE_PATH": str(EXTENSION / "node_modules")},
        check=True,
    )
    probe = packed(HERE / "probe", folder / "probe.vsix")
    neighbour = packed(client, folder / "client.vsix")
    install(programs, folder / "extensions", [vsix, probe, neighbour])
    schema = folder / "schema.json"
    schema.write_text(json.dumps(SCHEMA), encoding="utf-8")
    settings = {
        "yaml-language-client.command": server,
        "yaml.schemas": {schema.as_uri(): "*.yaml"},
        "yaml.schemaStore.enable": False,
        "yaml.kubernetesCRDStore.enable": False,
    }
    (folder / "work").mkdir()
    with opened(
        programs,
        folder / "extensions",
        folder / "work",
        folder / "data",
        settings=settings,
        # The program of that server is a script that looks for Node.
        path=f"{PYTHON_PATH}:{Path(node).parent}",
    ) as workbench:
        yield workbench


@pytest.fixture(scope="module")
def both(
    programs: Programs,
    program: Callable[[str], str],
    vsix: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Workbench]:
    """Give a VS Code that runs both servers."""
    server, folder = program("yaml-language-server"), tmp_path_factory.mktemp("beside")
    with running_both(programs, server, program("node"), vsix, folder) as workbench:
        yield workbench


def sources(vscode: Workbench, name: str) -> set[str]:
    """Give who has found something in a file."""
    return {each["source"].partition(":")[0] for each in vscode.probe.ask("diagnostics", name)}


def test_both_find_what_they_look_for(both: Workbench) -> None:
    text = PRIVILEGED.replace("spec:\n", "spec:\n  hostname: 1\n  hostNetwork: true\n")
    name = both.write("both.yaml", text)
    both.open(name)
    both.until("both speak", lambda: sources(both, name), lambda found: len(found) == 2)
    assert both.rules(name) == ["host-network", "privileged-container"]
    [theirs] = [each for each in both.probe.ask("diagnostics", name) if each["source"] != "k8s-lsp"]
    assert theirs["start"] == [5, 12]


def test_each_hover_is_shown_once(both: Workbench) -> None:
    name = both.write("hovers.yaml", PRIVILEGED.replace("spec:\n", "spec:\n  hostNetwork: true\n"))
    both.open(name)
    both.until_rules(name, "host-network", "privileged-container")
    hovers = both.until(
        "both explain", lambda: both.hovers(name, "hostNetwork"), lambda found: len(found) > 1
    )
    [ours] = [hover for hover in hovers if "host-network" in hover]
    [theirs] = [hover for hover in hovers if "says the schema" in hover]
    assert ours != theirs and len(hovers) == 2
    # What only one of them knows.
    assert len(both.hovers(name, "kind")) == 1
    assert len(both.hovers(name, "privileged")) == 1


def test_each_completion_is_offered_once(both: Workbench) -> None:
    name = both.write("completions.yaml", PRIVILEGED + "  hostN\n  # k8s-lsp: ignore[\n")
    both.open(name)
    keys = both.until("keys", lambda: both.probe.ask("completions", name, 18, 7))
    assert keys.count("hostNetwork") == 1
    comment = "  # k8s-lsp: ignore["
    rules = both.until("rules", lambda: both.probe.ask("completions", name, 19, len(comment)))
    assert rules.count("privileged-container") == 1
    assert len(rules) == len(set(rules))


def test_fixes_are_those_that_there_are_without_it(both: Workbench) -> None:
    name = both.write("fixes.yaml", PRIVILEGED)
    both.open(name)
    both.until_rules(name, "privileged-container")
    titles = both.actions(name, "privileged: true", "quickfix")
    assert titles.count("Set privileged to false") == 1
    both.run("k8s-lsp.hardenFile")
    both.until_rules(name)
    both.run("undo")
    assert both.text(name) == PRIVILEGED


def syntax_errors(vscode: Workbench, name: str) -> set[str]:
    """Give who shows a syntax error in a file: `YAML` is the other server."""
    shown = vscode.probe.ask("diagnostics", name)
    return {
        each["source"]
        for each in shown
        if each["source"] == "YAML" or each["code"] == "yaml-syntax"
    }


@pytest.mark.parametrize(
    "half",
    ["        privileged", '        privileged: "tr', "        privileged: [true"],
    ids=["a key", "a quote", "a list"],
)
def test_a_half_typed_line_is_one_error(both: Workbench, half: str) -> None:
    name = both.write(f"half-{len(half)}.yaml", PRIVILEGED)
    both.open(name)
    both.until_rules(name, "privileged-container")
    both.change(name, "        privileged: true", half)
    both.until(
        "the other one speaks alone",
        lambda: syntax_errors(both, name),
        lambda found: found == {"YAML"},
    )
    both.change(name, half, "        privileged: true")
    both.until_rules(name, "privileged-container")
    both.until("nobody sees an error", lambda: not syntax_errors(both, name))


def test_what_only_the_decoder_refuses_is_shown(both: Workbench) -> None:
    text = PRIVILEGED.replace("  name: web\n", "  name: web\n  generation: .inf\n")
    name = both.write("decoder.yaml", text)
    both.open(name)
    both.until_rules(name, "yaml-syntax", "privileged-container")
    assert syntax_errors(both, name) == {"k8s-lsp"}


def test_a_lens_hardens_beside_it(both: Workbench) -> None:
    name = both.write("lens.yaml", PRIVILEGED)
    both.open(name)
    both.see(".codelens-decoration a", "baseline needs no privileged container")
    both.on(".codelens-decoration a", "baseline needs no privileged container", "click")
    both.see(".codelens-decoration a", "Pod Security: restricted")
    both.run("undo")
    assert both.text(name) == PRIVILEGED


def test_a_link_is_followed_beside_it(both: Workbench) -> None:
    comment = "privileged: true  # k8s-lsp: ignore[privileged-container]"
    name = both.write("linked.yaml", PRIVILEGED.replace("privileged: true", comment))
    both.open(name)
    both.see(".detected-link", "privileged-container")
    assert len(both.probe.ask("links", name)) == 1
    both.probe.ask("select", [13, 50, 50])
    both.run("editor.action.openLink")
    both.see(".tab.active", "privileged-container.md")
