"""VS Code in a browser, driven from both sides: as a person does, and through its extension API.

VS Code runs as code-server, which is VS Code with its window in a browser. `probe/`, an extension
of the tests, answers what only the extension API knows; `browser.js` does what a person does.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

T = TypeVar("T")

HERE = Path(__file__).parent

DEADLINE = 120
"""Seconds that anything may take before a test gives up. It is generous: two cores run VS Code, a
browser and the server, beside whatever else there is to do."""

SETTINGS = {
    "chat.disableAIFeatures": True,
    "editor.accessibilitySupport": "off",
    "editor.minimap.enabled": False,
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": "off",
    "extensions.ignoreRecommendations": True,
    "files.autoSave": "off",
    "git.enabled": False,
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "window.autoDetectColorScheme": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}
"""What keeps VS Code from asking and telling what is not the matter of a test."""

PYTHON_PATH = f"{sys.base_prefix}/bin:/usr/bin:/bin"
"""Where an interpreter is found that has nothing installed for it."""


class Programs(NamedTuple):
    """The commands that run the editor, by their paths."""

    code_server: str
    chromium: str
    node_with_playwright: str


class Place(NamedTuple):
    """Where a rule found something, as an editor counts: from 0, in UTF-16 code units."""

    rule: str
    line: int
    start: int
    end: int


class Peer:
    """What answers each line of JSON with one line of JSON."""

    def __init__(self, requests: IO[str], answers: IO[str], logs: Callable[[], str]) -> None:
        """Talk over two open streams; `logs` gives what to read when it fails."""
        self._requests = requests
        self._answers = answers
        self._logs = logs

    def ask(self, *request: Any) -> Any:
        """Give the result of a request, or fail with its error."""
        self._requests.write(json.dumps(request) + "\n")
        self._requests.flush()
        answer = json.loads(self._answers.readline() or '{"error": "it is gone"}')
        if "error" in answer:
            raise AssertionError(f"{request}: {answer['error']}\n{self._logs()}")
        return answer["result"]


class Workbench:
    """VS Code with a folder open."""

    def __init__(
        self, folder: Path, process: int, probe: Peer, browser: Peer, logs: Callable[[], str]
    ) -> None:
        """Put together what `opened` has started."""
        self.folder = folder
        self.probe = probe
        self._configured: set[str] = set()
        self._process = process
        self._browser = browser
        self._logs = logs

    def until(self, what: str, look: Callable[[], T], fits: Callable[[T], bool] = bool) -> T:
        """Look until what is seen fits, and give it; `what` names it where that never happens."""
        return until(what, look, fits, self._logs)

    # Through the extension API.

    def write(self, name: str, text: str) -> str:
        """Put a file into the folder, and give its name."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    def open(self, name: str) -> str:
        """Show a file in the editor, and give its language id."""
        language: str = self.probe.ask("open", name)
        return language

    def text(self, name: str) -> str:
        """Give the text of a file as the editor has it."""
        text: str = self.probe.ask("text", name)
        return text

    def change(self, name: str, old: str, new: str) -> None:
        """Write something in place of the only `old` in the text that is being edited."""
        before = self._before(name, old)
        self.probe.ask("replace", utf16(before), utf16(before + old), new)

    def diagnostics(self, name: str) -> list[dict[str, Any]]:
        """Give our own diagnostics of a file, in the order of the text."""
        shown = [
            each for each in self.probe.ask("diagnostics", name) if each["source"] == "k8s-lsp"
        ]
        return sorted(shown, key=lambda each: (each["start"], each["code"] or ""))

    def places(self, name: str) -> list[Place]:
        """Give where each rule found something in a file."""
        return [
            Place(each["code"], each["start"][0], each["start"][1], each["end"][1])
            for each in self.diagnostics(name)
        ]

    def rules(self, name: str) -> list[str]:
        """Give which rules found something in a file."""
        return [each["code"] for each in self.diagnostics(name)]

    def actions(self, name: str, token: str, kind: str) -> list[str]:
        """Give the titles of what can be done where the only `token` of a text stands."""
        titles: list[str] = self.probe.ask("actions", name, self._range(name, token), kind)
        return titles

    def apply(self, name: str, token: str, kind: str, title: str) -> None:
        """Do one of these actions."""
        assert self.probe.ask("apply", name, self._range(name, token), kind, title)

    def hovers(self, name: str, token: str) -> list[str]:
        """Give what is shown for the first character of the only `token` of a text."""
        line, start, _ = self._range(name, token)
        # Of a hover without a text nothing is shown.
        return [hover for hover in self.probe.ask("hovers", name, line, start) if hover]

    def _range(self, name: str, token: str) -> tuple[int, int, int]:
        """The line, the start and the end of the only `token` of a text, which is one line."""
        before = self._before(name, token)
        start = utf16(before.rpartition("\n")[2])
        return before.count("\n"), start, start + utf16(token)

    def _before(self, name: str, token: str) -> str:
        """What stands before the only `token` of a text."""
        before, *after = self.text(name).split(token)
        assert len(after) == 1, f"{token!r} stands {len(after)} times in {name}"
        return before

    def until_rules(self, name: str, *rules: str) -> None:
        """Wait until just these rules have found something in a file."""
        self.until(
            f"{name} has {rules}", lambda: self.rules(name), lambda found: found == list(rules)
        )

    def run(self, command: str, *args: Any) -> Any:
        """Run one of VS Code's commands."""
        return self.probe.ask("run", command, *args)

    def configure(self, name: str, value: Any) -> None:
        """Change a setting of the user, until `reset`."""
        self.probe.ask("configure", name, value)
        self._configured.add(name)

    def reset(self) -> None:
        """Close every file, and take back what was configured."""
        self.probe.ask("close")
        while self._configured:
            self.probe.ask("configure", self._configured.pop(), None)

    # As a person does.

    def on(self, selector: str, text: str, method: str, *args: Any) -> Any:
        """Do one of Playwright's methods to the first element that contains a text."""
        return self._browser.ask({"selector": selector, "text": text}, method, *args)

    def see(self, selector: str, text: str = "", state: str = "visible") -> None:
        """Wait for an element. A squiggle has no text, and is only ever "attached"."""
        self.on(selector, text, "waitFor", {"state": state})

    def until_gone(self, selector: str, text: str = "") -> None:
        """Wait until no such element is there any more."""
        self.on(selector, text, "waitFor", {"state": "detached"})

    def press(self, *keys: str) -> None:
        """Press keys, one chord after another."""
        for key in keys:
            self._browser.ask("keyboard", "press", key)

    def point(self, x: float, y: float) -> None:
        """Move the mouse to a place in the window."""
        self._browser.ask("mouse", "move", x, y)

    def page(self, method: str, *args: Any) -> Any:
        """Do one of Playwright's methods to the whole page."""
        return self._browser.ask("page", method, *args)

    # Its processes.

    def servers(self) -> list[int]:
        """Give the language servers that it has started."""
        return [each for each in descendants(self._process) if is_server(command_line(each))]


