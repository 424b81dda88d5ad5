"""Which files Helm fills in, and which it fills them in with."""

from pathlib import Path

import pytest

from k8s_lsp.files.charts import is_chart_template, is_chart_values


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


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("web/values.yaml", True),
        ("web/values.yml", True),
        ("web/values-prod.yaml", True),
        ("web/values.prod.yaml", True),
        ("web/prod-values.yaml", True),
        ("web/ci/db-values.yaml", True),
        ("web/env/prod/values.yaml", True),
        ("web/values/prod.yaml", True),
        ("web/charts/db/values.yaml", True),
        ("web/../web/values.yaml", True),
        ("values.yaml", False),
        ("other/values.yaml", False),
        ("web/Chart.yaml", False),
        ("web/prod.yaml", False),
        ("web/myvalues.yaml", False),
        ("web/values.schema.yaml", False),
        ("web/values.json", False),
        ("web/values/notes.txt", False),
        ("web/templates/values.yaml", False),
        ("web/templates/values/a.yaml", False),
        ("web/crds/values.yaml", False),
    ],
)
def test_values_lie_beside_a_chart_or_below_it(tmp_path: Path, path: str, expected: bool) -> None:
    for chart in ("web", "web/charts/db"):
        (tmp_path / chart).mkdir(parents=True)
        (tmp_path / chart / "Chart.yaml").write_text("name: a\n")
    assert is_chart_values(tmp_path / path) == expected
