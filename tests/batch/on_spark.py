"""Judge parts of manifests on Spark, on two cores of this machine.

INPUT is a file or folder of Parquet, and OUTPUT a folder for files of findings.

    PYSPARK_PYTHON=.venv/bin/python .venv/bin/python -m tests.batch.on_spark INPUT OUTPUT
"""

import sys
from importlib import import_module
from typing import Any

from k8s_lsp import batch


def judge_on_spark(source: str, target: str) -> None:
    """Write what is found in all parts, as files of Parquet."""
    sql: Any = import_module("pyspark.sql")
    types: Any = import_module("pyspark.sql.pandas.types")
    spark = sql.SparkSession.builder.master("local[2]").appName("k8s-lsp").getOrCreate()
    # The rows of a repository have to stand together in one partition.
    files = spark.read.parquet(source).repartition("repository")
    files = files.sortWithinPartitions("repository")
    found = files.mapInArrow(batch.judge_batches, types.from_arrow_schema(batch.FINDINGS))
    found.write.mode("overwrite").parquet(target)
    spark.stop()


if __name__ == "__main__":
    judge_on_spark(*sys.argv[1:3])
