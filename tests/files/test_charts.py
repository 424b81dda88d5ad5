"""Which files Helm fills in."""

from pathlib import Path

import pytest

from k8s_lsp.files.charts import is_chart_template


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("web/templates/pod.yaml", True),
        ("web/templates/a/b/pod.yaml", True),
        ("web/templates/templates/pod.yaml", True),
        ("web/charts/db/templates/pod.yaml", True),
        ("web/templates/../templates/pod.yaml", True),
        ("web/pod.yaml", False),
        ("web/values.yaml", False),
        ("web/crds/pod.yaml", False),
        ("web/files/templates/pod.yaml", False),
        ("web/templates", False),
        ("templates/pod.yaml", False),
        ("web/Templates/pod.yaml", False),
    ],
)
def test_a_template_lies_in_the_templates_of_a_chart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, expected: bool
) -> None:
    for chart in ("web", "web/charts/db"):
        (tmp_path / chart).mkdir(parents=True)
        (tmp_path / chart / "Chart.yaml").write_text("name: a\n")
    assert is_chart_template(tmp_path / path) == expected
    monkeypatch.chdir(tmp_path)
    assert is_chart_template(path) == expected


def test_a_folder_is_no_description_of_a_chart(tmp_path: Path) -> None:
    (tmp_path / "web/Chart.yaml").mkdir(parents=True)
    assert not is_chart_template(tmp_path / "web/templates/pod.yaml")
