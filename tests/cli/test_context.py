"""What the files around a file change in what is found in it."""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from k8s_lsp.cli import one_file, pool
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.kubernetes.queries import NO_SURROUNDINGS, Surroundings
from k8s_lsp.settings import Settings
from k8s_lsp.workspace.file_facts import facts_of_text
from k8s_lsp.workspace.index import NO_INDEX, FilePlace
from tests.cli.conftest import Command
from tests.cli.manifests import BASELINE, HARDENED

TOKEN = "service-account-token-mounted"

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      serviceAccountName: web
      containers:
        - name: app
          image: example.com/app:1.4.2
"""
ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  namespace: shop
automountServiceAccountToken: false
"""
BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: web
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: reader
subjects:
  - kind: ServiceAccount
    name: web
"""


def write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def repository(folder: Path, texts: Mapping[str, str]) -> None:
    (folder / ".git").mkdir()
    write(folder, texts)


def test_the_files_of_a_folder_know_one_another(run: Command, folder: Path) -> None:
    write(folder, {"app/deploy.yaml": DEPLOYMENT, "app/account.yaml": ACCOUNT})
    assert TOKEN not in run("check", "app").out
    assert TOKEN in run("check", "--no-context", "app").out
    (folder / "app/account.yaml").unlink()
    assert TOKEN in run("check", "app").out


def test_a_file_that_is_named_is_judged_by_its_repository(run: Command, folder: Path) -> None:
    repository(
        folder, {"app/deploy.yaml": DEPLOYMENT, "rbac/account.yaml": ACCOUNT.replace("web", "we")}
    )
    assert TOKEN in run("check", "app/deploy.yaml").out
    (folder / "rbac/account.yaml").write_text(ACCOUNT)
    result = run("check", "app/deploy.yaml")
    assert TOKEN not in result.out
    # The others are not reported, and not counted.
    assert "in 1 of 1 file;" in result.out
    assert "account.yaml" not in result.out


def test_standard_input_has_itself_alone(run: Command, folder: Path) -> None:
    repository(folder, {"account.yaml": ACCOUNT})
    text = DEPLOYMENT.encode()
    assert TOKEN in run("check", "-", "--stdin-filename", "deploy.yaml", stdin=text).out


def test_a_file_outside_of_all_that_is_named_or_a_root_is_alone(run: Command, folder: Path) -> None:
    write(folder, {"deploy.yaml": DEPLOYMENT, "account.yaml": ACCOUNT})
    assert TOKEN in run("check", "deploy.yaml").out
    for mark in ("kustomization.yaml", "Chart.yaml", ".k8s-lsp.yaml"):
        (folder / mark).write_text("")
        assert TOKEN not in run("check", "deploy.yaml").out, mark
        (folder / mark).unlink()


def test_what_is_excluded_or_ignored_tells_nothing(run: Command, folder: Path) -> None:
    repository(folder, {"deploy.yaml": DEPLOYMENT, "old/account.yaml": ACCOUNT})
    assert TOKEN in run("check", "--exclude", "old", "deploy.yaml").out
    (folder / ".gitignore").write_text("old/\n")
    assert TOKEN in run("check", "deploy.yaml").out
    assert TOKEN not in run("check", "--no-ignore", "deploy.yaml").out


def test_what_keeps_a_file_around_from_being_read_is_not_told(run: Command, folder: Path) -> None:
    repository(folder, {"deploy.yaml": HARDENED})
    (folder / "other.yaml").write_bytes(b"\xff\xfea\x00")
    result = run("check", *BASELINE, "deploy.yaml")
    assert (result.status, result.err) == (0, "")
    assert run("check", *BASELINE, ".").status == 2


def test_two_files_that_disagree_conclude_nothing(run: Command, folder: Path) -> None:
    write(
        folder,
        {
            "base/deploy.yaml": DEPLOYMENT,
            "dev/account.yaml": ACCOUNT,
            "prod/account.yaml": ACCOUNT.replace("automountServiceAccountToken: false\n", ""),
        },
    )
    assert TOKEN not in run("check", ".").out
    (folder / "dev/account.yaml").unlink()
    assert TOKEN in run("check", ".").out


def test_hardening_leaves_a_token_that_another_file_needs(run: Command, folder: Path) -> None:
    explicit = DEPLOYMENT.replace(
        "      serviceAccountName",
        "      automountServiceAccountToken: true\n      serviceAccountName",
    )
    repository(folder, {"app/deploy.yaml": explicit, "rbac/binding.yaml": BINDING})
    result = run("harden", "app/deploy.yaml")
    assert "automountServiceAccountToken: true" in (folder / "app/deploy.yaml").read_text()
    left = next(line for line in result.out.splitlines() if "left for you" in line)
    assert 'RoleBinding "web" in binding.yaml gives its ServiceAccount a role' in left
    assert (folder / "rbac/binding.yaml").read_text() == BINDING


def test_a_namespace_enforces_nothing_that_a_pod_in_another_file_breaks(
    run: Command, folder: Path
) -> None:
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n"
    privileged = DEPLOYMENT.replace("    spec:\n", "    spec:\n      hostPID: true\n")
    agent = privileged.replace("kind: Deployment", "kind: DaemonSet")
    write(folder, {"namespace.yaml": namespace, "agent.yaml": agent})
    result = run("harden", "--diff", "--exclude", "never", ".")
    assert "+    pod-security.kubernetes.io/warn: restricted" in result.out
    assert "pod-security.kubernetes.io/enforce" not in result.out


@pytest.mark.parametrize(
    ("kustomization", "is_patch"),
    [
        ("resources: [../base]\npatches:\n- path: web.yaml\n", True),
        ("patchesStrategicMerge: [web.yaml]\n", True),
        ("patches:\n- path: other.yaml\n- patch: |-\n    web.yaml\n", False),
        ("resources: [web.yaml]\n", False),
        ("resources: [web.yaml]\npatches:\n- path: web.yaml\n", False),
    ],
)
def test_what_a_kustomization_lists_as_a_patch_is_one(
    run: Command, folder: Path, kustomization: str, is_patch: bool
) -> None:
    privileged = DEPLOYMENT.replace("    spec:\n", "    spec:\n      hostPID: true\n")
    repository(folder, {"dev/web.yaml": privileged, "dev/kustomization.yaml": kustomization})
    result = run("check", "dev/web.yaml")
    # What it sets is judged, and what it lacks stands elsewhere.
    assert "host-pid" in result.out
    assert ("missing-memory-limit" in result.out) is not is_patch
    assert ("1 file holds a patch" in result.err) is is_patch
    hardened = run("harden", "dev/web.yaml")
    assert ((folder / "dev/web.yaml").read_text() == privileged) is is_patch
    assert ("what that changes is not known here" in hardened.out) is is_patch


def test_a_patch_with_which_nothing_is_wrong_is_counted_too(run: Command, folder: Path) -> None:
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n"
    write(folder, {"web.yaml": settings, "kustomization.yaml": "patches: [{path: web.yaml}]\n"})
    assert "1 file holds a patch" in run("check", *BASELINE, ".").err


PARTS = (DEPLOYMENT, ACCOUNT, BINDING, ACCOUNT.replace("false", "true"), HARDENED)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("processes", [1, 2])
def test_judged_twice_at_most_is_judged_among_all(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int, processes: int
) -> None:
    """What is judged alone first is what comes of judging it by all files from the start."""
    chance = random.Random(seed)
    texts = {
        f"{chance.choice('abc')}/{number}.yaml": "---\n".join(
            chance.choice(PARTS).replace("shop", chance.choice(("shop", "other")))
            for _ in range(chance.choice((1, 1, 2)))
        )
        for number in range(8)
    }
    write(folder, texts)
    monkeypatch.setattr(pool, "processes_for", lambda tasks: processes)
    told = run("check", ".").out

    def place(name: str) -> FilePlace:
        return FilePlace(f"{folder.resolve().as_posix()}/{name}", folder.resolve().as_posix())

    index = NO_INDEX.updated(
        {place(name): facts_of_text(place(name).path, text) for name, text in texts.items()}
    )
    wanted = {
        (name, text.count("\n", 0, offset + diagnosis.finding.span.start) + 1, diagnosis.rule.slug)
        for name, text in texts.items()
        for offset, diagnosis in analyze(
            text, Settings(), surroundings=index.surroundings(place(name))
        ).published()
    }
    found = set()
    for line in told.splitlines():
        if "[" in line and line.count(":") > 2 and not line.startswith((" ", "why")):
            name, number, _, rest = line.split(":", 3)
            found.add((name, int(number), rest.partition("[")[2].partition("]")[0]))
    assert found == wanted
    assert any(slug == TOKEN for _, _, slug in wanted) or seed != 0


def test_most_files_are_judged_once(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = DEPLOYMENT.replace("      serviceAccountName: web\n", "").replace("web", "other")
    write(folder, {"a.yaml": DEPLOYMENT, "b.yaml": ACCOUNT, "c.yaml": other, "d.yaml": HARDENED})
    judged = []
    original = one_file.analyze

    def counting(
        text: str,
        settings: Settings,
        *,
        is_chart_template: bool = False,
        is_values: bool = False,
        surroundings: Surroundings = NO_SURROUNDINGS,
    ) -> object:
        judged.append(text)
        return original(
            text,
            settings,
            is_chart_template=is_chart_template,
            is_values=is_values,
            surroundings=surroundings,
        )

    monkeypatch.setattr(one_file, "analyze", counting)
    run("check", ".")
    assert [judged.count(text) for text in (DEPLOYMENT, ACCOUNT, other, HARDENED)] == [2, 1, 1, 1]
