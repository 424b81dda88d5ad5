"""Which files are templates of a Helm chart, and which are its values."""

import os
import re
from pathlib import Path
from typing import Final

from k8s_lsp.regexes import regex

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


_VALUES: Final = regex(r"(?:.+[-_.])?values(?:[-_.].+)?\.ya?ml", re.IGNORECASE)
"""How files with values are called: `values.yaml` by Helm, `values-prod.yaml` by most people, and
`db-values.yaml` in the folder `ci` by github.com/helm/chart-testing."""

_NO_VALUES: Final = regex(r"schema", re.IGNORECASE)


def is_chart_values(path: str | Path) -> bool:
    """Whether a file holds values of a chart: it lies beside a `Chart.yaml`, or below one.

    It is called like one, or lies in a folder `values`. What lies in the templates of the chart, or
    beside its definitions, is read as what it is.
    """
    # Most files are called otherwise, and no more than their names is looked at.
    above, name = os.path.split(os.path.abspath(path))
    if not _VALUES.fullmatch(name) and os.path.basename(above) != "values":
        return False
    file = Path(above, name)
    if file.suffix not in (".yaml", ".yml") or _NO_VALUES.search(file.name):
        return False
    for folder in file.parents:
        if folder.name in ("templates", "crds"):
            return False
        if os.path.isfile(folder / CHART):
            return True
    return False
