"""What may be typed behind `k8s-lsp`, and one clear line for everything else."""

import argparse
import re
from collections.abc import Callable, Sequence
from typing import NoReturn, get_args

from k8s_lsp import __version__
from k8s_lsp.configuration.choices import FILE_NAME
from k8s_lsp.configuration.patterns import parse_patterns
from k8s_lsp.configuration.words import did_you_mean, listed
from k8s_lsp.kubernetes.versions import version_of
from k8s_lsp.rules.base import Rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import ACTIONS, FAILURE_POLICIES, SEVERITIES, Level, Profile

OUTPUT_FORMATS = ("text", "json", "sarif", "github", "gitlab", "gitlab-sast", "junit")
"""How `check` can write what it finds."""

REPORT_FORMATS = ("markdown", "html")
"""How `report` can tell what findings come to."""


class UsageError(Exception):
    """The command line asks for what does not exist; its one line says what does."""


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace | None:
    """What the arguments ask for; None where they name no command.

    Raises UsageError, and SystemExit after --help or --version.
    """
    # argparse takes the paths that stand together, leaves those behind an option over, and reads
    # `--` differently from version to version.
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options, rest = _parser().parse_known_args(arguments[:end])
    paths = [argument for argument in rest if argument == "-" or not argument.startswith("-")]
    unknown = [argument for argument in rest if argument not in paths]
    paths += arguments[end + 1 :]
    if not hasattr(options, "paths"):
        unknown += paths
    if unknown:
        _reject(unknown[0], options.parser)
    if options.command is None:
        return None
    if paths:
        options.paths += paths
    return options


def help_text() -> str:
    """The overview that `k8s-lsp --help` shows."""
    return _parser().format_help()


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line each."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: error: {message.removeprefix('argument ')}")


