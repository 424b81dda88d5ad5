"""From tables of manifests to tables of findings, for any engine that knows Arrow.

Needs `pip install "k8s-lsp[batch]"`. `k8s-lsp batch INPUT OUTPUT` does all of this on the cores of
one machine or on a Dask cluster; the functions here are for those who have another engine.

MANIFESTS are the columns of what goes in; `path` and `content` have to be there, and rows of other
columns are passed over:

repository  Files of one repository are judged among each other, as `k8s-lsp check` in its folder
            would do it; where there is no name, a file stands alone. All files of a repository
            belong in one part, in Spark in one partition.
path        From the top of the repository, with `/` between its parts.
content     Bytes or text. Without it, `error` says why it could not be read.
settings    The text of a `.k8s-lsp.yaml` that holds for the file instead of those of its
            repository, which are rows like all others.
is_context  The file tells the others what it holds, and is not judged.

FINDINGS are the columns of what comes out, a row a finding, by repository, path and place. Lines
and columns count from 1, columns in code points, and the end is exclusive. `fix` says how safe the
preferred fix is, `safe` or `review`, and is null where there is none; `fixed_in_bulk`, whether
`k8s-lsp harden` takes it, and if not, `left_because`, why. `related` are places in other files. The
`fingerprint` stays when lines move: it tells the findings of a repository apart, and a finding of
today from one of yesterday. A file that could not be judged, or not whole, is a row with `error`,
in which all from `rule` to `fingerprint` is null.

In Spark, with PYSPARK_PYTHON naming an interpreter that has k8s-lsp:

    from pyspark.sql.pandas.types import from_arrow_schema
    files = spark.read.parquet(INPUT).repartition("repository")
    files = files.sortWithinPartitions("repository")
    found = files.mapInArrow(batch.judge_batches, from_arrow_schema(batch.FINDINGS))

In Ray, where each file holds whole repositories:

    ray.data.read_parquet(INPUT).map_batches(
        batch.judge_table, batch_format="pyarrow", batch_size=None)

and else `.groupby("repository").map_groups(batch.judge_table, batch_format="pyarrow")`, which takes
longer. `tests/batch/on_spark.py` and `on_ray.py` are these as scripts.
"""

from collections.abc import Iterable, Iterator

from k8s_lsp.cli.batch_tables import (
    FINDINGS,
    MANIFESTS,
    Table,
    judge,
    judge_repositories,
    repositories_over,
)
from k8s_lsp.cli.one_repository import NO_CHOICES, Choices

__all__ = ["FINDINGS", "MANIFESTS", "NO_CHOICES", "Choices", "judge_batches", "judge_table"]


def judge_table(part: Table, choices: Choices = NO_CHOICES) -> Table:
    """What is found in a table of manifests, as a table of FINDINGS.

    Raises ValueError where it lacks a column.
    """
    return judge(part, choices).table


def judge_batches(batches: Iterable[Table], choices: Choices = NO_CHOICES) -> Iterator[Table]:
    """What is found in batches in which the rows of a repository stand together.

    Each repository is judged when its last row is there, and no more than one is kept. Raises
    ValueError where a batch lacks a column.
    """
    for repository in repositories_over(batches):
        yield from judge_repositories([repository], choices).table.to_batches()