def until(
    what: str,
    look: Callable[[], T],
    fits: Callable[[T], bool] = bool,
    logs: Callable[[], str] = str,
) -> T:
    """Look until what is seen fits, and give it; `logs` gives what to read where it never does."""
    end = time.monotonic() + DEADLINE
    while not fits(seen := look()):
        if time.monotonic() > end:
            raise AssertionError(f"never: {what}\nlast: {seen!r}\n{logs()}")
        time.sleep(0.05)
    return seen


def utf16(text: str) -> int:
    """How many UTF-16 code units a text has."""
    return len(text.encode("utf-16-le")) // 2


def descendants(process: int) -> Iterator[int]:
    """The processes that a process has started, and those that they have started."""
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, read(children).split()):
            yield child
            yield from descendants(child)


def command_line(process: int) -> list[str]:
    """The words that started a process; none where it has ended."""
    return read(Path(f"/proc/{process}/cmdline")).split("\0")[:-1]


def is_server(words: Sequence[str]) -> bool:
    """Whether a command starts our language server."""
    return "server" in words and any("k8s" in word for word in words)


def read(path: Path) -> str:
    """The text of a file; none where it is gone, as a process goes at any moment."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def packed(sources: Path, vsix: Path) -> Path:
    """Pack a folder that is an extension as it stands, and give the VSIX."""
    package = json.loads((sources / "package.json").read_text(encoding="utf-8"))
    with zipfile.ZipFile(vsix, "w") as archive:
        archive.writestr("extension.vsixmanifest", MANIFEST.format_map(package))
        for path in sorted(sources.iterdir()):
            archive.write(path, f"extension/{path.name}")
    return vsix


MANIFEST = """\
<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="{name}" Version="{version}" Publisher="{publisher}"/>
    <DisplayName>{name}</DisplayName>
    <Description>{description}</Description>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json"/>
  </Assets>
