"""`k8s-lsp report`: what findings come to, counted here from the findings themselves."""

import json
import os
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp import __version__
from tests.cli.conftest import Command, Result
from tests.cli.manifests import BASELINE, HOST_PATH, PRIVILEGED
from tests.reports.organisation import OWNERS, write_now, write_then

SEVERITIES = ("error", "warning", "information", "hint")
REPOSITORIES = ("shop", "payments", "platform")


def tables(markdown: str) -> dict[str, list[list[str]]]:
    """The rows of each table by the heading above it, without marks, their headers first."""
    found: dict[str, list[list[str]]] = {}
    heading = ""
    for line in markdown.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("|") and not re.fullmatch(r"[|:-]+", line):
            cells = [re.sub(r"[`\\]", "", cell) for cell in line[2:-2].split(" | ")]
            found.setdefault(heading, []).append(cells)
    return found


def column(rows: list[list[str]], name: str) -> dict[str, int]:
    """The numbers of a column, by what the first one names."""
    place = rows[0].index(name)
    return {row[0]: int(row[place].replace(",", "")) for row in rows[1:]}


@pytest.fixture
def organisation(run: Command, folder: Path) -> Path:
    """Give a folder in which `then` and `now` are the findings of three repositories."""
    write_then(folder / "src-then")
    write_now(folder / "src-now")
    (folder / "OWNERS").write_text(OWNERS)
    for name in ("then", "now"):
        assert run("batch", f"src-{name}", name, "--processes", "1").status == 0
    return folder


