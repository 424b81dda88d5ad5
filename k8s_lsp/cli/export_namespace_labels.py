"""`k8s-lsp export namespace-labels`: what Pod Security is to ask in the namespaces of manifests."""

import argparse
import sys
from functools import partial

from k8s_lsp.cli import one_file
from k8s_lsp.cli.exit_status import FAILED, OK
from k8s_lsp.cli.output import by_path, print_error, print_read_errors
from k8s_lsp.cli.progress import Progress
from k8s_lsp.cli.tasks import Gathered, Task, gather_tasks, print_silence, run_tasks
from k8s_lsp.exports.namespace_contents import Contents, read_contents
from k8s_lsp.exports.namespace_labels import labels_json, labels_script
from k8s_lsp.exports.namespace_plan import Plan, plan_of
from k8s_lsp.files.errors import FileError, ReadError
from k8s_lsp.files.paths import from_here
from k8s_lsp.files.reading import read
from k8s_lsp.kubernetes.namespaces import LABELS_SINCE
from k8s_lsp.kubernetes.versions import version_of
from k8s_lsp.reports.text_report import Tally, counted
from k8s_lsp.workspace.index import alone


def run(options: argparse.Namespace) -> int:
    """Print the labels for the files that the options name; give the exit status.

    Raises UsageError.
    """
    gathered = gather_tasks(options)
    files = _read_files(gathered)
    plan = plan_of(files)
    errors = sorted(
        gathered.read_errors
        + [ReadError(of.path, why) for of in files if of.is_named for why in of.errors],
        key=by_path,
    )
    if plan.namespaces or options.output_format == "json":
        shown = (
            labels_json(plan) if options.output_format == "json" else "".join(labels_script(plan))
        )
        sys.stdout.write(shown)
    _print_notes(gathered, plan)
    print_read_errors(errors)
    print_silence(gathered, (), Tally(), [] if options.verbose else None)
    return FAILED if errors or gathered.configuration_errors else OK


def _read_files(gathered: Gathered) -> list[Contents]:
    """All files that are named, and those that belong together with them."""
    tasks = [*gathered.tasks, *gathered.around]
    versions = tuple(sorted({task.settings.kubernetes_version for task in gathered.tasks}))
    numbered = [(task, number < len(gathered.tasks)) for number, task in enumerate(tasks)]
    work = partial(_read_file, versions=versions)
    is_shared = not gathered.has_standard_input
    with run_tasks(work, numbered, Progress(len(tasks)), is_shared=is_shared) as results:
        return list(results)


def _read_file(task: tuple[Task, bool], *, versions: tuple[str, ...]) -> Contents:
    (source, settings, place), is_named = task
    path = source.path if is_named or source.place is None else from_here(source.place)
    contents = Contents(path, place or alone(path), settings, is_named)
    try:
        _, text = read(source)
    except FileError as error:
        return contents._replace(errors=(str(error),))
    return read_contents(
        contents,
        versions,
        partial(
            one_file.analyze,
            text,
            is_chart_template=one_file.is_filled_in(source, text),
            is_values=one_file.holds_values(source),
        ),
    )


def _print_notes(gathered: Gathered, plan: Plan) -> None:
    """Say what the labels cannot tell."""
    oldest = min(
        (version_of(each.settings.kubernetes_version) for each in gathered.tasks),
        default=LABELS_SINCE,
    )
    if oldest < LABELS_SINCE:
        print_error(
            f"warning: Kubernetes {oldest} asks for Pod Security by these labels only where the "
            f"feature gate PodSecurity is on; it is so from {LABELS_SINCE} on"
        )
    if gathered.tasks and not plan.namespaces:
        print_error("no namespace: neither a Namespace nor a workload that names one was found")
    for name, reason in () if plan.namespaces else plan.left_out:
        print_error(f"left out: {name}, because {reason}")
    if plan.unplaced:
        print_error(
            f"{counted(plan.unplaced, 'workload')} named no namespace: which one refuses "
            f"{'it' if plan.unplaced == 1 else 'them'} is decided where they are applied"
        )
