"""Each recipe of TEAM.md is run from its text, on a repository of its own."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT, absent
from tests.integrations.conftest import Shell, installed
from tests.integrations.recipes import WEB, Recipe, recipes, spoken
from tests.oracles.actionlint import actionlint
from tests.oracles.go_programs import NoGoError

RECIPES = recipes("2. In CI") | recipes("3. In review")
HARDENED = WEB.replace("true", "false")
REPORT = "A run, and its report"
PLACE = "https://github.com/OWNER/k8s-lsp"
"""What stands in the recipes for where this project is."""


def test_there_are_all_recipes() -> None:
    assert list(RECIPES) == [
        "Only what is new",
        "Before a commit",
        "On GitLab",
        "In pytest",
        "In other runners",
        "On GitHub",
    ]


def write(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def run_session(recipe: Recipe, shell: Shell, folder: Path, environment: Mapping[str, str]) -> None:
    assert recipe.sessions
    for command, printed in (pair for session in recipe.sessions for pair in session):
        # People go on after what has failed.
        told = shell(f"set +e\n{command}", folder, environment).stdout
        assert spoken(told) == spoken(printed), command


@pytest.fixture
def here(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment in which the command is the one that is tested."""
    programs = str(Path(sys.executable).parent)
    return {
        **environment,
        "PATH": f"{programs}:{environment['PATH']}",
        "PYTEST_ADDOPTS": "-p no:cacheprovider -p no:asyncio -p no:pytest-lsp",
    }


@pytest.mark.parametrize("title", ["Only what is new", "In pytest", "In other runners"])
def test_a_session_prints_what_it_says(
    title: str, shell: Shell, repository: Path, here: Mapping[str, str]
) -> None:
    recipe = RECIPES[title]
    write(repository, recipe.files)
    run_session(recipe, shell, repository, here)


def test_a_run_and_its_report_print_what_they_say(
    shell: Shell, repository: Path, here: Mapping[str, str]
) -> None:
    """What stands before it on the page has hardened the manifest."""
    write(repository, {"deploy/web.yaml": HARDENED})
    assert shell("git commit -qam hardened", repository, here).returncode == 0
    run_session(recipes("Every repository at once")[REPORT], shell, repository.parent, here)


# Before a commit.


@pytest.fixture
def hooked(shell: Shell, source: Path, repository: Path, here: Mapping[str, str]) -> Path:
    """Give the repository with the hooks of the recipe, which are installed."""
    (path, text), *none = RECIPES["Before a commit"].files.items()
    assert not none
    assert PLACE in text
    write(repository, {path: text.replace(PLACE, str(source))})
    shell("git add -A; git commit -qm hooks", repository, here)
    installed(shell("pre-commit install-hooks", repository, here))
    return repository


def test_hooks_print_what_they_say(shell: Shell, hooked: Path, here: Mapping[str, str]) -> None:
    run_session(RECIPES["Before a commit"], shell, hooked, here)


def test_hooks_run_on_what_is_committed_among_what_stands_around(
    shell: Shell, hooked: Path, here: Mapping[str, str]
) -> None:
    """A commit that touches another file is not kept up by an old finding."""
    write(hooked, {"deploy/other.yaml": HARDENED.replace("name: web", "name: other")})
    shell("pre-commit install; git add -A", hooked, here)
    result = shell("git commit -m other", hooked, here)
    assert result.returncode == 0, result.stdout
    assert re.search(r"k8s-lsp check\.+Passed", result.stdout)
    # What is not staged is not looked at.
    web = hooked / "deploy/web.yaml"
    web.write_text(web.read_text(encoding="utf-8") + "# x\n", encoding="utf-8")
    write(hooked, {"notes.txt": "x\n"})
    shell("git add notes.txt", hooked, here)
    result = shell("git commit -m notes", hooked, here)
    assert result.returncode == 0, result.stdout
    shell("git add deploy", hooked, here)
    result = shell("git commit -m web", hooked, here)
    assert result.returncode != 0
    assert "privileged-container" in result.stdout


def test_a_hook_hardens(shell: Shell, hooked: Path, here: Mapping[str, str]) -> None:
    result = shell("pre-commit run k8s-lsp-harden --all-files --hook-stage manual", hooked, here)
    assert result.returncode == 1
    assert "files were modified by this hook" in result.stdout
    assert (hooked / "deploy/web.yaml").read_text(encoding="utf-8") == HARDENED