def rows_of(place: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    return [row for file in place.glob("findings/*") for row in pq.read_table(file).to_pylist()]


class TestNumbers:
    def test_of_rules_repositories_and_teams(self, run: Command, organisation: Path) -> None:
        told = tables(run("report", "now", "--teams", "OWNERS").out)
        rows = rows_of(organisation / "now")
        found = [row for row in rows if row["error"] is None]
        assert len(found) > 50

        def team(row: dict[str, Any]) -> str:
            if row["path"].startswith("vendor/"):
                return "no team"
            teams = {"shop": "@acme/shop", "payments": "@acme/payments @acme/risk"}
            return teams.get(row["repository"], "@acme/platform")

        for heading, name in (
            ("Findings by rule", lambda row: row["rule"]),
            ("By team", team),
            ("By repository", lambda row: row["repository"]),
        ):
            assert column(told[heading], "Findings") == Counter(map(name, found))
            mended = Counter(name(row) for row in found if row["fixed_in_bulk"])
            numbers = column(told[heading], "Harden mends")
            assert {key: count for key, count in numbers.items() if count} == mended
        for severity, title in zip(
            SEVERITIES, ("Errors", "Warnings", "Information", "Hints"), strict=True
        ):
            of_severity = Counter(team(row) for row in found if row["severity"] == severity)
            numbers = column(told["By team"], title)
            assert {key: count for key, count in numbers.items() if count} == of_severity
        left = Counter(row["rule"] for row in found if not row["fixed_in_bulk"])
        assert column(told["What Harden leaves, and why"], "Left") == left

    def test_of_levels_and_controls(self, run: Command, organisation: Path) -> None:
        told = tables(run("report", "now").out)
        found = [row for row in rows_of(organisation / "now") if row["pod_security_level"]]
        for level, counting in (("baseline", {"baseline"}), ("restricted", SEVERITIES)):
            of_level = [
                row
                for row in found
                if row["pod_security_level"] in counting or level == "restricted"
            ]
            objects = {(row["repository"], row["path"], row["name"]) for row in of_level}
            kept = {
                (row["repository"], row["path"], row["name"])
                for row in of_level
                if not row["fixed_in_bulk"]
            }
            rows = told["Objects by level"]
            assert column(rows, "Findings")[level] == len(of_level)
            assert column(rows, "Objects kept from it")[level] == len(objects) > 0
            assert column(rows, "Harden lifts")[level] == len(objects - kept) > 0
            assert column(rows, "Need a decision")[level] == len(kept) > 0
        controls = Counter(row["pod_security_control"] for row in found)
        assert column(told["Findings by control"], "Findings") == controls

    def test_of_what_has_changed(self, run: Command, organisation: Path) -> None:
        result = run("report", "now", "--since", "then", "--teams", "OWNERS")
        told = tables(result.out)
        then, now = (
            {
                (row["repository"], row["fingerprint"]): row
                for row in rows_of(organisation / name)
                if row["error"] is None
            }
            for name in ("then", "now")
        )
        broken = ("shop", "deploy/search.yaml")
        gone = [row for key, row in then.items() if key not in now]
        unknown = [row for row in gone if (row["repository"], row["path"]) == broken]
        gone = [row for row in gone if row not in unknown]
        new = [row for key, row in now.items() if key not in then]
        assert len(gone) > 5 and len(new) > 5 and len(unknown) > 5
        stayed = len(now) - len(new)
        assert (
            f"Since the last run: {len(new)} new, {len(gone)} gone, {stayed} stayed, "
            f"{len(unknown)} in files that could not be judged this time."
        ) in result.out
        by_rule = told["By rule"]
        for title, rows in (("New", new), ("Gone", gone)):
            numbers = column(by_rule, title)
            assert {rule: count for rule, count in numbers.items() if count} == Counter(
                row["rule"] for row in rows
            )
        changed = {row["rule"] for row in (*new, *gone)}
        assert column(by_rule, "Stayed") == {
            rule: sum(row["rule"] == rule for key, row in now.items() if key in then)
            for rule in changed
        }

    def test_of_a_repository_that_is_told_no_more(self, run: Command, organisation: Path) -> None:
        rows = [row for row in rows_of(organisation / "then") if row["repository"] == "payments"]
        for file in (organisation / "src-now/payments").rglob("*.yaml"):
            file.unlink()
        run("batch", "src-now", "later", "--processes", "1")
        out = run("report", "later", "--since", "then").out
        assert (
            "In 1 repository of then nothing is found any more, or it was not judged this time: "
            f"{len(rows)} of what is gone."
        ) in out
        assert "nothing is found any more" not in run("report", "now", "--since", "then").out

    def test_of_the_objects_to_begin_with(self, run: Command, organisation: Path) -> None:
        told = tables(run("report", "now").out)
        errors = Counter(
            f"{row['repository']}/{row['path']}"
            for row in rows_of(organisation / "now")
            if row["severity"] == "error"
        )
        rows = told["Objects with the gravest findings"][1:]
        assert [(row[1], int(row[2])) for row in rows[: len(errors)]] == sorted(
            errors.items(), key=lambda item: (-item[1], item[0])
        )


class TestInputs:
    def test_json_of_check_tells_what_a_batch_tells(self, run: Command, organisation: Path) -> None:
        for name in ("then", "now"):
            for repository in REPOSITORIES:
                os.chdir(organisation / f"src-{name}" / repository)
                checked = run("check", "--fail-on", "never", "--output-format", "json")
                os.chdir(organisation)
                (organisation / f"json-{name}").mkdir(exist_ok=True)
                (organisation / f"json-{name}" / f"{repository}.json").write_text(checked.out)
        files = [f"json-now/{name}.json" for name in REPOSITORIES]
        since = [("--since", f"json-then/{name}.json") for name in REPOSITORIES]
        options = ("--teams", "OWNERS", "--output-format", "html")
        of_json = run("report", *files, *(word for pair in since for word in pair), *options)
        of_batch = run("report", "now", "--since", "then", *options)
        assert of_json.status == of_batch.status == 0
        # A file that cannot be read is one that check has not checked.
        text = of_json.out.replace("9 files were judged", "10 files were judged")
        text = text.replace("of 9 files", "of 10 files")
        assert text == of_batch.out

    def test_standard_input(self, run: Command, folder: Path) -> None:
        (folder / "pod.yaml").write_text(PRIVILEGED)
        checked = run("check", *BASELINE, "--output-format", "json").out
        (folder / "found.json").write_text(checked)
        result = run("report", "-", stdin=checked.encode())
        assert result.status == 0
        assert result.out == run("report", "found.json").out
        assert "1 finding: one Harden mends 1, 0 are left to a person. 1 file was" in result.out

    def test_the_manifest_stands_for_its_batch(self, run: Command, organisation: Path) -> None:
        assert run("report", "now/manifest.json").out == run("report", "now").out

    def test_what_has_not_come_to_its_end_is_told(self, run: Command, organisation: Path) -> None:
        (organisation / "now/manifest.json").unlink()
        result = run("report", "now")
        note = "the run that wrote now has not come to its end: this is what it had found."
        assert result.status == 0
        assert f"> **Note:** {note}" in result.out
        assert result.err == f"warning: {note}\n"

    def test_what_is_left_of_an_earlier_run_is_not_read(
        self, run: Command, organisation: Path
    ) -> None:
        before = run("report", "now").out
        for file in (organisation / "then/findings").iterdir():
            file.rename(organisation / "now/findings" / f"other-{file.name}")
        assert run("report", "now").out == before

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            ("", "is not JSON: no { at offset 0"),
            ("[]", "is not JSON: no { at offset 0"),
            ("{}", "holds no findings; k8s-lsp check --output-format json"),
            ('{"version": 2}', "is of version 2, and this k8s-lsp reads version 1"),
            ('{"version": 1, "files": 1, "errors": [], "findings": [}', "is not JSON: "),
            ('{"version": 1, "files": 1, "errors": [], "findings": []} {}', "more than one value"),
            ('{"version": 1, "files": 1, "errors": [], "findings": [1]}', "holds what is no find"),
            ('{"version": 1, "files": 1, "errors": [{}], "findings": []}', "holds what is no err"),
            ('{"version": 1, "findings": [{"rule": "host-pid"}]}', "findings without fingerprints"),
        ],
    )
    @pytest.mark.parametrize("option", [(), ("--since",)])
    def test_what_holds_no_findings(
        self, run: Command, folder: Path, content: str, why: str, option: tuple[str, ...]
    ) -> None:
        (folder / "good.json").write_text(run("check", "--output-format", "json").out)
        (folder / "bad.json").write_text(content)
        result = run("report", *(("good.json",) if option else ()), *option, "bad.json")
        assert (result.status, result.out) == (2, "")
        assert result.err.startswith("k8s-lsp report: error: bad.json: ")
        assert why in result.err

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            ((), "the following arguments are required: FINDINGS"),
            (("gone.json",), "gone.json: no such file or folder"),
            (("gone",), "gone: no such file or folder"),
            ((".",), ".: holds no findings; k8s-lsp batch writes them"),
            (("a/x.parquet",), "a/x.parquet: is a part: give the folder that k8s-lsp batch has"),
            (("-", "-"), "-: standard input can be read once"),
            (("a.json", "--teams", "gone"), "--teams: gone: no such file or folder"),
            (("a.json", "--team", "shop"), '"shop" is not NAME=PATTERN'),
            (("a.json", "--team", "shop=!x"), '"!x" is not a pattern that means files'),
            (("a.json", "--output", "pdf=x"), '"pdf" is not one of markdown, html'),
            (("a.json", "--output", "html=."), "--output: .: is a folder"),
            (("a.json", "--output-format", "text"), '"text" is not one of markdown, html'),
            (
                ("a.json", "--output", "html=x", "--output", "markdown=./x"),
                "two formats cannot share a file",
            ),
        ],
    )
    def test_what_cannot_be_asked_for(
        self, run: Command, folder: Path, arguments: tuple[str, ...], why: str
    ) -> None:
        (folder / "a.json").write_text(run("check", "--output-format", "json").out)
        result = run("report", *arguments)
        assert (result.status, result.out) == (2, "")
        assert result.err.count("\n") == 1
        assert why in result.err

    def test_a_broken_table(self, run: Command, organisation: Path) -> None:
        (file,) = (organisation / "now/findings").iterdir()
        file.write_bytes(b"PAR1 and no more")
        result = run("report", "now")
        assert result.status == 2
        assert f"findings/{file.name} is no table of k8s-lsp batch" in result.err
        file.unlink()
        assert f"findings/{file.name}: no such file or folder" in run("report", "now").err
        (organisation / "now/manifest.json").write_text("{}")
        assert "now/manifest.json: is no manifest of k8s-lsp batch" in run("report", "now").err

    @pytest.mark.parametrize(
        ("module", "arguments", "extra"),
        [
            ("pyarrow", ("now",), "batch"),
            ("fsspec", ("now",), "batch"),
            ("vl_convert", ("now", "--output", "html=x.html"), "report"),
        ],
    )
    def test_an_extra_that_is_not_installed(
        self,
        run: Command,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        module: str,
        arguments: tuple[str, ...],
        extra: str,
    ) -> None:
        (folder / "now").mkdir()
        monkeypatch.setitem(sys.modules, module, None)
        result = run("report", *arguments)
        assert (result.status, result.out) == (2, "")
        assert f"not installed: pip install 'k8s-lsp[{extra}]'" in result.err


