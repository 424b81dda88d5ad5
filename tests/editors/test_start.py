"""What a configuration says before the editor starts, and on each save."""

import pytest

from tests.editors.conftest import Start
from tests.editors.setups import ALONE, ON_SAVE, Setup

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: build
spec:
  serviceAccount: build
  hostPID: true
  containers:
    - name: build
      image: nginx:1.29
"""
OF_BASELINE = ["7:12-16 host-pid"]

TEAM = """\
profile: baseline
rules: {deprecated-service-account-field: warning}
"""


@pytest.mark.parametrize("setup", ALONE.values(), ids=ALONE)
def test_the_settings_of_the_page_count_from_the_start(start: Start, setup: Setup) -> None:
    assert setup.configuration.count("recommended") == 1
    baseline = setup.configuration.replace("recommended", "baseline")
    with start(setup._replace(configuration=baseline)) as editor:
        editor.open("pod.yaml", POD)
        assert editor.findings(OF_BASELINE) == OF_BASELINE


@pytest.mark.parametrize("setup", ON_SAVE.values(), ids=ON_SAVE)
def test_a_save_applies_safe_fixes_and_no_others(start: Start, setup: Setup) -> None:
    with start(setup) as editor:
        (editor.folder / ".k8s-lsp.yaml").write_text(TEAM)
        path = editor.open("pod.yaml", POD)
        both = ["6:3-17 deprecated-service-account-field", *OF_BASELINE]
        assert editor.findings(both) == both
        editor.write_line(1, "apiVersion: v1 # saved")
        editor.save()
        fixed = POD.replace("serviceAccount:", "serviceAccountName:")
        assert path.read_text() == fixed.replace("v1", "v1 # saved")
        assert editor.findings(OF_BASELINE) == OF_BASELINE