def _reject(argument: str, parser: argparse.ArgumentParser) -> NoReturn:
    program, options = parser.prog, re.findall(r"--[\w-]+", parser.format_usage())
    what = "unknown option" if argument.startswith("-") else "unexpected argument"
    near = did_you_mean(argument.partition("=")[0], options)
    raise UsageError(f"{program}: error: {what} {argument}{near}; see {program} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="k8s-lsp",
        description="Finds and mends what makes Kubernetes manifests insecure.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"k8s-lsp {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, summary, details, add_options in (
        (
            "check",
            "show what is wrong with manifests",
            "Exit status: 0 if nothing at or above --fail-on was found, 1 if something was, 2 if "
            "a file could not be checked whole or the command line is wrong.",
            _add_check_options,
        ),
        (
            "harden",
            "apply the preferred fix of every finding, or show all of them as a diff",
            "A fix may change what a workload is allowed to do: read the diff. Exit status: 0, "
            "also if files were changed; 2 if one could not be hardened or the command line is "
            "wrong.",
            _add_harden_options,
        ),
        ("rules", "list all rules", "", _add_rules_options),
        ("explain", "tell what a rule finds, why, and what to do", "", _add_explain_options),
        (
            "export",
            "write what a cluster can hold manifests to by itself",
            "",
            _add_export_subjects,
        ),
        (
            "batch",
            "check the manifests of many repositories, and write the findings as tables",
            "Parts that were done before are not done again: the same command goes on with a run "
            "that was ended. Exit status: 0, also if there are findings or files that could not "
            "be judged, which are rows with their errors; 2 if a part could not be done or the "
            "command line is wrong. Needs k8s-lsp[batch].",
            _add_batch_options,
        ),
        (
            "report",
            "tell what findings come to, by rule, team and repository, as Markdown or as a page",
            "Exit status: 0, also if there are findings or files that were not judged; 2 if "
            "something could not be read or written or the command line is wrong. What batch has "
            "written needs k8s-lsp[batch], a page of HTML needs k8s-lsp[report].",
            _add_report_options,
        ),
        ("server", "run the language server", "An editor starts it.", _add_server_options),
    ):
        description = f"{summary[0].upper()}{summary[1:]}. {details}".rstrip()
        command = commands.add_parser(
            name, help=summary, description=description, allow_abbrev=False
        )
        add_options(command)
        command.set_defaults(parser=command)
    parser.set_defaults(parser=parser)
    return parser


def _add_check_options(parser: argparse.ArgumentParser) -> None:
    _add_file_options(parser)
    _add_settings_options(parser)
    _add_output_format(parser, *OUTPUT_FORMATS)
    _add_outputs(parser, "findings", _output)
    parser.add_argument(
        "--statistics",
        action="store_true",
        help="show how many findings each rule has, instead of the findings",
    )
    parser.add_argument(
        "--no-suppressed",
        dest="suppressed",
        action="store_false",
        help="leave out of SARIF what ignore comments silence: GitHub opens alerts for it",
    )
    parser.add_argument(
        "--fail-on",
        metavar="SEVERITY",
        type=_one_of(*SEVERITIES, "never"),
        default="warning",
        help="the lowest severity that makes the exit status 1: "
        f"{listed([*SEVERITIES, 'never'])} (default: warning)",
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="first apply the safe fixes, after which the API server would store the same objects",
    )
    _add_comparison_options(parser)


def _add_comparison_options(parser: argparse.ArgumentParser) -> None:
    """What `check` compares with, so that only what is new fails."""
    earlier = parser.add_mutually_exclusive_group()
    earlier.add_argument(
        "--diff-base",
        metavar="REV",
        help="only findings fail that were not there where the branch left this git revision",
    )
    earlier.add_argument(
        "--known-findings",
        metavar="FILE",
        help="only findings that this file does not have fail; those that are gone are told",
    )
    earlier.add_argument(
        "--write-known-findings",
        metavar="FILE",
        help="write all findings to this file, for --known-findings",
    )


def _add_harden_options(parser: argparse.ArgumentParser) -> None:
    _add_file_options(parser)
    _add_settings_options(parser)
    _add_output_format(parser, "text", "json")
    parser.add_argument(
        "--diff",
        action="store_true",
        help="write nothing; print what would change as a unified diff, for patch -p0",
    )


def _add_rules_options(parser: argparse.ArgumentParser) -> None:
    _add_output_format(parser, "text", "json", "markdown")


def _add_explain_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="SLUG", type=_rule, help="a rule, as findings name it")


def _add_export_subjects(parser: argparse.ArgumentParser) -> None:
    subjects = parser.add_subparsers(
        title="subjects", metavar="SUBJECT", dest="subject", required=True
    )
    for name, summary, details, add_options in (
        (
            "admission-policy",
            "the enabled rules as ValidatingAdmissionPolicies with bindings, for kubectl apply",
            "By default a rule of severity error denies, a warning warns, and the others are only "
            "audited. Exit status: 0, and 2 if the settings or the command line are wrong.",
            _add_admission_policy_options,
        ),
        (
            "namespace-labels",
            "the Pod Security labels of the namespaces of manifests, as commands of kubectl",
            "Comments tell which workloads would be refused, and why. Exit status: 0, and 2 if a "
            "file could not be read whole or the command line is wrong.",
            _add_namespace_labels_options,
        ),
    ):
        subject = subjects.add_parser(
            name,
            help=summary,
            description=f"Write {summary}. {details}",
            allow_abbrev=False,
        )
        add_options(subject)
        subject.set_defaults(parser=subject)


def _add_admission_policy_options(parser: argparse.ArgumentParser) -> None:
    _add_settings_options(parser)
    parser.add_argument(
        "--action",
        dest="actions",
        metavar="[SEVERITY=]ACTION",
        type=_action,
        action="append",
        default=[],
        help="what becomes of a request that breaks a rule, of all severities or of one: "
        f"{listed(ACTIONS)}; may be repeated",
    )
    parser.add_argument(
        "--failure-policy",
        metavar="POLICY",
        type=_one_of(*FAILURE_POLICIES),
        help="what becomes of a request whose check fails by itself: "
        f"{listed(FAILURE_POLICIES)} (default: fail)",
    )
    parser.add_argument(
        "--exempt-namespace",
        dest="exempt_namespaces",
        metavar="NAME",
        type=_namespace,
        action="append",
        default=[],
        help="leave a namespace out, beside kube-system, kube-public, kube-node-lease and those of "
        "the settings; may be repeated",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--output-directory",
        metavar="FOLDER",
        help="write a kustomization there, a file a policy, instead of one text; what an earlier "
        "export wrote there is replaced",
    )
    where.add_argument(
        "--list",
        dest="lists",
        action="store_true",
        help="list all rules instead: what becomes of each, or why it cannot be exported",
    )


def _add_namespace_labels_options(parser: argparse.ArgumentParser) -> None:
    _add_file_options(parser)
    _add_settings_options(parser, with_rules=False)
    _add_output_format(parser, "text", "json")


def _add_batch_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "input",
        metavar="INPUT",
        help="parts of manifests, Parquet or NDJSON with the columns repository, path and content: "
        "a file, a folder or an address such as s3://bucket/parts; or a folder of manifests, which "
        "may hold repositories; a .txt that names repositories, a line each; or what kubectl get "
        "-A -o json writes, - for standard input",
    )
    parser.add_argument(
        "output", metavar="OUTPUT", help="a folder or an address, for findings/ and manifest.json"
    )
    parser.add_argument(
        "--from",
        dest="source",
        metavar="KIND",
        type=_one_of("parts", "folder", "repositories", "cluster"),
        help="what INPUT is, if its name does not tell: parts, folder, repositories or cluster",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--processes",
        metavar="N",
        type=_count,
        help="how many processes to run on this machine (default: one for each core)",
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="let the workers of a Dask cluster do it, which must reach INPUT and OUTPUT too",
    )
    _add_walk_options(parser)
    _add_settings_options(parser)
    parser.set_defaults(stdin_filename="<stdin>")


