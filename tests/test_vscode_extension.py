"""The VS Code extension: what its package.json declares, and how it starts the server."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import jsonschema
import pytest
from packaging.requirements import Requirement
from packaging.tags import platform_tags

from k8s_lsp import __version__
from k8s_lsp.configuration.choices import FILE_NAME
from k8s_lsp.configuration.reading import CLIENT_KEYS, read, read_value
from k8s_lsp.configuration.schema import SCHEMA, json_schema
from k8s_lsp.features.status import State
from k8s_lsp.settings import Profile
from tests.conftest import ROOT, absent

EXTENSION = ROOT / "vscode-extension"
PACKAGE = EXTENSION / "package.json"

Json = dict[str, Any]


def package() -> Json:
    return dict(json.loads(PACKAGE.read_text(encoding="utf-8")))


def properties(package: Json) -> Json:
    return dict(package["contributes"]["configuration"]["properties"])


# The settings.


def editor_settings() -> Json:
    """The server's settings as VS Code describes settings."""
    settings = {name: _for_editors(each) for name, each in json_schema()["properties"].items()}
    # A JSON number would have lost the zero of 1.30, and the server says so.
    settings["kubernetes-version"]["type"] = "string"
    settings["rules"] = _rules_once(settings["rules"])
    return {
        f"k8s-lsp.{name}": {"order": ORDER.index(name), **_setting(each)}
        for name, each in settings.items()
    }


ORDER = [
    *("profile", "kubernetes-version", "rules", "resources", "editor", "workspace"),
    *("exclude", "ignore", "foreign-ignores", "images", "custom-resources", "admission-policies"),
    *("interpreter", "importStrategy", "trace.server"),
]
"""The settings as VS Code lists them: first what people look for, last what starts the server."""

VERBS = {
    "Whether ": "Controls whether ",
    "Which ": "Controls which ",
    "What ": "Specifies what ",
    "Where ": "Specifies where ",
    "A severity ": "Specifies a severity ",
}
"""How VS Code says what a setting does, by how the server's schema begins to say it."""


def _setting(described: Json) -> Json:
    """Add what every setting of VS Code needs; without a default, it would make one up."""
    kind = described.get("type", "string")
    default: Any = {"object": {}, "array": []}.get(kind)
    switches = described.get("properties", {})
    if switches and all(each.get("type") == "boolean" for each in switches.values()):
        # Boxes that are ticked are those that are on.
        default = {name: each["default"] for name, each in switches.items()}
    text = described.get("markdownDescription", "")
    for words, verb in VERBS.items():
        text = f"{verb}{text.removeprefix(words)}" if text.startswith(words) else text
    setting = {"scope": "resource", "type": kind, "default": default, **described}
    return {**setting, "markdownDescription": text}


def _for_editors(described: Any) -> Any:
    """Say the same of a value in an editor's settings, which are JSON and belong to no file."""
    if isinstance(described, list):
        return [_for_editors(each) for each in described]
    if not isinstance(described, dict):
        return described
    shape = {key: _for_editors(value) for key, value in described.items()}
    if isinstance(text := shape.pop("description", None), str):
        text = text.replace("this file's folder", "the workspace folder")
        text = re.sub(r" [^.]* command line [^.]*\.", "", text)
        shape = {"markdownDescription": text, **shape}
    if isinstance(kinds := shape.get("type"), list):
        # A key without a value cannot be written in JSON.
        kinds = [kind for kind in kinds if kind != "null"]
        shape["type"] = kinds[0] if len(kinds) == 1 else kinds
    return shape


def _rules_once(described: Json) -> Json:
    """Describe the rules without options together.

    VS Code follows no reference in the settings of an extension, and a hundred copies of one shape
    would make package.json hard to read.
    """
    rules = described["properties"]
    alike = [slug for slug, rule in rules.items() if "allOf" in rule]
    for slug in alike:
        assert rules[slug].pop("allOf") == [{"$ref": "#/definitions/rule"}]
    others: Json = {slug: {} for slug in rules if slug not in alike}
    shape = _for_editors(json_schema()["definitions"]["rule"])
    return {**described, "allOf": [{"properties": others, "additionalProperties": shape}]}


