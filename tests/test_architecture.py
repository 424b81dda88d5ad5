"""Who may import whom, what a start must not load, and how long a function may be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parent.parent


def test_import_contracts() -> None:
    program = """
        import sys
        from importlinter.cli import lint_imports
        # Its cache does not see a change within the second of the last run.
        sys.exit(lint_imports(no_cache=True, no_logo=True))
    """
    result = run(program)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_package_of_rules_is_covered_by_its_contract() -> None:
    """The contract speaks of `rules.*.*`, so a rule must be a file in the folder of a family."""
    rules = ROOT / "k8s_lsp/rules"
    depths = {len(path.relative_to(rules).parts) for path in rules.rglob("*.py")}
    assert depths <= {1, 2}


def test_check_loads_what_it_needs_alone(tmp_path: Path) -> None:
    manifest = tmp_path / "pod.yaml"
    manifest.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n", encoding="utf-8")
    program = """
        import sys
        from k8s_lsp.cli import main
        try:
            status = main(["check", "--fail-on", "never", sys.argv[1]])
        except SystemExit as end:
            status = end.code
        assert not status, status
        other = {"harden", "rules", "explain", "server"}
        others = {f"k8s_lsp.cli.{command}" for command in other}
        pages = {"k8s_lsp.reports.diff", "k8s_lsp.reports.rule_list"}
        unasked = {
            "k8s_lsp.configuration.schema",
            "k8s_lsp.engine.deliberate",
            "k8s_lsp.kubernetes.placed_pods",
        }
        loaded = {"lsprotocol", "pygls", *others, *pages, *unasked} & set(sys.modules)
        assert not loaded, loaded
    """
    result = run(program, str(manifest))
    assert result.returncode == 0, result.stdout + result.stderr


MOST_LINES = 60
"""How many lines of code a function may have, without its docstring, comments and blank lines."""

LONG = {
    "k8s_lsp.syntax.reading.build.build": "one loop over events: calls would cost what it saves",
}
"""Functions that may be longer, and why each of them is read more easily in one piece."""

MEANING = 130
"""How many lines the module has that says from scratch what is wrong with a text."""


def test_a_function_is_short_or_says_why_not() -> None:
    lengths = {
        name: length
        for path in sorted((ROOT / "k8s_lsp").rglob("*.py"))
        for name, length in lengths_in(path)
    }
    assert len(lengths) > 500
    long = {name: length for name, length in lengths.items() if length > MOST_LINES}
    assert long.keys() == LONG.keys(), long


def test_the_meaning_can_be_read_in_one_go() -> None:
    path = ROOT / "k8s_lsp/engine/analysis.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MEANING


def test_no_named_tuple_has_a_second_base() -> None:
    """Python 3.10 knows none: what has one cannot be imported there."""
    bases = [
        [ast.unparse(base) for base in node.bases]
        for path in sorted((ROOT / "k8s_lsp").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    named = [each for each in bases if "NamedTuple" in each]
    assert len(named) > 100
    assert all(each == ["NamedTuple"] for each in named)


def lengths_in(path: Path) -> Iterator[tuple[str, int]]:
    """The functions of a module by their full names, and how many lines of code each has."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    text = path.read_text(encoding="utf-8")
    is_code = [
        bool(line.strip()) and not line.lstrip().startswith("#") for line in text.split("\n")
    ]
    waiting: list[tuple[str, ast.AST]] = [(module, ast.parse(text))]
    while waiting:
        name, node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                waiting.append((name, child))
                continue
            inner = f"{name}.{child.name}"
            waiting.append((inner, child))
            if not isinstance(child, ast.ClassDef):
                length = sum(is_code[child.lineno - 1 : child.end_lineno])
                if ast.get_docstring(child) is not None:
                    docstring = child.body[0]
                    length -= sum(is_code[docstring.lineno - 1 : docstring.end_lineno])
                yield inner, length


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", dedent(program), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