def _add_report_options(parser: argparse.ArgumentParser) -> None:
    findings = (
        "the OUTPUT of k8s-lsp batch, or a file of k8s-lsp check --output-format json, - for "
        "standard input"
    )
    parser.add_argument(
        "paths",
        metavar="FINDINGS",
        nargs="*",
        help=f"{findings}; of several such files, each is a repository that is called like it",
    )
    parser.add_argument(
        "--since",
        metavar="FINDINGS",
        action="append",
        default=[],
        help="tell how it changed since an earlier run, which left the same; may be repeated",
    )
    parser.add_argument(
        "--teams",
        dest="team_file",
        metavar="FILE",
        help="who answers for which files, as in CODEOWNERS: the last line whose pattern means "
        "repository/path counts, its owners are the team",
    )
    parser.add_argument(
        "--team",
        dest="teams",
        metavar="NAME=PATTERN",
        type=_team,
        action="append",
        default=[],
        help="a team, and a pattern of repository/path in the syntax of .gitignore; may be "
        "repeated, counts after those of --teams",
    )
    parser.add_argument(
        "--title",
        default="Findings in Kubernetes manifests",
        help="the heading (default: Findings in Kubernetes manifests)",
    )
    _add_output_format(parser, *REPORT_FORMATS)
    _add_outputs(parser, "report", _report_output)


def _add_server_options(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--stdio", action="store_true", help="use standard input and output (default)"
    )
    where.add_argument(
        "--tcp",
        metavar="HOST:PORT",
        type=_loopback,
        help="serve one session at an address that only this machine reaches, then end",
    )
    parser.add_argument(
        "--clientProcessId",
        metavar="N",
        type=int,
        help="the process id of the editor: end when that process does",
    )


def _add_file_options(parser: argparse.ArgumentParser) -> None:
    """What `check` and `harden` share: which files are read."""
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="a file, a folder, or - for standard input (default: the current folder)",
    )
    _add_walk_options(parser)
    parser.add_argument(
        "--verbose",
        action="store_true",
        help="name the files that are left out, checked in part, or hold no Kubernetes object",
    )
    parser.add_argument(
        "--stdin-filename",
        metavar="NAME",
        default="<stdin>",
        help="what to call standard input in the output",
    )


def _add_walk_options(parser: argparse.ArgumentParser) -> None:
    """Which files of folders are read, and whether they are judged by one another."""
    parser.add_argument(
        "--exclude",
        metavar="GLOB",
        type=_pattern,
        action="append",
        default=[],
        help="leave out what matches, in the syntax of .gitignore, beside what the settings "
        "exclude; may be repeated",
    )
    parser.add_argument(
        "--no-ignore", action="store_true", help="read also what .gitignore leaves out"
    )
    parser.add_argument(
        "--no-context",
        action="store_true",
        help="judge every file alone, whatever stands in the files around it",
    )


