"""Which files are templates of a Helm chart."""

import os
from pathlib import Path

CHART = "Chart.yaml"
"""The file that makes a folder a chart."""


def is_chart_template(path: str | Path) -> bool:
    """Whether a file lies in the `templates` folder of a chart, at any depth below it.

    Helm loads whatever lies there, and takes the folder with a `Chart.yaml` for a chart. Source:
    LoadFiles in pkg/chart/v2/loader/load.go of github.com/helm/helm.
    """
    folders = Path(os.path.abspath(path)).parents
    return any(
        folder.name == "templates" and os.path.isfile(folder.parent / CHART) for folder in folders
    )
