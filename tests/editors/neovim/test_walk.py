"""The demo typed in Neovim from an empty file, in three rhythms, and hardened."""

import pytest

from tests.editors.conftest import Start
from tests.editors.manifests import HARDENED, NGINX
from tests.editors.returning import returning
from tests.editors.setups import ALONE

NEOVIMS = [name for name in ALONE if name.startswith("nvim")]
RHYTHMS = {"key by key": "", "in words": " :\n", "in lines": "\n"}


@pytest.mark.parametrize("name", NEOVIMS)
def test_the_demo_typed_from_nothing(name: str, start: Start) -> None:
    with start(ALONE[name]) as editor:
        for rhythm, pauses in RHYTHMS.items():
            path = editor.open(f"{rhythm}.yaml", "")
            seen = editor.type(NGINX.rstrip("\n"), pauses)
            assert returning(seen) == [], rhythm
            assert "missing-seccomp-profile" in seen[-1]
            shown = ["missing-memory-limit", "missing-seccomp-profile"]
            expected = ["16:5-9 service-account-token-mounted", *(f"18:17-22 {e}" for e in shown)]
            assert editor.findings(expected) == sorted(expected)
            editor.choose(18, 18, 'Harden container "nginx" and its pod')
            assert editor.findings([]) == []
            editor.save()
            assert path.read_bytes().decode() == HARDENED
