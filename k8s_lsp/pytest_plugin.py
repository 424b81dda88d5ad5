"""`pytest --k8s-lsp`: each manifest is a test, which fails where `k8s-lsp check` would.

Each pytest loads this module where k8s-lsp is installed: nothing else is loaded until it is asked
for, and no hook is there that would be called for each file.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import argparse

    from k8s_lsp.cli.one_by_one import OneByOne

NAME = "k8s-lsp"
"""How each test is called, behind the path of its manifest."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer what switches it on, and what is passed to `k8s-lsp check`."""
    group = parser.getgroup(NAME, "security of Kubernetes manifests")
    group.addoption("--k8s-lsp", action="store_true", help="check each manifest, as a test")
    parser.addini("k8s_lsp", "check each manifest, as --k8s-lsp does", type="bool", default=False)
    parser.addini(
        "k8s_lsp_args",
        "options of k8s-lsp check, such as --profile restricted --fail-on information",
        type="args",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect manifests, where that is asked for."""
    if not (config.getoption("--k8s-lsp") or config.getini("k8s_lsp")):
        return
    from k8s_lsp.cli.arguments import UsageError
    from k8s_lsp.cli.one_by_one import options_of

    try:
        options = options_of(config.getini("k8s_lsp_args"))
    except UsageError as error:
        raise pytest.UsageError(f"k8s_lsp_args: {error}") from None
    config.pluginmanager.register(_Manifests(config, options), f"{NAME}-manifests")


class _Manifests:
    """The hooks of a run that checks manifests."""

    def __init__(self, config: pytest.Config, options: "argparse.Namespace") -> None:
        self._config = config
        self._options = options

    @cached_property
    def _checks(self) -> "OneByOne":
        from k8s_lsp.cli.arguments import UsageError
        from k8s_lsp.cli.one_by_one import OneByOne

        here = str(self._config.invocation_params.dir)
        named = [argument.partition("::")[0] for argument in self._config.args]
        # Without arguments pytest names the current folder in full, and people would not.
        named = ["." if path == here else path for path in named]
        try:
            # What names no file, as the module of --pyargs, is no affair of ours.
            return OneByOne(self._options, [path for path in named if Path(path).exists()])
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> "ManifestFile | None":
        """Take what `k8s-lsp check` would read of the files that pytest comes across."""
        if not self._checks.holds(str(file_path)):
            return None
        return ManifestFile.from_parent(parent, path=file_path, checks=self._checks)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Let settings files with mistakes fail too, wherever they are."""
        if not any(isinstance(item, ManifestItem) for item in items):
            return
        mistakes = defaultdict(list)
        for path, message in self._checks.settings_errors:
            mistakes[path].append(f"error: {path}: {message}")
        for path, lines in mistakes.items():
            name = f"{path}::{NAME}"
            item = SettingsItem.from_parent(session, name=name, nodeid=name, mistakes=lines)
            items.append(item)


class ManifestError(Exception):
    """What is wrong with a manifest, as `k8s-lsp check` shows it."""


class _Item(pytest.Item):
    """A test whose failure is told in the words of `k8s-lsp check`."""

    def __init__(self, **arguments: object) -> None:
        """With what every item has."""
        super().__init__(**arguments)  # type: ignore[arg-type]
        # Some plugins take each test for a function, and those of doctest have it too.
        self.funcargs: dict[str, object] = {}

    def repr_failure(  # type: ignore[override]
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> object:
        """Tell what was found, and of a mistake of ours where it comes from."""
        if isinstance(excinfo.value, ManifestError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class SettingsItem(_Item):
    """The test of a settings file, which is there only where it fails."""

    def __init__(self, *, mistakes: Iterable[str], **arguments: object) -> None:
        """With a line for each mistake."""
        super().__init__(**arguments)
        self._mistakes = tuple(mistakes)

    def runtest(self) -> None:
        """Fail with the mistakes."""
        raise ManifestError("\n".join(self._mistakes))


class ManifestFile(pytest.File):
    """A file that is one test."""

    def __init__(self, *, checks: "OneByOne", **arguments: object) -> None:
        """With the run that the file is a part of."""
        super().__init__(**arguments)  # type: ignore[arg-type]
        self.checks = checks

    def collect(self) -> Iterator["ManifestItem"]:
        """Give the one test."""
        yield ManifestItem.from_parent(self, name=NAME, checks=self.checks)


class ManifestItem(_Item):
    """The test of a manifest."""

    def __init__(self, *, checks: "OneByOne", **arguments: object) -> None:
        """With the run that the manifest is a part of."""
        super().__init__(**arguments)
        self._checks = checks

    def runtest(self) -> None:
        """Fail where `k8s-lsp check` would; what does not make it fail is a section of the report.

        What holds nothing that could be checked is skipped.
        """
        verdict = self._checks.check(str(self.path))
        if not verdict.passes:
            raise ManifestError(verdict.text)
        if verdict.text:
            self.add_report_section("call", NAME, verdict.text)
        elif verdict.why_nothing is not None:
            pytest.skip(verdict.why_nothing)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Give the file, whose lines only the findings know."""
        return self.path, None, self.nodeid
