"""What the server knows in one session, its log, and the order of what it does."""

import asyncio
import time
import typing
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer

from k8s_lsp import __version__
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document
from k8s_lsp.features.hardened_message import HardenedMessage
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.features.workloads import CHANGED
from k8s_lsp.kubernetes.queries import NO_SURROUNDINGS, Surroundings
from k8s_lsp.server.closed_reports import ClosedReports
from k8s_lsp.server.diagnostics_json import Report
from k8s_lsp.server.folders import Folders
from k8s_lsp.server.protocol import Protocol
from k8s_lsp.server.scheduler import Scheduler
from k8s_lsp.workspace.index import NO_INDEX, FilePlace

Text = Document | SettingsFile
"""One version of an open text: a manifest, or what looks like one, or a configuration file."""


Timer = Callable[[float, Callable[[], None]], object]
"""Runs a function on the loop after some seconds."""


def run_later(delay: float, run: Callable[[], None]) -> None:
    """The timer of the loop that is running."""
    asyncio.get_running_loop().call_later(delay, run)


MESSAGES_LIMIT = 8
"""Of how many actions on a text it is remembered what to say: a client may preview several."""


class Indexer(typing.Protocol):
    """What keeps the index; it is told of whatever may change that."""

    @property
    def is_reading(self) -> bool:
        """Whether files are read, or about to be, so that the index becomes another one."""

    def renew(self) -> None:
        """Look at everything again: folders, settings or files may be others."""

    def written(self, addresses: Iterable[str]) -> None:
        """Look at files that were written, created or deleted, and at folders that are gone."""

    def text_changed(self, key: str, text: str) -> None:
        """Take what an open text tells, once it has not changed for a while."""

    def closed(self, uri: str) -> None:
        """Let the file count again in the stead of its text."""

    def cancel(self, token: str | int) -> None:
        """Read no more, if that is what the client has cancelled, until folders change."""

    def end(self) -> None:
        """End what works beside the server."""