</PackageManifest>
"""


def environment(home: Path, path: str, **more: str) -> dict[str, str]:
    """What a program sees of this machine: nothing that the tests' own environment sets."""
    return {"HOME": str(home), "LANG": "C.UTF-8", "PATH": path, **more}


def install(programs: Programs, extensions: Path, vsixes: Sequence[Path]) -> None:
    """Install extensions into a folder, as a person does who has files of them."""
    home = extensions.with_name(f"{extensions.name}-home")
    home.mkdir()
    command = [programs.code_server, "--extensions-dir", str(extensions)]
    command += ["--user-data-dir", str(home)]
    for vsix in vsixes:
        command += ["--install-extension", str(vsix)]
    result = subprocess.run(
        command, env=environment(home, PYTHON_PATH), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{result.stdout}{result.stderr}"


@contextmanager
def opened(
    programs: Programs,
    extensions: Path,
    folder: Path,
    data: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    path: str = PYTHON_PATH,
) -> Iterator[Workbench]:
    """Open a folder in a VS Code that nobody has used before; `path` is where it finds programs."""
    (data / "User").mkdir(parents=True)
    (data / "User" / "settings.json").write_text(json.dumps({**SETTINGS, **(settings or {})}))
    log = data / "code-server.log"

    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.settimeout(DEADLINE)
        server = subprocess.Popen(
            [
                *(programs.code_server, "--auth", "none", "--bind-addr", "127.0.0.1:0"),
                *("--user-data-dir", data, "--extensions-dir", extensions),
                *("--disable-telemetry", "--disable-update-check"),
                "--disable-getting-started-override",
            ],
            env=environment(
                data,
                path,
                PROBE_PORT=str(listener.getsockname()[1]),
                # No look at a marketplace, and none at what a login shell would set.
                EXTENSIONS_GALLERY="{}",
                VSCODE_CLI="1",
            ),
            stdin=subprocess.DEVNULL,
            stdout=stack.enter_context(log.open("w")),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        stack.callback(end, server)

        address = until(
            "code-server listens",
            lambda: re.search(r"HTTP server listening on (http://\S+)", read(log)),
            logs=lambda: logs_of(data),
        )
        assert address is not None
        failed = str(data / "failed.png")
        driver = stack.enter_context(
            subprocess.Popen(
                [
                    *(programs.node_with_playwright, HERE / "browser.js"),
                    *(programs.chromium, str(DEADLINE), failed),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        )
        assert driver.stdin is not None and driver.stdout is not None
        # It takes the picture of its own failures by itself.
        browser = Peer(driver.stdin, driver.stdout, lambda: f"--- seen: {failed}\n{logs_of(data)}")

        def logs() -> str:
            browser.ask("page", "screenshot", {"path": failed})
            return f"--- seen: {failed}\n{logs_of(data)}"

        query = urllib.parse.urlencode({"folder": str(folder)})
        browser.ask("page", "goto", f"{address[1].rstrip('/')}/?{query}")
        # The extension host starts once the window is open.
        connection = stack.enter_context(listener.accept()[0])
        connection.settimeout(DEADLINE)
        stream = stack.enter_context(connection.makefile("rw", encoding="utf-8"))
        yield Workbench(folder, server.pid, Peer(stream, stream, logs), browser, logs)


def end(server: subprocess.Popen[bytes]) -> None:
    """End code-server and all that it has started, and wait until they are gone."""

    def left() -> bool:
        try:
            os.killpg(server.pid, 0)
        except ProcessLookupError:
            return False
        return True

    os.killpg(server.pid, signal.SIGTERM)
    server.wait()
    until("the processes of code-server are gone", lambda: not left())


def logs_of(data: Path) -> str:
    """What code-server, the extension host and our own extension have written down."""
    logs = sorted(data.glob("logs/*/exthost*/remoteexthost.log"))
    logs += sorted(data.glob("logs/*/exthost*/k8s-lsp.k8s-lsp/*.log"))
    return "\n".join(
        f"--- {path.relative_to(data)}\n{read(path)[-4000:]}"
        for path in (data / "code-server.log", *logs)
    )