class TestTeams:
    @pytest.fixture
    def found(self, run: Command, folder: Path) -> Path:
        for path in ("a/pod.yaml", "a/b/pod.yaml", "c/pod.yaml"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(PRIVILEGED)
        checked = run("check", *BASELINE, "--output-format", "json", "--fail-on", "never")
        (folder / "found.json").write_text(checked.out)
        return folder

    def test_what_is_typed_goes_before_the_file(self, run: Command, found: Path) -> None:
        (found / "OWNERS").write_text("* @all\n/a/ @a\n")
        result = run("report", "found.json", "--teams", "OWNERS", "--team", "b=/a/b/")
        assert column(tables(result.out)["By team"], "Findings") == {"@a": 1, "@all": 1, "b": 1}

    def test_of_several_patterns_the_last_counts(self, run: Command, found: Path) -> None:
        options = ("--team", "one=a/", "--team", "two=pod.yaml", "--team", "one=b/")
        result = run("report", "found.json", *options)
        assert column(tables(result.out)["By team"], "Findings") == {"two": 2, "one": 1}

    def test_without_teams_nothing_is_told_of_them(self, run: Command, found: Path) -> None:
        assert "team" not in run("report", "found.json").out

    def test_a_line_of_owners_that_means_nothing(self, run: Command, found: Path) -> None:
        (found / "OWNERS").write_text("* @all\n\n!a @a\n")
        result = run("report", "found.json", "--teams", "OWNERS")
        assert result.status == 2
        assert '--teams: OWNERS: line 3: "!a" is not a pattern that means files' in result.err


class TestOutputs:
    @pytest.fixture
    def found(self, run: Command, folder: Path) -> Path:
        (folder / "pod.yaml").write_text(PRIVILEGED)
        (folder / "found.json").write_text(run("check", *BASELINE, "--output-format", "json").out)
        return folder

    def test_files_beside_standard_output(self, run: Command, found: Path) -> None:
        options = ("--output", "markdown=out/a.md", "--output", "html=out/a.html")
        result = run("report", "found.json", *options)
        assert result.status == 0
        assert (found / "out/a.md").read_text() == result.out
        page = (found / "out/a.html").read_text()
        assert page == run("report", "found.json", "--output-format", "html").out
        assert sorted(path.name for path in (found / "out").iterdir()) == ["a.html", "a.md"]

    def test_the_same_findings_give_the_same_bytes(self, run: Command, found: Path) -> None:
        first, second = (run("report", "found.json", "--output-format", "html") for _ in "12")
        assert first == second

    @pytest.mark.skipif(os.name != "posix", reason="absent: links and permissions of POSIX")
    def test_a_link_and_permissions_stay(self, run: Command, found: Path) -> None:
        (found / "real.md").write_text("before")
        (found / "real.md").chmod(0o640)
        (found / "link.md").symlink_to("real.md")
        result = run("report", "found.json", "--output", "markdown=link.md")
        assert (found / "link.md").is_symlink()
        assert (found / "real.md").read_text() == result.out
        assert (found / "real.md").stat().st_mode & 0o777 == 0o640

    @pytest.mark.skipif(os.name != "posix", reason="absent: permissions of POSIX")
    def test_what_cannot_be_written_stays_and_is_told(self, run: Command, found: Path) -> None:
        (found / "file").write_text("")
        options = ("--output", "markdown=file/a.md", "--output", "markdown=good.md")
        result = run("report", "found.json", *options)
        assert result.status == 2
        assert "error: file/a.md: cannot be written: " in result.err
        assert (found / "good.md").read_text() == result.out

    def test_the_title_is_text(self, run: Command, found: Path) -> None:
        title = "Of <b>2026</b> & *more*"
        assert run("report", "found.json", "--title", title).out.startswith(
            "# Of \\<b\\>2026\\</b\\> \\& \\*more\\*\n"
        )
        page = run("report", "found.json", "--title", title, "--output-format", "html").out
        assert "<title>Of &lt;b&gt;2026&lt;/b&gt; &amp; *more*</title>" in page


def test_nothing_is_found(run: Command, folder: Path) -> None:
    checked = run("check", "--output-format", "json").out
    for arguments in ((), ("--since", "found.json"), ("--output-format", "html")):
        (folder / "found.json").write_text(checked)
        result = run("report", "found.json", *arguments)
        assert result.status == 0
        assert "0 findings. 0 files were judged, all of them whole." in result.out


def test_a_file_that_was_not_judged_is_never_silent(run: Command, folder: Path) -> None:
    (folder / "a.yaml").write_bytes(b"\xff")
    checked: Result = run("check", "--output-format", "json")
    result = run("report", "-", stdin=checked.out.encode())
    assert result.status == 0
    assert "0 findings. 0 files were judged; 1 file could not be, or not whole." in result.out
    assert tables(result.out)["Not judged"][1][0] == "a.yaml"


def test_the_whole_of_a_small_report(run: Command, folder: Path, update: bool) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    (folder / "node.yaml").write_text(HOST_PATH)
    checked = run("check", *BASELINE, "--output-format", "json").out
    earlier = json.loads(checked)
    del earlier["findings"][1]
    (folder / "then.json").write_text(json.dumps(earlier))
    result = run(
        *("report", "-", "--since", "then.json", "--team", "web=pod.yaml", "--title", "Pods"),
        stdin=checked.encode(),
    )
    told = result.out.replace(f"k8s-lsp {__version__}", "k8s-lsp VERSION", 1)
    golden = Path(__file__).with_name("report.md")
    if update:
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")