def test_the_settings_are_those_of_the_server(update: bool) -> None:
    described = package()
    kept = {
        name: setting
        for name, setting in properties(described).items()
        if name.removeprefix("k8s-lsp.").partition(".")[0] in CLIENT_KEYS
    }
    kept = {
        name: {"order": ORDER.index(name.removeprefix("k8s-lsp.")), **setting}
        for name, setting in kept.items()
    }
    described["contributes"]["configuration"]["properties"] = {**editor_settings(), **kept}
    if update:
        text = json.dumps(described, indent=2, ensure_ascii=False)
        PACKAGE.write_text(f"{text}\n", encoding="utf-8")
    assert package() == described, "run: make test ARGS=--update"


def test_the_settings_of_the_client_are_known_to_the_server() -> None:
    names = {name.removeprefix("k8s-lsp.") for name in properties(package())}
    own = names - set(json_schema()["properties"])
    # Other clients have more.
    assert {name.partition(".")[0] for name in own} <= CLIENT_KEYS


def test_the_defaults_choose_nothing() -> None:
    # VS Code sends the default of what nobody has set.
    sent: Json = {}
    for name, setting in properties(package()).items():
        place = sent
        *above, last = name.removeprefix("k8s-lsp.").split(".")
        for each in above:
            place = place.setdefault(each, {})
        place[last] = setting["default"]
    chosen = read_value(sent)
    assert not chosen.errors
    assert {key: value for key, value in chosen.values.items() if value} == {
        "profile": "recommended",
        "kubernetes-version": "latest",
        "foreign-ignores": True,
        # What is on by default is what the boxes show.
        "editor": {
            name: each.default == "true" for name, each in SCHEMA.keys["editor"].keys.items()
        },
        "workspace": {"diagnostics": False},
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("profile", "restricted"),
        ("profile", "strict"),
        ("kubernetes-version", "1.34"),
        ("kubernetes-version", 1.34),
        ("kubernetes-version", "newest"),
        ("rules", {"missing-cpu-limit": "off", "root-user": {"severity": "hint"}}),
        ("rules", {"missing-cpu-limit": "of"}),
        ("rules", {"missing-cpu-limit": {"level": "off"}}),
        ("rules", {"no-such-rule": "off"}),
        ("rules", {"untrusted-image-registry": {"severity": "error", "registries": ["a/"]}}),
        ("rules", {"untrusted-image-registry": "error"}),
        ("rules", {"untrusted-image-registry": {"registries": "a/"}}),
        ("resources", {"limits": {"cpu": 1, "memory": "64Mi"}}),
        ("resources", {"limits": {"cpu": "much"}}),
        ("exclude", ["vendor/**"]),
        ("exclude", "vendor/**"),
        ("ignore", [{"path": "generated/**", "rules": ["missing-cpu-limit"]}]),
        ("ignore", [{"path": "generated/**"}]),
        ("foreign-ignores", False),
        ("foreign-ignores", "no"),
        ("editor", {"outline": False}),
        ("editor", {"outline": "no"}),
        ("editor", {"outlines": True}),
    ],
)
def test_the_editor_accepts_what_the_server_accepts(name: str, value: object) -> None:
    setting = properties(package())[f"k8s-lsp.{name}"]
    is_valid = jsonschema.Draft7Validator(setting).is_valid(value)
    assert is_valid is not bool(read_value({name: value}).errors)


def test_the_settings_are_in_order_and_each_choice_is_explained() -> None:
    listed = properties(package())
    assert [
        name.removeprefix("k8s-lsp.") for name in sorted(listed, key=lambda n: listed[n]["order"])
    ] == ORDER
    for name, setting in listed.items():
        if "enum" in setting:
            assert len(setting["enumDescriptions"]) == len(setting["enum"]), name
            assert all(each.endswith(".") for each in setting["enumDescriptions"]), name


def test_titles_are_in_the_style_of_vscode() -> None:
    small = {"a", "and", "of", "the", "to"}
    for command in package()["contributes"]["commands"]:
        assert command["category"] == "k8s-lsp"
        words = command["title"].split()
        assert words[0].lower() not in small and "the" not in words and "a" not in words
        assert all(word[0].isupper() for word in words if word not in small)


