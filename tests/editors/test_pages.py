"""Configurations for editors that the tests cannot run."""

import json

import pytest

from tests.editors.readme import block


@pytest.mark.parametrize("editor", ["kate", "sublime-text", "zed"])
def test_is_json_and_starts_the_server(editor: str) -> None:
    configuration = block(editor, "Configuration")
    assert json.loads(configuration)
    assert '"k8s-lsp", "server"' in configuration
