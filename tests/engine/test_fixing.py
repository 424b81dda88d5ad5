"""What fixes in bulk promise beyond single rules."""

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import fix_all, harden_container
from k8s_lsp.settings import Settings
from tests.engine.test_analysis import DEPLOYMENT
from tests.fixes import harden_text


def test_harden_reaches_a_fixpoint_and_fix_all_keeps_the_object() -> None:
    hardened = harden_text(DEPLOYMENT, Settings())
    assert harden_text(hardened, Settings()) == hardened
    assert hardened != DEPLOYMENT
    assert fix_all(analyze(DEPLOYMENT)).text == DEPLOYMENT


def test_harden_container_stays_inside_of_it() -> None:
    two = DEPLOYMENT + "        - name: other\n          image: example.com/other:2.0.0\n"
    path = ("spec", "template", "spec", "containers", 0)
    hardened = harden_container(analyze(two), 0, path).text
    assert hardened.endswith(two[two.index("        - name: other") :])
    assert hardened.startswith(two[: two.index("          image: example.com/app")])
    assert "allowPrivilegeEscalation: false" in hardened
    assert hardened.count("allowPrivilegeEscalation") == 1