def test_every_setting_says_what_it_is() -> None:
    for name, setting in properties(package()).items():
        text = setting.get("markdownDescription") or setting.get("description")
        assert text, name
        assert text.endswith("."), name
        assert "this file" not in text, name
        assert "command line" not in text, name


def test_no_workspace_chooses_what_is_executed() -> None:
    described = package()
    scopes = {name: setting["scope"] for name, setting in properties(described).items()}
    # Workspaces and folders cannot set what has the scope of the machine, trusted or not.
    assert scopes["k8s-lsp.interpreter"] == scopes["k8s-lsp.importStrategy"] == "machine"
    assert described["capabilities"]["untrustedWorkspaces"] == {"supported": True}


# The package.


def test_the_versions_are_in_step() -> None:
    assert package()["version"] == __version__
    lock = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["version"] == lock["packages"][""]["version"] == __version__
    changes = (EXTENSION / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(__version__)}\b", changes, re.MULTILINE)


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (EXTENSION / "package-lock.json").read_text(encoding="utf-8")


def test_every_command_is_registered() -> None:
    declared = {each["command"] for each in package()["contributes"]["commands"]}
    source = (EXTENSION / "src" / "commands.ts").read_text(encoding="utf-8")
    registered = set(re.findall(r"^ {4}(\w+): \(.*\) =>", source, re.MULTILINE))
    # The menu of the status bar is no command of the palette.
    assert declared == {f"k8s-lsp.{name}" for name in registered - {"showMenu"}}


def test_the_view_is_there_where_something_is_told_of_it() -> None:
    contributes = package()["contributes"]
    [view] = contributes["views"]["explorer"]
    source = (EXTENSION / "src" / "workloads.ts").read_text(encoding="utf-8")
    assert f'const VIEW = "{view["id"]}";' in source
    # The view's own key, so that nobody is shown it, and it starts nothing, without a manifest.
    assert (view["when"], view["visibility"]) == (view["id"], "collapsed")
    contents = {each["when"]: each["contents"] for each in contributes["viewsWelcome"]}
    told = re.search(r"private content: (.*) \| undefined;", source)
    assert told is not None
    words = set(re.findall(r'"(\w+)"', told[1]))
    # Where there are some, the list says so.
    assert contents.keys() == {f"{view['id']} == {word}" for word in words - {"some"}}
    assert {each["view"] for each in contributes["viewsWelcome"]} == {view["id"]}
    commands = {each["command"] for each in contributes["commands"] if "icon" in each}
    assert {each["command"] for each in contributes["menus"]["view/title"]} == commands


def test_the_page_names_every_command() -> None:
    page = (EXTENSION / "README.md").read_text(encoding="utf-8")
    for each in package()["contributes"]["commands"]:
        assert f"| `{each['category']}: {each['title']}` |" in page


def test_the_page_shows_only_what_is_there() -> None:
    pages = [EXTENSION / name for name in ("README.md", "CHANGELOG.md")]
    links = [
        link
        for page in pages
        for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
        if not link.startswith("https://")
    ]
    assert links
    assert all((EXTENSION / link).is_file() for link in links)
    # The marketplace refuses pictures that are SVG.
    assert all(link.endswith((".png", ".md")) for link in links)


def test_the_template_is_right_with_and_without_its_comments() -> None:
    template = (EXTENSION / "template.yaml").read_text(encoding="utf-8")
    assert read(template).values == {}
    introduction, _, settings = template.partition("\n\n")
    assert FILE_NAME not in introduction
    uncommented = read(re.sub(r"^# ", "", settings, flags=re.MULTILINE))
    assert not uncommented.errors
    assert uncommented.values.keys() == json_schema()["properties"].keys()


@pytest.fixture
def modules() -> Path:
    """Give the folder of the extension's development dependencies."""
    folder = EXTENSION / "node_modules"
    if not folder.is_dir():
        absent("vscode-extension", "npm ci --ignore-scripts has not been run in vscode-extension")
    return folder


def test_texts(modules: Path, program: Callable[[str], str]) -> None:
    command = [program("npm"), "test"]
    result = subprocess.run(command, cwd=EXTENSION, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"^# pass [1-9]", result.stdout, re.MULTILINE), result.stdout