def _add_settings_options(parser: argparse.ArgumentParser, *, with_rules: bool = True) -> None:
    """What `check` and `harden` share: what is looked for."""
    parser.add_argument(
        "--profile",
        metavar="PROFILE",
        type=_one_of(*get_args(Profile)),
        help=f"which rules run: {listed(get_args(Profile))} (default: recommended)",
    )
    parser.add_argument(
        "--kubernetes-version",
        metavar="VERSION",
        type=_kubernetes_version,
        help="the Kubernetes minor version to judge by, such as 1.34 (default: latest)",
    )
    parser.set_defaults(rules=[])
    if with_rules:
        parser.add_argument(
            "--rule",
            dest="rules",
            metavar="SLUG=LEVEL",
            type=_rule_level,
            action="append",
            default=[],
            help="give a rule another severity or switch it off, whatever the profile says: "
            f"{listed(get_args(Level))}; may be repeated",
        )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--config",
        metavar="FILE",
        help=f"take the settings from this file (default: {FILE_NAME} in the manifest's folder or "
        "the nearest one above it, as far up as the git repository reaches)",
    )
    where.add_argument(
        "--no-config", action="store_true", help=f"take no settings from any {FILE_NAME}"
    )


def _add_output_format(parser: argparse.ArgumentParser, *formats: str) -> None:
    parser.add_argument(
        "--output-format",
        metavar="FORMAT",
        type=_one_of(*formats),
        default=formats[0],
        help=f"{listed(formats)} (default: {formats[0]})",
    )


def _add_outputs(
    parser: argparse.ArgumentParser, what: str, convert: Callable[[str], tuple[str, str]]
) -> None:
    parser.add_argument(
        "--output",
        dest="outputs",
        metavar="FORMAT=FILE",
        type=convert,
        action="append",
        default=[],
        help=f"write the {what} in that format to a file, too, which is replaced; may be repeated",
    )


# From words to values. argparse puts the option's name before what these functions raise.


def _one_of(*allowed: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text not in allowed:
            raise argparse.ArgumentTypeError(f'"{text}" is not one of {", ".join(allowed)}')
        return text

    return convert


def _kubernetes_version(text: str) -> str:
    try:
        version_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise argparse.ArgumentTypeError(f'"{text}" is not a number from 1 to 9999')
    return int(text)


def _rule(slug: str) -> Rule:
    for rule in RULES:
        if rule.slug == slug:
            return rule
    near = did_you_mean(slug, (rule.slug for rule in RULES))
    raise argparse.ArgumentTypeError(
        f'there is no rule "{slug}"{near or "; k8s-lsp rules lists them all"}'
    )


def _rule_level(text: str) -> tuple[str, str]:
    slug, equals, level = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f'"{text}" is not SLUG=LEVEL, as in {RULES[0].slug}=off')
    return _rule(slug).slug, _one_of(*get_args(Level))(level)


def _output(text: str) -> tuple[str, str]:
    return _format_and_file(text, OUTPUT_FORMATS, "sarif=findings.sarif")


def _report_output(text: str) -> tuple[str, str]:
    return _format_and_file(text, REPORT_FORMATS, "html=findings.html")


def _format_and_file(text: str, formats: Sequence[str], example: str) -> tuple[str, str]:
    name, _, path = text.partition("=")
    if not path:
        raise argparse.ArgumentTypeError(f'"{text}" is not FORMAT=FILE, as in {example}')
    if path == "-":
        raise argparse.ArgumentTypeError("--output-format writes to standard output")
    return _one_of(*formats)(name), path


def _team(text: str) -> tuple[str, str]:
    name, _, pattern = text.partition("=")
    if not (name and pattern):
        raise argparse.ArgumentTypeError(f'"{text}" is not NAME=PATTERN, as in shop=shop/deploy/')
    return name, _pattern(pattern)


def _action(text: str) -> tuple[str | None, str]:
    severity, equals, action = text.rpartition("=")
    return (_one_of(*SEVERITIES)(severity) if equals else None), _one_of(*ACTIONS)(action)


def _namespace(text: str) -> str:
    # Few commands take one, and the others do without the schema.
    from k8s_lsp.configuration.schema import NAMESPACE_PATTERN

    if not re.fullmatch(NAMESPACE_PATTERN, text):
        raise argparse.ArgumentTypeError(f'"{text}" cannot be the name of a namespace')
    return text


def _pattern(text: str) -> str:
    if parse_patterns([text]) is None:
        raise argparse.ArgumentTypeError(f'"{text}" is not a pattern that .gitignore could hold')
    return text


def _loopback(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise argparse.ArgumentTypeError(f'"{text}" is not HOST:PORT, as in 127.0.0.1:2087')
    from k8s_lsp.server.addresses import is_loopback

    if not is_loopback(host):
        raise argparse.ArgumentTypeError(
            f'"{host}" can be reached by other machines; use 127.0.0.1, [::1] or localhost'
        )
    return host, int(port)
