"""What the server decides without a client."""

import pytest

from k8s_lsp.server.connections import serve_tcp


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "example.com", "", "localhost."])
def test_only_this_machine_may_connect(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve_tcp(host, 0)