# On GitHub.


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    """Give the action as it is written."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    """Give the workflow of the recipe."""
    (text,) = RECIPES["On GitHub"].files.values()
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def evaluated(text: str, context: Mapping[str, str]) -> str:
    """A text with its expressions, each of which the context has to know."""
    return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: context[match[1]], text)


@pytest.fixture
def contexts(
    action: dict[str, Any], workflow: dict[str, Any], source: Path, tmp_path: Path
) -> dict[str, str]:
    """Give what expressions of the action mean, where the workflow of the recipe uses it."""
    (temporary := tmp_path / "runner").mkdir()
    known = {
        "github.action_path": str(source),
        "github.base_ref": "main",
        "github.event.pull_request.head.sha": "c0ffee",
        "github.event.pull_request.number": "7",
        "github.repository": "OWNER/REPOSITORY",
        "github.token": "a token",
        "runner.temp": str(temporary),
    }
    (job,) = workflow["jobs"].values()
    (step,) = (each for each in job["steps"] if "k8s-lsp@" in each.get("uses", ""))
    assert step["with"].keys() <= action["inputs"].keys()
    for name, described in action["inputs"].items():
        given = step["with"].get(name, described["default"])
        given = str(given).lower() if isinstance(given, bool) else given
        known[f"inputs.{name}"] = evaluated(given, known)
    return known


GH = """\
#!{python}
import json, os, re, sys
command, *arguments = sys.argv[1:]
assert command == "api" and os.environ["GH_TOKEN"] == "a token"
if "--method" in arguments:
    kept = os.environ["GH_FOLDER"] + "/posted.json"
    given = arguments[arguments.index("--input") + 1]
    assert arguments[arguments.index("--method") + 1] == "POST" and "--silent" in arguments
    if os.path.exists(os.environ["GH_FOLDER"] + "/forbidden"):
        sys.exit("HTTP 403")
    with open(given) as review, open(kept, "w") as posted:
        posted.write(arguments[2] + "\\n" + review.read())
    sys.exit()
_, path, _, expression = arguments
with open(os.environ["GH_FOLDER"] + "/" + path.rpartition("/")[2] + ".json") as answer:
    records = json.load(answer)
members = re.fullmatch(r"\\.\\[\\] \\| \\{{(.+)\\}}", expression)[1].split(", ")
for record in records:
    made = {{}}
    for member in members:
        name, _, value = member.partition(": ")
        made[name] = json.loads(value) if value[:1] == '"' else record.get(value[1:] or name)
    print(json.dumps(made))
"""
"""A `gh` that answers from files, and takes of jq's language what the action uses of it."""


