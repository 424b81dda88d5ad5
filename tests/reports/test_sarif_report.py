"""SARIF logs: what the schema and the validator say of them, and what a reader finds in them."""

import gzip
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema
import pytest

from k8s_lsp.cli import main
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import bulk_fix
from k8s_lsp.engine.results import Analysis
from k8s_lsp.files.charts import is_chart_template, is_chart_values
from k8s_lsp.files.reading import read_text
from k8s_lsp.reports import sarif_report
from k8s_lsp.reports.sarif_rules import taxa_of
from k8s_lsp.rules import explanation
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from k8s_lsp.text import apply_edits
from tests.conftest import absent
from tests.oracles.sarif import Multitool
from tests.reports.logs import Log

CASES = Path(__file__).resolve().parents[1] / "cases"

ACCEPTED = {
    ("note", "SARIF2002"): "messages are the same in every format, not put together by the reader",
    ("note", "SARIF2003"): "where the repository is hosted, no program is started to find out",
    ("note", "SARIF2009"): "rules have names that say what is wrong, not numbers",
    ("note", "SARIF2010"): "a token that may be a secret stays in its file",
    ("note", "SARIF2011"): "so do the lines around it, and a file of one line has none",
}
"""What the validator remarks, and why it stays so."""


def log_of(*paths: str, root: Path, options: tuple[str, ...] = ()) -> Log:
    """The log of a check of some files among nothing, by the settings of this project."""
    log = root / "findings.sarif"
    status = main(
        [
            *("check", *paths, "--no-context", "--no-config", "--fail-on", "never", "--statistics"),
            *("--output", f"sarif={log}", *options),
        ]
    )
    assert status in (0, 2)
    return Log(json.loads(log.read_text(encoding="ascii")), root)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  hostPID: true
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        privileged: true
"""

BASELINE = ("--profile", "baseline")


def result_of(log: Log, rule: str) -> dict[str, Any]:
    (result,) = [each for each in log.results if each["ruleId"] == rule]
    return result


# What a reader finds.


def assert_true(log: Log, root: Path, settings: Settings) -> None:
    """The results are the findings, their regions the tokens, and their fixes those of Harden."""
    found: dict[str, list[Told]] = {}
    for result in log.results:
        if not result["suppressions"]:
            told = result["ruleId"], result["message"]["text"], log.token(result), log.fixed(result)
            found.setdefault(log.path(result), []).append(told)
    for artifact, region in log.regions():
        assert log.source(artifact).slice(region) == region["snippet"]["text"]
    for path, results in found.items():
        place = root / path
        text = read_text(place)
        is_template = "{{" in text and is_chart_template(str(place))
        is_values = is_chart_values(str(place))
        analysis = analyze(text, settings, is_chart_template=is_template, is_values=is_values)
        # Not in the assertion, which would write down the analysis, gigabytes of it.
        expected = sorted(findings_of(analysis), key=repr)
        assert sorted(results, key=repr) == expected, path


Told: TypeAlias = tuple[str, str, str, str | None]
"""Of a finding: its rule, its message, its token, and the text after its fix in bulk, if any."""


def findings_of(analysis: Analysis) -> Iterator[Told]:
    text = analysis.text
    for offset, diagnosis in analysis.published():
        start, end = diagnosis.finding.span.shifted(offset)
        fix = bulk_fix(analysis, diagnosis)
        edits = () if fix is None else tuple(edit.shifted(offset) for edit in fix.edits)
        fixed = apply_edits(text, edits) if edits else None
        yield diagnosis.rule.slug, diagnosis.finding.message, text[start:end], fixed


SAMPLE = 8
"""Every how manieth case the quick run looks at."""


def cases(folder: Path, sample: int) -> list[str]:
    """Some of the cases, whose context is that of files of no project, as paths in a folder."""
    paths = []
    for case in sorted(CASES.glob("*/*.*"))[::sample]:
        place = folder / case.parent.name / case.name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(case.read_bytes())
        paths.append(f"{case.parent.name}/{case.name}")
    return paths


ALL = ("--profile", "all")


def test_what_a_log_says_of_the_cases_is_true(folder: Path) -> None:
    log = log_of(*cases(folder, SAMPLE), root=folder, options=ALL)
    assert len(log.results) > 100
    assert_true(log, folder, Settings("all"))


@pytest.mark.sweep
def test_what_a_log_says_of_every_case_is_true(folder: Path) -> None:
    assert_true(log_of(*cases(folder, 1), root=folder, options=ALL), folder, Settings("all"))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_regions_count_code_points_and_lines_of_every_kind(
    folder: Path, newline: str, mark: str
) -> None:
    text = mark + POD.replace("name: web", 'name: "🦊é"').replace("\n", newline)
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": text}), options=BASELINE)
    assert [log.token(result) for result in log.results] == ["true", "true"]
    assert_true(log, folder, Settings("baseline"))


def test_a_place_in_a_line_of_its_own(folder: Path) -> None:
    pod = (
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "é"}, "spec": {"hostPID": true}}'
    )
    log = log_of("pod.json", root=written(folder, {"pod.json": pod}), options=BASELINE)
    (result,) = log.results
    place = log.place(result)
    start = pod.index("true") + 1
    region = {"startLine": 1, "startColumn": start, "endColumn": start + 4}
    assert place["region"] == {**region, "snippet": {"text": "true"}}
    # There is nothing around its line.
    assert "contextRegion" not in place


def test_a_place_has_the_lines_around_it_where_they_are_short(folder: Path) -> None:
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": POD}), options=BASELINE)
    context = log.place(result_of(log, "host-pid"))["contextRegion"]
    assert context["snippet"]["text"] == "spec:\n  hostPID: true\n  containers:"
    last = log.place(result_of(log, "privileged-container"))["contextRegion"]
    assert (last["startLine"], last["endLine"]) == (11, 12)
    long = POD.replace("hostPID: true", f"hostPID: true # {'x' * 3000}")
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": long}), options=BASELINE)
    assert "contextRegion" not in log.place(result_of(log, "host-pid"))


def test_secrets_are_not_copied(folder: Path) -> None:
    secret = POD.replace(
        "      securityContext:",
        "      env:\n        - name: DB_PASSWORD\n          value: hunter2-hunter2\n"
        "      securityContext:",
    )
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": secret}))
    result = result_of(log, "literal-credential")
    assert log.token(result) == "hunter2-hunter2"
    assert "hunter2" not in json.dumps(log.run)
    assert log.place(result_of(log, "host-pid"))["region"]["snippet"]["text"] == "true"


def test_paths_are_those_below_the_root_of_the_repository(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"deploy/a b/ü%:1.yaml": POD, ".git/HEAD": ""}
    written(folder, names)
    monkeypatch.chdir(folder / "deploy")
    log = log_of("a b", root=folder, options=BASELINE)
    artifact = log.place(log.results[0])["artifactLocation"]
    assert artifact == {"uri": "deploy/a%20b/%C3%BC%25%3A1.yaml", "uriBaseId": "%SRCROOT%"}
    assert log.token(log.results[0]) == "true"
    # What a code host has checked out elsewhere lies at another place there.
    assert "uri" not in log.run["originalUriBaseIds"]["%SRCROOT%"]


def test_a_path_outside_of_the_repository_is_absolute(folder: Path) -> None:
    written(folder, {"here/.git/HEAD": "", "here/a.yaml": POD, "there/b.yaml": POD})
    log = log_of("here/a.yaml", "there/b.yaml", root=folder, options=BASELINE)
    artifacts = [log.place(result)["artifactLocation"] for result in log.results]
    assert artifacts[0] == {"uri": "a.yaml", "uriBaseId": "%SRCROOT%"}
    assert artifacts[-1] == {"uri": (folder / "there/b.yaml").as_uri()}


# What a result says beside its place.


def test_a_result_as_a_whole(folder: Path) -> None:
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": POD}), options=BASELINE)
    result = result_of(log, "privileged-container")
    marks = result.pop("partialFingerprints")
    fixes = result.pop("fixes")
    del result["locations"][0]["physicalLocation"]
    assert result == {
        "ruleId": "privileged-container",
        "ruleIndex": [rule["id"] for rule in log.run["tool"]["driver"]["rules"]].index(
            "privileged-container"
        ),
        "level": "error",
        "message": {"text": 'container "app" must not set securityContext.privileged to true'},
        "locations": [
            {
                "logicalLocations": [
                    {
                        "fullyQualifiedName": "shop/Pod/web/"
                        "spec.containers[0].securityContext.privileged",
                        "kind": "property",
                    }
                ]
            }
        ],
        "taxa": [
            {
                "id": "baseline/privileged",
                "toolComponent": {"name": "Pod Security Standards"},
            }
        ],
        "suppressions": [],
        "properties": {"severity": "error", "fix": "review"},
    }
    (mark,) = {value.removesuffix(":1") for value in marks.values()}
    assert len(mark) == 32
    assert fixes[0]["description"] == {"text": "Set privileged to false (review)"}


@pytest.mark.parametrize(
    ("severity", "level"),
    [("error", "error"), ("warning", "warning"), ("information", "note"), ("hint", "note")],
)
def test_levels(folder: Path, severity: str, level: str) -> None:
    options = (*BASELINE, "--rule", f"host-pid={severity}")
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": POD}), options=options)
    assert result_of(log, "host-pid")["level"] == level
    (rule,) = [each for each in log.run["tool"]["driver"]["rules"] if each["id"] == "host-pid"]
    assert rule["defaultConfiguration"]["level"] == level


def test_fingerprints_stay_where_lines_and_files_move(folder: Path) -> None:
    before = log_of("pod.yaml", root=written(folder, {"pod.yaml": POD}))
    moved = written(folder, {"other/b.yaml": "# one\n# two\n" + POD})
    after = log_of("other/b.yaml", root=moved)
    marks = [
        sorted((each["ruleId"], *each["partialFingerprints"].values()) for each in log.results)
        for log in (before, after)
    ]
    assert marks[0] == marks[1]
    assert len(set(marks[0])) == len(before.results) > 5


def test_no_fix_where_the_file_decides_on_purpose(folder: Path) -> None:
    decided = POD.replace("hostPID: true", "hostPID: true # it watches the node's processes")
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": decided}), options=BASELINE)
    result = result_of(log, "host-pid")
    assert "fixes" not in result
    assert "it watches the node's processes" in result["properties"]["leftBecause"]


# What is silenced.


def suppressed(log: Log) -> dict[str, Any]:
    return {each["ruleId"]: each["suppressions"] for each in log.results if each["suppressions"]}


def test_what_comments_silence_is_there_with_their_reasons(folder: Path) -> None:
    text = POD.replace(
        "  hostPID: true", "  hostPID: true # k8s-lsp: ignore[host-pid] the agent looks at them"
    ).replace(
        "        privileged",
        "        # k8s-lsp: ignore[privileged-container]\n        privileged",
    )
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": text}), options=BASELINE)
    told = suppressed(log)
    assert set(told) == {"host-pid", "privileged-container"}
    (host_pid,) = told["host-pid"]
    place = host_pid.pop("location")["physicalLocation"]
    assert host_pid == {
        "kind": "inSource",
        "status": "accepted",
        "justification": "the agent looks at them",
    }
    source = log.source(place["artifactLocation"])
    expected = "# k8s-lsp: ignore[host-pid] the agent looks at them"
    assert source.slice(place["region"]) == expected
    (privileged,) = told["privileged-container"]
    assert "justification" not in privileged
    assert "fixes" not in result_of(log, "host-pid")


@pytest.mark.parametrize(
    ("annotation", "rule", "reason"),
    [
        (
            'checkov.io/skip1: "CKV_K8S_16=it mounts disks"',
            "privileged-container",
            "it mounts disks",
        ),
        ('checkov.io/skip1: "CKV_K8S_16"', "privileged-container", None),
        (
            'ignore-check.kube-linter.io/privileged-container: "it mounts disks"',
            "privileged-container",
            "it mounts disks",
        ),
        (
            "kube-score/ignore: container-security-context-privileged",
            "privileged-container",
            None,
        ),
    ],
)
def test_the_reasons_of_other_tools_words(
    folder: Path, annotation: str, rule: str, reason: str | None
) -> None:
    text = POD.replace("  name: web\n", f"  name: web\n  annotations:\n    {annotation}\n")
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": text}), options=BASELINE)
    (told,) = suppressed(log)[rule]
    assert told.get("justification") == reason
    place = told["location"]["physicalLocation"]
    assert log.source(place["artifactLocation"]).slice(place["region"]) in annotation


def test_what_is_silenced_can_be_left_out(folder: Path) -> None:
    text = POD.replace("  hostPID: true", "  hostPID: true # k8s-lsp: ignore[host-pid] seen")
    options = (*BASELINE, "--no-suppressed")
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": text}), options=options)
    assert [result["ruleId"] for result in log.results] == ["privileged-container"]
    assert "suppressions" not in log.results[0]


def test_a_file_that_another_tool_passes_over_whole(folder: Path) -> None:
    text = "# kics-scan ignore\n" + POD
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": text}), options=BASELINE)
    (told,) = suppressed(log)["privileged-container"]
    assert told == {"kind": "inSource", "status": "accepted"}


def test_what_is_known_is_suppressed(folder: Path) -> None:
    written(folder, {"pod.yaml": POD.replace("  hostPID: true\n", "")})
    main(["check", "pod.yaml", *BASELINE, "--write-known-findings", "known.json"])
    written(folder, {"pod.yaml": POD})
    known = (*BASELINE, "--known-findings", "known.json")
    log = log_of("pod.yaml", root=folder, options=known)
    states = {each["ruleId"]: each["baselineState"] for each in log.results}
    assert states == {"privileged-container": "unchanged", "host-pid": "new"}
    (told,) = suppressed(log).values()
    assert told[0]["kind"] == "external"
    log = log_of("pod.yaml", root=folder, options=(*known, "--no-suppressed"))
    assert [each["ruleId"] for each in log.results] == ["host-pid"]


# Rules and taxonomies.


def test_the_help_of_a_rule_is_its_one_explanation(folder: Path) -> None:
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": POD}))
    rules = {rule.slug: rule for rule in RULES}
    told = log.run["tool"]["driver"]["rules"]
    assert {each["id"] for each in told} == {each["ruleId"] for each in log.results}
    for each in told:
        rule = rules[each["id"]]
        assert each["help"]["markdown"] == explanation.markdown(rule)
        assert each["help"]["text"] == explanation.plain(rule)
        assert each["shortDescription"]["text"].startswith(rule.summary[:20].replace("`", "")[:10])
        assert len(each["properties"]["tags"]) <= 10
    for result in log.results:
        assert told[result["ruleIndex"]]["id"] == result["ruleId"]


def test_taxa_are_where_their_references_say(folder: Path) -> None:
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": POD}), options=ALL)
    taxonomies = log.run["taxonomies"]
    supported = log.run["tool"]["driver"]["supportedTaxonomies"]
    assert [taxonomies[each["index"]]["name"] for each in supported] == [
        each["name"] for each in taxonomies
    ]
    rules = {rule.slug: rule for rule in RULES}
    for told in log.run["tool"]["driver"]["rules"]:
        named: dict[str, list[str]] = {}
        for relationship in told.get("relationships", ()):
            target = relationship["target"]
            taxonomy = taxonomies[target["toolComponent"]["index"]]
            assert taxonomy["name"] == target["toolComponent"]["name"]
            assert taxonomy["taxa"][target["index"]]["id"] == target["id"]
            named.setdefault(taxonomy["name"], []).append(target["id"])
        assert named == taxa_of(rules[told["id"]])
    assert taxa_of(rules["privileged-container"]) == {
        "Pod Security Standards": ["baseline/privileged"],
        "CIS Kubernetes Benchmark": ["5.2.2"],
        "Kubernetes Hardening Guidance": ["Kubernetes Pod security"],
        "CWE": ["CWE-250"],
    }
    chapters = taxa_of(rules["literal-credential"])["Kubernetes Hardening Guidance"]
    assert chapters == ["Network separation and hardening"]


def test_every_taxon_of_a_result_is_one_of_its_rule(folder: Path) -> None:
    options = ("--profile", "restricted")
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": POD}), options=options)
    rules = {rule.slug: rule for rule in RULES}
    told = [(each["ruleId"], taxon["id"]) for each in log.results for taxon in each["taxa"]]
    assert ("host-pid", "baseline/hostNamespaces") in told
    for slug, id in told:
        assert id in taxa_of(rules[slug])["Pod Security Standards"]


def test_weaknesses_are_called_what_their_makers_call_them(multitool: Multitool) -> None:
    named = {weakness for rule in RULES for weakness in rule.weaknesses}
    assert set(explanation.WEAKNESSES) == named
    assert multitool.weakness_titles(sorted(named)) == dict(explanation.WEAKNESSES)


# What was not read, and what was left out.


def notifications(log: Log) -> dict[str, Any]:
    (invocation,) = log.run["invocations"]
    descriptors = log.run["tool"]["driver"]["notifications"]
    told = {}
    for name in ("toolExecutionNotifications", "toolConfigurationNotifications"):
        for each in invocation[name]:
            assert descriptors[each["descriptor"]["index"]]["id"] == each["descriptor"]["id"]
            told[each["descriptor"]["id"]] = each
    return told


def test_what_was_not_read_is_told(folder: Path) -> None:
    files = {
        "template.yaml": POD.replace("web", "{{ .Values.name }}"),
        "patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
        "spec: {replicas: 1}\n",
        "gone/a.yaml": POD,
        ".gitignore": "gone/\n",
        ".git/HEAD": "",
    }
    written(folder, files)
    (folder / "bad.yaml").write_bytes(b"\xff\xfe")
    log = log_of(".", root=folder)
    told = notifications(log)
    assert set(told) == {"not-read", "read-in-part", "patch-file", "left-out-file"}
    assert told["not-read"]["level"] == "error"
    assert told["not-read"]["message"]["text"] == "bad.yaml: is UTF-16; save it as UTF-8"
    (place,) = told["read-in-part"]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "template.yaml"
    assert told["left-out-file"]["message"]["text"] == "1 file was not read: .gitignore"
    (invocation,) = log.run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)


def test_a_mistake_in_the_settings_is_told(folder: Path) -> None:
    written(folder, {"pod.yaml": POD, ".k8s-lsp.yaml": "profile: bad\n"})
    main(["check", "pod.yaml", "--output", "sarif=a.sarif"])
    told = notifications(Log(json.loads((folder / "a.sarif").read_text()), folder))
    assert told["configuration-error"]["message"]["text"].startswith(".k8s-lsp.yaml: line 1")


def test_a_run_that_went_well_says_so(folder: Path) -> None:
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": POD}))
    assert notifications(log) == {}
    assert log.run["invocations"][0]["executionSuccessful"] is True


def test_the_gravest_results_are_kept_where_a_code_host_takes_no_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(folder, {"pod.yaml": POD})
    whole = log_of("pod.yaml", root=folder)
    levels = [result["level"] for result in whole.results]
    grave = levels.count("error")
    assert 0 < grave < len(levels) - 1
    monkeypatch.setattr(sarif_report, "RESULTS_LIMIT", grave)
    capsys.readouterr()
    log = log_of("pod.yaml", root=folder)
    assert log.results == [each for each in whole.results if each["level"] == "error"]
    said = notifications(log)["left-out-finding"]["message"]["text"]
    assert said.startswith(f"{len(levels) - grave} findings of {len(levels)} were left out")
    assert said in capsys.readouterr().err
    monkeypatch.setattr(sarif_report, "RESULTS_LIMIT", len(levels))
    assert len(log_of("pod.yaml", root=folder).results) == len(levels)


def test_what_is_silenced_is_left_out_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = POD.replace("  hostPID: true", "  hostPID: true # k8s-lsp: ignore[host-pid] seen")
    monkeypatch.setattr(sarif_report, "RESULTS_LIMIT", 1)
    options = (*BASELINE, "--rule", "privileged-container=hint")
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": text}), options=options)
    assert [each["ruleId"] for each in log.results] == ["privileged-container"]


def test_a_log_is_small_enough_once_compressed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder, {"pods.yaml": "---\n".join(POD.replace("web", f"w{n}") for n in range(300))})
    whole = log_of("pods.yaml", root=folder)
    limit = 50_000
    assert len(gzip.compress((folder / "findings.sarif").read_bytes())) > limit
    monkeypatch.setattr(sarif_report, "BYTES_LIMIT", limit)
    log = log_of("pods.yaml", root=folder)
    assert "left-out-finding" in notifications(log)
    assert 600 < len(log.results) < len(whole.results)
    levels = [[each["level"] for each in one.results] for one in (log, whole)]
    assert [each.count("error") for each in levels] == [600, 600]


def test_it_is_said_when_a_code_host_shows_fewer_than_it_takes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif_report, "SHOWN_LIMIT", 1)
    log = log_of("pod.yaml", root=written(folder, {"pod.yaml": POD}), options=BASELINE)
    assert len(log.results) == 2
    said = notifications(log)["left-out-finding"]["message"]["text"]
    assert said == "GitHub shows the gravest 1 of the 2 findings in the SARIF log"


# The schema and the validator.


@pytest.fixture(scope="module")
def schema(multitool: Multitool) -> Any:
    """Check a log by the schema of the standard."""
    schema = multitool.schema()
    validator = jsonschema.validators.validator_for(schema)
    return validator(schema, format_checker=validator.FORMAT_CHECKER)


SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: a}
stringData: {password: hunter2-hunter2}
"""

