"""Judge parts of manifests on Ray, on two cores of this machine.

INPUT is a file or folder of Parquet, and OUTPUT a folder for files of findings.

    .venv/bin/python -m tests.batch.on_ray INPUT OUTPUT
"""

import sys
from importlib import import_module
from typing import Any

from k8s_lsp import batch


def judge_on_ray(source: str, target: str) -> None:
    """Write what is found in all parts, as files of Parquet."""
    ray: Any = import_module("ray")
    ray.init(num_cpus=2, include_dashboard=False)
    # A repository lies in one part. Else `groupby("repository").map_groups` brings it together.
    files = ray.data.read_parquet(source)
    found = files.map_batches(batch.judge_table, batch_format="pyarrow", batch_size=None)
    found.write_parquet(target)


if __name__ == "__main__":
    judge_on_ray(*sys.argv[1:3])