@pytest.fixture
def act(
    shell: Shell,
    action: dict[str, Any],
    contexts: dict[str, str],
    repository: Path,
    environment: Mapping[str, str],
    tmp_path: Path,
) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Give the steps of the action, each run by its name on a pull request."""
    gh = tmp_path / "bin/gh"
    write(tmp_path, {"bin/gh": GH.format(python=sys.executable)})
    gh.chmod(0o755)
    patch = shell("git diff -U3 main...HEAD -- deploy/web.yaml", repository, environment).stdout
    answers: dict[str, Any] = {
        "files": [
            {"filename": "deploy/web.yaml", "patch": patch[patch.index("@@") :]},
            {"filename": "picture.png"},
        ],
        "comments": [{"path": "deploy/web.yaml", "body": "Why?", "id": 1}],
        "reviews": [],
    }
    write(tmp_path, {f"{name}.json": json.dumps(each) for name, each in answers.items()})
    outputs = tmp_path / "outputs"
    steps = {step["name"]: step for step in action["runs"]["steps"]}

    def run(name: str) -> subprocess.CompletedProcess[str]:
        step = steps[name]
        assert step["shell"] == "bash"
        outputs.write_text("", encoding="utf-8")
        variables = {name: evaluated(value, contexts) for name, value in step["env"].items()}
        of_runner = {
            "GH_FOLDER": str(tmp_path),
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_WORKSPACE": str(repository),
            "PATH": f"{tmp_path}/bin:{environment['PATH']}",
        }
        done = shell(step["run"], repository, {**environment, **variables, **of_runner})
        for line in outputs.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            contexts[f"steps.{step['id']}.outputs.{name}"] = value
        return done

    return run


def test_the_action_says_what_is_new_and_suggests_what_mends_it(
    act: Callable[[str], subprocess.CompletedProcess[str]],
    action: dict[str, Any],
    repository: Path,
    tmp_path: Path,
) -> None:
    names = [step["name"] for step in action["runs"]["steps"]]
    assert names == ["Install k8s-lsp", "Check", "Suggest"]
    assert installed(act("Install k8s-lsp")) == ""

    check = act("Check")
    printed, diff = RECIPES["On GitHub"].printed
    assert (check.stdout, check.returncode) == (printed, 1)
    assert "privileged-container" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert json.loads((repository / "k8s-lsp.sarif").read_text(encoding="utf-8"))["runs"]

    suggest = act("Suggest")
    assert (suggest.stdout, suggest.returncode) == ("", 0)
    where, _, review = (tmp_path / "posted.json").read_text(encoding="utf-8").partition("\n")
    assert where == "repos/OWNER/REPOSITORY/pulls/7/reviews"
    assert json.loads(review)["commit_id"] == "c0ffee"
    assert json.loads(review)["comments"] == [
        {
            "path": "deploy/web.yaml",
            "line": 17,
            "side": "RIGHT",
            "body": "```suggestion\n            privileged: false\n```",
        }
    ]
    assert diff.splitlines()[1:] == [
        "-            privileged: true",
        "+            privileged: false",
    ]

    write(tmp_path, {"forbidden": ""})
    refused = act("Suggest")
    assert "::notice::The review could not be posted" in refused.stdout
    assert refused.returncode == 0


def test_actionlint_accepts_the_workflows_and_the_action(
    action: dict[str, Any], shell: Shell, environment: Mapping[str, str], tmp_path: Path
) -> None:
    try:
        program = str(actionlint())
    except NoGoError as error:
        absent("go", str(error))
    shell("git init -q", tmp_path, environment)
    recipe = next(iter(RECIPES["On GitHub"].files.items()))
    inputs = "".join(f"\n          {name}: x" for name in action["inputs"])
    own = "on: push\njobs:\n  own:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ./"
    write(
        tmp_path,
        {
            "action.yml": (ROOT / "action.yml").read_text(encoding="utf-8"),
            recipe[0]: recipe[1],
            ".github/workflows/own.yml": f"{own}\n        with:{inputs}\n",
        },
    )
    ours = sorted(map(str, (ROOT / ".github/workflows").glob("*.yml")))
    for arguments in ([], ours):
        result = subprocess.run(
            [program, "-no-color", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (result.returncode, result.stdout) == (0, ""), result.stderr
    # It does look: an input that the action does not have is told.
    write(tmp_path, {".github/workflows/own.yml": f"{own}\n        with: {{no-such: x}}\n"})
    result = subprocess.run([program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 'input "no-such" is not defined in action' in result.stdout


# On GitLab.


def test_the_job_of_gitlab_says_what_is_wrong_and_leaves_its_reports(
    shell: Shell, source: Path, repository: Path, environment: Mapping[str, str]
) -> None:
    recipe = RECIPES["On GitLab"]
    (text,) = recipe.files.values()
    given = yaml.safe_load(text)
    template = ROOT / ".ci/gitlab.yml"
    (included,) = given["include"]
    version = r"https://gitlab\.com/OWNER/k8s-lsp/-/raw/v\d+\.\d+\.\d+"
    assert re.fullmatch(rf"{version}/\.ci/gitlab\.yml", included["remote"])
    job = yaml.safe_load(template.read_text(encoding="utf-8"))["k8s-lsp"]
    variables = {**job["variables"], **given["k8s-lsp"]["variables"]}
    assert variables["K8S_LSP_SOURCE"].startswith("git+https://gitlab.com/OWNER/k8s-lsp@v")
    variables["K8S_LSP_SOURCE"] = str(source)
    known = {"CI_DEFAULT_BRANCH": "main", "CI_PROJECT_DIR": str(repository)}
    variables = {
        name: re.sub(r"\$(\w+)", lambda match: known[match[1]], str(value))
        for name, value in variables.items()
    }
    told = {**environment, **variables, "CI": "true", "GITLAB_CI": "true"}
    for line in job["before_script"]:
        installed(shell(line, repository, told))
    done = shell("\n".join(job["script"]), repository, told)
    (printed,) = recipe.printed
    assert spoken(done.stdout) == spoken(printed)
    assert done.returncode == 1
    reports = job["artifacts"]["reports"]
    quality = json.loads((repository / reports["codequality"]).read_text(encoding="utf-8"))
    assert [each["check_name"] for each in quality] == ["privileged-container"]
    sast = json.loads((repository / reports["sast"]).read_text(encoding="utf-8"))
    assert len(sast["vulnerabilities"]) == 1
