"""An editor that does what it is told, one request a line, and says what a user would see.

Each editor answers the same requests, in a script of its own language. A place is a line and a
column that count from 1, the column in code points, whatever the editor and the protocol count.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Timer
from typing import IO, Any

DEADLINE = 120
"""Seconds after which an editor that says nothing is taken to hang; its own waits are shorter."""


def environment(home: Path) -> dict[str, str]:
    """The variables of a user who has nothing but `k8s-lsp` on PATH and an empty home."""
    variables = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    commands = str(Path(sys.executable).parent)
    variables |= {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "PATH": os.pathsep.join([commands, variables["PATH"]]),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }
    return variables


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds that nobody announces."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


class Driver:
    """Both ends of the conversation with one running editor, whose files lie in `folder`.

    What goes wrong in the editor is raised here, with what `trace` gives of it.
    """

    def __init__(
        self, folder: Path, requests: IO[str], answers: IO[str], trace: Callable[[], str]
    ) -> None:
        self.folder = folder
        self.requests, self.answers, self.trace = requests, answers, trace

    def ask(self, request: str, **arguments: Any) -> Any:
        self.requests.write(json.dumps({"do": request, **arguments}) + "\n")
        self.requests.flush()
        hangs = Timer(DEADLINE, self.answers.close)
        hangs.start()
        try:
            answer = json.loads(self.answers.readline())
        except ValueError as error:
            raise AssertionError(f"{request}: no answer\n{self.trace()}") from error
        finally:
            hangs.cancel()
        if "error" in answer:
            raise AssertionError(f"{request} {arguments}: {answer['error']}\n{self.trace()}")
        return answer["result"]

    def open(self, name: str, text: str | None = None) -> Path:
        """Show a file, which is written first if a text is given."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_bytes(text.encode())
        self.ask("open", path=str(path))
        return path

    def findings(self, expected: Sequence[str]) -> list[str]:
        """The findings shown in the open file, as soon as they are as expected, sorted.

        Each is its place and its rule: `18:17-22 missing-cpu-limit`.
        """
        return sorted(self.ask("findings", expected=sorted(expected)))

    def errors(self) -> list[str]:
        """Who shows an error in the open file, by the names that servers give themselves."""
        return sorted(self.ask("errors"))

    def hover(self, line: int, column: int) -> str:
        """What is shown where somebody asks what a place means."""
        return str(self.ask("hover", line=line, column=column))

    def follow(self, line: int, column: int) -> str:
        """Where the cursor is once it has gone from a name to what that means: `3:7`."""
        return str(self.ask("follow", line=line, column=column))

    def choose(self, line: int, column: int, title: str | None = None) -> list[str]:
        """The titles in the menu at a place, of which one is chosen."""
        return list(self.ask("choose", line=line, column=column, title=title))

    def completions(self, line: int, column: int) -> list[str]:
        return list(self.ask("completions", line=line, column=column))

    def lenses(self, line: int | None = None) -> list[str]:
        """What stands above the objects of the open file; then that of a line is clicked on."""
        return list(self.ask("lenses", line=line))

    def hints(self) -> list[str]:
        """What is shown in the lines of the open file, but is not written there: `18: …`."""
        return list(self.ask("hints"))

    def links(self) -> list[str]:
        """Where the links of the open file lead: `16: file:…`."""
        return list(self.ask("links"))

    def follow_link(self, line: int, column: int) -> str:
        """Which file and line is shown once a link has been followed: `README.md:12`."""
        return str(self.ask("follow_link", line=line, column=column))

    def type(self, text: str, pauses: str = "") -> list[list[str]]:
        """Type at the end of the text; the rules shown behind each key, or each of the pauses."""
        return [list(each) for each in self.ask("type", text=text, pauses=pauses)]

    def write_line(self, line: int, text: str) -> None:
        """Put a text in the place of a line."""
        self.ask("write_line", line=line, text=text)

    def save(self) -> None:
        self.ask("save")

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Change the editor's own settings of the server, while it runs."""
        self.ask("configure", settings=settings)
