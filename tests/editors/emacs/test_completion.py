"""What is accepted in Emacs is written where it belongs, alone and beside another server."""

import json

import pytest

from tests.editors.conftest import Start
from tests.editors.manifests import COMPLETED, HALF_TYPED, SCHEMA
from tests.editors.setups import ALONE, BESIDE, Setup

SETUPS = {name: setup for name, setup in ALONE.items() if "emacs" in name}
SETUPS |= {f"{name}-beside": setup for name, setup in BESIDE.items() if "emacs" in name}

TYPED = [typed for typed in COMPLETED if typed.isalpha()]
"""Letters with which one candidate begins, so that Emacs asks nothing more."""


WITH_FINDING = HALF_TYPED.replace("spec:\n", "spec:\n  hostPID: true\n")
FINDING = ["7:12-16 host-pid"]


@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS)
def test_what_is_accepted_is_written_where_it_belongs(start: Start, setup: Setup) -> None:
    with start(setup) as editor:
        (editor.folder / "schema.json").write_text(json.dumps(SCHEMA))
        (editor.folder / ".k8s-lsp.yaml").write_text("profile: baseline\n")
        line = WITH_FINDING.count("\n") + 1
        for typed in TYPED:
            label, written = COMPLETED[typed]
            path = editor.open(f"{typed}.yaml", f"{WITH_FINDING}{typed}\n")
            # lsp-mode keeps what it was told before the server was there.
            assert editor.findings(FINDING) == FINDING
            column = len(f"        {typed}") + 1
            assert label in editor.completions(line, column)
            editor.ask("accept", line=line, column=column)
            editor.save()
            assert path.read_text() == f"{WITH_FINDING}{written}\n"
