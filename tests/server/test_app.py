"""What the server decides without a client."""

import pytest

from k8s_lsp.server.app import serve_tcp, settings_of
from k8s_lsp.settings import Settings


@pytest.mark.parametrize(
    "options",
    [None, {}, [], "x", 7, {"profile": 3}, {"profile": "strict"}, {"kubernetes-version": 1.3}],
)
def test_settings_that_make_no_sense_change_nothing(options: object) -> None:
    assert settings_of(options) == Settings()


def test_settings_of_initialization_options() -> None:
    assert settings_of({"profile": "all", "kubernetes-version": "v1.30", "rules": {}}) == Settings(
        profile="all", kubernetes_version="v1.30"
    )
    assert settings_of({"kubernetes-version": "0.9"}) == Settings()
    assert settings_of(
        {"rules": {"missing-cpu-limit": "off", "no-such-rule": "off", "host-port": "loud", 7: []}}
    ) == Settings(rules=(("missing-cpu-limit", "off"),))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "example.com", "", "localhost."])
def test_only_this_machine_may_connect(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve_tcp(host, 0)