def test_types(modules: Path, program: Callable[[str], str]) -> None:
    command = [program("node"), str(modules / "typescript" / "bin" / "tsc"), "-p", str(EXTENSION)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


# What is bundled.


def test_the_bundle_names_all_that_is_needed() -> None:
    needed = {"k8s-lsp"}
    left = ["k8s-lsp"]
    while left:
        try:
            declared = requires(left.pop()) or ()
        except PackageNotFoundError:
            # What stands in for parts of newer Pythons is not installed in those.
            continue
        for text in declared:
            requirement = Requirement(text)
            # As for the oldest Python that the server runs on.
            environment = {"python_version": "3.10", "python_full_version": "3.10.0", "extra": ""}
            marker = requirement.marker
            if marker is None or marker.evaluate(environment):
                name = requirement.name.lower().replace(".", "-").replace("_", "-")
                if name not in needed:
                    needed.add(name)
                    left.append(name)
    bundle = runpy.run_path(str(EXTENSION / "bundle.py"))
    assert set(bundle["LIBRARIES"]) == needed - {"k8s-lsp", bundle["CLIB"]}
    assert needed - {"k8s-lsp"} <= bundle["pins"]().keys()


def test_every_platform_finds_its_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    platforms = runpy.run_path(str(EXTENSION / "bundle.py"))["PLATFORMS"]
    platform_tag = runpy.run_path(str(EXTENSION / "launch.py"))["platform_tag"]
    for folder, tag in platforms.items():
        family, _, machine = re.sub(r"\d*(_\d+)*_(?=\D)", "_", tag, count=1).partition("_")
        monkeypatch.setattr(sys, "platform", PLATFORMS.get(family, "win32"))
        monkeypatch.setattr(sysconfig, "get_platform", lambda tag=tag: tag.replace("_", "-"))
        monkeypatch.setattr(os, "uname", lambda machine=machine: SimpleNamespace(machine=machine))
        monkeypatch.setattr(os, "confstr", lambda _, family=family: _gnu_libc(family))
        assert platform_tag() == folder


PLATFORMS = {"macosx": "darwin", "manylinux": "linux", "musllinux": "linux"}
"""What Python calls the systems of the wheels' families."""


def _gnu_libc(family: str) -> str:
    if family == "musllinux":
        raise OSError(22, "Invalid argument")
    return "glibc 2.36"


def test_this_platform_is_named_as_its_wheels_are() -> None:
    platform_tag = runpy.run_path(str(EXTENSION / "launch.py"))["platform_tag"]
    tags = {re.sub(r"\d*(_\d+)*_(?=\D)", "_", tag, count=1) for tag in platform_tags()}
    assert platform_tag() in tags


@pytest.fixture
def extension(tmp_path: Path) -> Path:
    """Give an extension whose bundled server only tells where it comes from."""
    folder = tmp_path / "extension"
    package = folder / "bundled" / "libs" / "k8s_lsp"
    package.mkdir(parents=True)
    shutil.copy(EXTENSION / "launch.py", folder)
    (package / "__init__.py").touch()
    (package / "cli.py").write_text(
        "import sys\n\ndef main():\n    print('bundled', *sys.argv[1:])\n    return 3\n"
    )
    return folder


def launch(extension: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(extension / "launch.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_the_bundled_server_goes_before_the_environment(extension: Path) -> None:
    result = launch(extension, "useBundled", "rules", "--output-format", "markdown")
    assert (result.stdout, result.returncode) == ("bundled rules --output-format markdown\n", 3)


def test_the_environment_goes_before_the_bundled_server(extension: Path) -> None:
    result = launch(extension, "fromEnvironment", "--version")
    assert (result.stdout, result.returncode) == (f"k8s-lsp {__version__}\n", 0)


@pytest.mark.parametrize("strategy", ["useBundled", "fromEnvironment"])
def test_nothing_of_the_workspace_is_executed(
    extension: Path, tmp_path: Path, strategy: str
) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    traces = workspace / "executed"
    for name in ("attr", "k8s_lsp", "lsprotocol", "os", "re", "sitecustomize", "usercustomize"):
        (workspace / f"{name}.py").write_text(f"open({str(traces)!r}, 'a').write({name!r})\n")
    environment = {**os.environ, "PYTHONPATH": str(workspace), "PYTHONSTARTUP": "attr.py"}
    result = launch(extension, strategy, "--version", cwd=workspace, env=environment)
    assert result.stdout in ("bundled --version\n", f"k8s-lsp {__version__}\n")
    assert not traces.exists()


def test_the_bundle_runs_without_an_environment() -> None:
    if not (EXTENSION / "bundled").is_dir():
        absent("vscode-extension", "npm run package has not been run in vscode-extension")
    # -S leaves out what is installed, so that nothing but the bundle can be imported; -B adds no
    # file to it.
    command = [sys.executable, "-BIS", str(EXTENSION / "launch.py"), "useBundled"]
    nginx = str(ROOT / "tests" / "demo" / "nginx.yaml")
    result = subprocess.run(
        [*command, "check", "--output-format", "json", nginx],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stderr
    assert len(json.loads(result.stdout)["findings"]) == 8


def test_the_bundle_has_the_parser_of_every_platform() -> None:
    clib = EXTENSION / "bundled" / "clib"
    if not clib.is_dir():
        absent("vscode-extension", "npm run package has not been run in vscode-extension")
    bundle = runpy.run_path(str(EXTENSION / "bundle.py"))
    assert {folder.name for folder in clib.iterdir()} == bundle["PLATFORMS"].keys()
    for folder in clib.iterdir():
        parsers = {file.name.split(".")[1] for file in folder.glob("_ruamel_yaml.*")}
        versions = {re.sub(r"^(cpython-|cp)(\d+).*", r"\2", parser) for parser in parsers}
        assert versions == set(bundle["VERSIONS"]), folder.name


def test_the_status_bar_looks_for_states_that_the_server_tells() -> None:
    source = (EXTENSION / "src" / "state.ts").read_text(encoding="utf-8")
    looked_for = set(re.findall(r'state === "([a-z-]+)"', source))
    assert looked_for and looked_for <= set(get_args(State))


def test_the_profiles_to_choose_from_are_those_of_the_server() -> None:
    source = (EXTENSION / "src" / "profile.ts").read_text(encoding="utf-8")
    listed, _, _ = source.partition("const PROFILES = {")[2].partition("}")
    assert tuple(re.findall(r"^  (\w+):", listed, re.MULTILINE)) == get_args(Profile)


# What is packed.


def test_the_page_of_a_package_has_no_picture_that_nobody_finds() -> None:
    page = runpy.run_path(str(EXTENSION / "package.py"))["page"]
    readme = (EXTENSION / "README.md").read_text(encoding="utf-8")
    assert "![" in readme
    shown = page(readme, None)
    assert "![" not in shown and "\n\n\n" not in shown
    assert [line for line in readme.split("\n") if not line.startswith("![") and line] == [
        line for line in shown.split("\n") if line
    ]
    assert page(readme, {"type": "git"}) == readme
    linked = "a\n\n![b](https://example.com/b.png)\n\n![c](c.png)\n\nd\n"
    assert page(linked, None) == "a\n\n![b](https://example.com/b.png)\n\nd\n"


def test_every_parser_is_in_a_package_for_a_platform() -> None:
    targets = runpy.run_path(str(EXTENSION / "package.py"))["TARGETS"]
    platforms = runpy.run_path(str(EXTENSION / "bundle.py"))["PLATFORMS"]
    assert {folder for folders in targets.values() for folder in folders} == platforms.keys()


def test_a_package_for_a_platform_holds_its_parsers_alone(tmp_path: Path) -> None:
    if not (EXTENSION / "bundled").is_dir():
        absent("vscode-extension", "npm run package has not been run in vscode-extension")
    packing = runpy.run_path(str(EXTENSION / "package.py"))
    packing["stage"](tmp_path, packing["TARGETS"]["linux-x64"])
    assert [each.name for each in (tmp_path / "bundled" / "clib").iterdir()] == ["manylinux_x86_64"]
    # It has no Python of its own, and runs on the one that is there as the other does.
    command = [sys.executable, "-BIS", str(tmp_path / "launch.py"), "useBundled", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stdout == f"k8s-lsp {__version__}\n"
    assert not [
        path for path in tmp_path.rglob("python*") if os.access(path, os.X_OK) and path.is_file()
    ]