EVERYTHING = {
    "secret.yaml": SECRET,
    "pod.yaml": POD.replace("  hostPID: true", "  hostPID: true # k8s-lsp: ignore[host-pid] seen"),
    "template.yaml": POD.replace("web", "{{ .Values.name }}"),
    "patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n",
    "broken.yaml": POD + "  - [\n",
    "flow.json": json.dumps({"apiVersion": "v1", "kind": "Pod", "spec": {"hostPID": True}}),
    "empty.yaml": "",
}


def test_the_schema_and_the_validator_accept_all_that_a_log_may_hold(
    folder: Path, multitool: Multitool, schema: Any
) -> None:
    written(folder, EVERYTHING)
    (folder / "bad.yaml").write_bytes(b"\xff\xfe")
    log_of(".", root=folder)
    file = folder / "findings.sarif"
    schema.validate(json.loads(file.read_text()))
    assert multitool.findings(file, folder) == ACCEPTED.keys()


def test_they_accept_a_log_without_findings(
    folder: Path, multitool: Multitool, schema: Any
) -> None:
    log_of(".", root=folder)
    file = folder / "findings.sarif"
    schema.validate(json.loads(file.read_text()))
    # Then there is no rule to explain.
    assert multitool.findings(file, folder) == {("note", "SARIF2003"), ("note", "SARIF2012")}


