"""Beside yaml-language-server, which knows a schema, each of the two does its part once."""

import json

import pytest

from tests.editors.conftest import Start
from tests.editors.driver import eventually
from tests.editors.manifests import HARDENED, NGINX, SCHEMA, WITH_SCHEMA
from tests.editors.setups import BESIDE, Setup
from tests.editors.test_loop import FINDINGS, OF_THE_CONTAINER, line_of


@pytest.mark.parametrize("setup", BESIDE.values(), ids=BESIDE)
def test_nothing_is_shown_twice(start: Start, setup: Setup) -> None:
    with start(setup) as editor:
        (editor.folder / "schema.json").write_text(json.dumps(SCHEMA))
        (editor.folder / ".k8s-lsp.yaml").write_text("profile: baseline\n")
        editor.open("pod.yaml", WITH_SCHEMA)
        finding = ["7:16-20 host-network"]
        assert editor.findings(finding) == finding
        editor.write_line(8, "  hostP")
        # When the other server has read its schema and its settings, nobody tells.
        eventually(lambda: editor.completions(8, 8).count("hostPID") == 1)
        by_schema = editor.completions(8, 8)
        assert len(by_schema) == len(set(by_schema))
        eventually(lambda: "What the schema says" not in editor.hover(7, 5))
        assert "A pod shares the network of its node" in editor.hover(7, 5)
        editor.write_line(8, "  hostPID: false # k8s-lsp: ignore[host-netw")
        assert editor.completions(8, 45) == ["host-network"]


WITH_LENSES = {name: setup for name, setup in BESIDE.items() if "eglot" not in name}


@pytest.mark.parametrize("setup", WITH_LENSES.values(), ids=WITH_LENSES)
def test_the_lens_hardens_beside_it(start: Start, setup: Setup) -> None:
    with start(setup) as editor:
        editor.open("nginx.yaml", NGINX)
        editor.findings(FINDINGS)
        [lens] = editor.lenses(line=1)
        assert lens.startswith("Pod Security: baseline")
        assert editor.findings([]) == []
        editor.save()
        assert (editor.folder / "nginx.yaml").read_bytes().decode() == HARDENED


WITH_LINKS = {
    name: BESIDE[name].adding(page, "Links")
    for name, page in (("nvim", "neovim"), ("emacs-30-lsp-mode", "emacs"))
}


@pytest.mark.parametrize("setup", WITH_LINKS.values(), ids=WITH_LINKS)
def test_a_link_is_followed_and_a_fix_is_chosen_beside_it(start: Start, setup: Setup) -> None:
    with start(setup) as editor:
        comment = "    spec:  # k8s-lsp: ignore[service-account-token-mounted]\n"
        editor.open("linked.yaml", NGINX.replace("    spec:\n", comment))
        editor.findings(OF_THE_CONTAINER)
        place = comment.index("service") + 1
        assert (
            editor.follow_link(16, place) == f"README.md:{line_of('service-account-token-mounted')}"
        )
        path = editor.open("fixed.yaml", NGINX)
        editor.findings(FINDINGS)
        editor.choose(16, 5, "Set automountServiceAccountToken to false")
        assert editor.findings(OF_THE_CONTAINER) == OF_THE_CONTAINER
        editor.save()
        fixed = NGINX + "      automountServiceAccountToken: false\n"
        assert path.read_bytes().decode() == fixed


@pytest.mark.parametrize("name", ["nvim"])
def test_a_half_typed_key_is_one_error(start: Start, name: str) -> None:
    """With the setting of the page, only what the other server says is an error."""
    with start(BESIDE[name]) as editor:
        (editor.folder / "schema.json").write_text(json.dumps(SCHEMA))
        editor.open("half.yaml", WITH_SCHEMA.replace("hostNetwork: true", "hostNet"))
        eventually(lambda: editor.errors() == ["YAML"])