class Server(LanguageServer):
    """One session with one client.

    `can_ask_settings` says that the client answers questions about its settings, `can_watch_files`
    that it tells of configuration files that change. Until the first answer, or until it is not
    waited for any more, nothing is analysed, because it is not known how; `configured` is set when
    that is over.

    `documents` and `reports` hold what was read of the open texts last and what was made of that,
    by their keys; `wasted` for how many seconds of `clock` one was read in vain since.

    `inbox` holds what another thread wants done, and has to be followed by `drain` on the loop.

    Of each open text it is remembered what to say once an action has made another one of it.

    `statuses` holds what the client was told last of the state of a text, `statuses_due` the texts
    of which it is told soon, and `shown_broken` the settings files it was shown a message of.

    `index` is what the files of the open folders tell, and the open texts among them; `indexer`
    keeps it. `closed_reports` has what is wrong with files that are not open. It is pushed, but to
    a client that `pulls_closed_files`: one that pulls, and wanted that when it started the server.
    `is_list_known` says that the client has asked for the list of workloads since it was told of
    another one.

    `read` gives a text as it is now, `publish` tells the client of it, and `settle` begins with
    the settings that are there. `timer` is asked for whatever is done after a while.
    """

    protocol: Protocol
    indexer: Indexer

    def __init__(
        self,
        read: Callable[["Server", str], Text | None],
        publish: Callable[["Server", str, Text | None], None],
        settle: Callable[["Server"], None],
        timer: Timer = run_later,
    ) -> None:
        super().__init__("k8s-lsp", __version__, protocol_cls=Protocol)
        self.client = Client()
        self.can_ask_settings = False
        self.can_watch_files = False
        self.configured = asyncio.Event()
        self.folders = Folders()
        self.index = NO_INDEX
        self.closed_reports = ClosedReports()
        self.is_list_known = False
        self.pulls_closed_files = False
        self._surroundings: dict[str, Surroundings] = {}
        self.documents: dict[str, Text] = {}
        self.reports: dict[str, tuple[str, Report]] = {}
        self.wasted: dict[str, float] = {}
        self.clock: Callable[[], float] = time.perf_counter
        # They begin at random, and no other server uses them.
        self.result_ids: Iterator[str] = map(f"{uuid4()}-{{}}".format, count())
        self.scheduler: Scheduler[str, Text | None] = Scheduler(
            self.clock, self.call_later, partial(read, self), partial(publish, self)
        )
        self.inbox: deque[Callable[[], None]] = deque()
        self.outbox: deque[Callable[[], None]] = deque()
        self.question_count = 0
        self.shown_mistakes = ""
        self.shown_broken: set[tuple[Path, str]] = set()
        self.statuses: dict[str, dict[str, Any]] = {}
        self.statuses_due: set[str] = set()
        self._messages: dict[str, dict[str, HardenedMessage]] = {}
        self._settle = settle
        self._timer = timer
        self._tasks: set[asyncio.Task[None]] = set()
        self._logged: set[str] = set()

    @property
    def exit_status(self) -> int:
        """The status of a process that ends now: 0 after `shutdown`, else 1."""
        return 0 if self.protocol.is_shut_down else 1

    # Texts.

    def changed(self, key: str) -> None:
        """Have a text analysed, now or as soon as the settings are known; or when it is pulled."""
        if self.configured.is_set() and not self.client.pulls:
            self.scheduler.changed(key)

    def forget(self, key: str) -> None:
        """Drop what is known of a text, which is another one from now on, or none."""
        self.scheduler.closed(key)
        self.documents.pop(key, None)
        self.reports.pop(key, None)
        self.wasted.pop(key, None)
        self.statuses.pop(key, None)
        self._messages.pop(key, None)
        self._surroundings.pop(key, None)

    # Other files.

    def place_of(self, uri: str) -> FilePlace | None:
        """Where a text stands in the index; None where it is alone.

        It is known by its address; where it is open, by its key as well.
        """
        buffer = self.protocol.buffer(uri)
        return self.folders.place_of(uri if buffer is None else buffer.uri)

    def surroundings_of(self, key: str) -> Surroundings:
        """The other files that belong together with an open text: the same while nothing changes.

        They are those of an earlier index where nothing but what the text itself tells is other.
        """
        known = self._surroundings.get(key)
        if known is None:
            place = self.place_of(key)
            known = NO_SURROUNDINGS if place is None else self.index.surroundings(place)
            self._surroundings[key] = known
        return known

    def surroundings_changed(self, key: str | None = None) -> None:
        """Have an open text judged by the index and the folders that there are now, or all."""
        if key is None:
            self._surroundings.clear()
        else:
            self._surroundings.pop(key, None)

    def uri_finder(self) -> Callable[[str], str]:
        """What gives the addresses of files of the index, as long as no text is opened or closed.

        Of a text that the client has open, it is the client's own.
        """
        own: dict[str, str] = {}
        for key in self.protocol.open_keys():
            place, buffer = self.place_of(key), self.protocol.buffer(key)
            if buffer is not None:
                own.setdefault(buffer.uri if place is None else place.path, buffer.uri)
        return lambda path: own.get(path) or self.folders.uri_of(path)

    def refresh_shown(self) -> None:
        """Have the client ask again for what it shows between the lines of open texts."""
        if self.client.refreshes_lenses:
            self.workspace_code_lens_refresh(None)
        if self.client.refreshes_hints:
            self.workspace_inlay_hint_refresh(None)

    def list_changed(self) -> None:
        """Tell a client that has asked for the list of workloads that there may be another one."""
        if self.is_list_known:
            self.is_list_known = False
            self.protocol.notify(CHANGED, None)

    # Messages for after an action.

    def remember_message(self, key: str, text: str, message: HardenedMessage) -> None:
        """Keep what is to be said once the client has made that text of the one of a key."""
        messages = self._messages.setdefault(key, {})
        messages.pop(text, None)
        messages[text] = message
        if len(messages) > MESSAGES_LIMIT:
            del messages[next(iter(messages))]

    def take_message(self, key: str, text: str) -> HardenedMessage | None:
        """What is to be said of the text that a key has now, once; None if that is nothing."""
        messages = self._messages.get(key)
        # Most texts that a client makes have another length: then nothing else is compared.
        if messages is None or not any(made == text for made in messages):
            return None
        return self._messages.pop(key)[text]

    # The loop.

    def drain(self) -> None:
        """Handle what has arrived, then do what is due, unless more has arrived by then.

        Turns of the loop between these would delay each keystroke's answer; what arrives in the
        meantime has its own turn, and answers that wait for one get theirs before.
        """
        for _ in range(len(self.inbox)):
            self.inbox.popleft()()
        while self.outbox and not self.inbox:
            self.outbox.popleft()()

    def call_later(self, delay: float, run: Callable[[], None]) -> None:
        """Run a function after some seconds, or else behind what has arrived.

        What it raises goes to the log.
        """

        def guarded() -> None:
            try:
                run()
            except Exception as error:
                self.report_server_error(error, JsonRpcException)

        if delay:
            self._timer(delay, guarded)
        else:
            self.outbox.append(guarded)
            asyncio.get_running_loop().call_soon(self.drain)

    def call_next(self, run: Callable[[], None]) -> None:
        """Run one step of a long work, in another turn of the loop, so that others have theirs."""
        asyncio.get_running_loop().call_soon(self.call_later, 0.0, run)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that waits for the client, while other messages are handled."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # The log.

    def log(
        self, message: str, type_: types.MessageType = types.MessageType.Info, once: bool = False
    ) -> None:
        """Write to the client's log, which does not interrupt its user."""
        if once:
            if message in self._logged:
                return
            self._logged.add(message)
        self.window_log_message(types.LogMessageParams(type_, message))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log an error, where pygls would open a window; an answer that is an error is no news."""
        if isinstance(error, JsonRpcContentModified | JsonRpcMethodNotFound):
            return
        data = getattr(error, "data", None)
        trace = "".join(data.get("traceback", ())) if isinstance(data, dict) else ""
        self.log(f"{error!r}\n{trace}".rstrip(), types.MessageType.Error)
        if self.question_count and not self.configured.is_set():
            # pygls drops an answer that is malformed, and a question for settings would wait on.
            self._settle(self)