def parts_of(corpora: Path) -> list[str]:
    """What is checked at once: all of real, and each tool's part of peers, which are many."""
    peers = sorted(f"peers/{each.name}" for each in (corpora / "peers").iterdir())
    return ["real", *peers]


@pytest.mark.sweep
def test_they_accept_all_that_is_said_of_what_others_wrote(
    corpora: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    multitool: Multitool,
    schema: Any,
) -> None:
    monkeypatch.chdir(corpora)
    for part in parts_of(corpora):
        file = tmp_path / "findings.sarif"
        options = ("--no-context", "--no-config", "--no-ignore", "--statistics")
        main(["check", part, *options, "--output", f"sarif={file}"])
        log = json.loads(file.read_text())
        schema.validate(log)
        assert multitool.findings(file, tmp_path) <= ACCEPTED.keys(), part
        assert_true(Log(log, corpora), corpora, Settings())


# A reader of logs that others wrote.


@pytest.mark.sweep
def test_sarif_tools_reads_what_the_report_for_gitlab_says(folder: Path) -> None:
    if importlib.util.find_spec("sarif") is None:
        absent("sarif-tools", "it is not installed")
    written(folder, EVERYTHING)
    options = ("--no-suppressed", "--output", "gitlab=gl.json")
    log_of(".", root=folder, options=options)
    subprocess.run(
        [
            *(sys.executable, "-m", "sarif", "codeclimate", "-o", "read.json", "findings.sarif"),
        ],
        check=True,
        capture_output=True,
    )
    ours, theirs = (json.loads(Path(name).read_text()) for name in ("gl.json", "read.json"))

    def facts(issue: Any) -> tuple[str, int, str, str]:
        place = issue["location"]
        line = place["lines"]["begin"]
        # It says the rule before some messages, and cuts long ones.
        return place["path"], line, issue["check_name"], issue["description"][-20:]

    assert len(ours) > 10
    assert sorted(map(facts, theirs)) == sorted(map(facts, ours))
