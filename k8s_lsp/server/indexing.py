"""The worker that reads the files of the open folders: what it is asked, and what it answers.

It is asked for everything once the settings are known, and then for what has changed: as the client
tells, or, where that cannot, for everything again whenever a text is opened or saved. Whatever
comes within a pause is one question, and what is told is taken into the index when all of it is
there.
"""

from collections.abc import Iterable
from uuid import uuid4

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException

from k8s_lsp.server import closed_files
from k8s_lsp.server.folders import Choices
from k8s_lsp.server.index_updates import IndexUpdates
from k8s_lsp.server.publisher import TYPING_PAUSE
from k8s_lsp.server.reader import MOST_FILES, Answer, Counted, Finished, Judged, Read, Request, Told
from k8s_lsp.server.state import Server
from k8s_lsp.server.worker import StartWorker, Worker
from k8s_lsp.workspace.index import FileFacts, FilePlace

PROGRESS_FROM = 100
"""How many files are read without a word."""

MOST_STARTS = 3
"""How often a worker is started that ends by itself."""


class Indexing:
    """What is asked of the worker of one server, and what it has told so far."""

    def __init__(self, server: Server, start_worker: StartWorker) -> None:
        self._server = server
        self._start_worker = start_worker
        self._updates = IndexUpdates(server, self._tell_own)
        self._progress = _Progress(server)
        self._worker: Worker | None = None
        self._lost = 0
        # The folders and settings with which it was cancelled.
        self._cancelled: Choices | None = None
        # What is to be asked next, and whether that waits for more.
        self._chooses = False
        self._written: set[str] = set()
        self._is_due = False
        # Whether a question is not answered yet, whether that is the first one, what was told.
        self._is_reading = False
        self._is_whole = False
        self._told: dict[FilePlace, FileFacts | None] = {}
        # Whether what open texts tell matters to the worker, because it judges other files.
        self._judges = False

    @property
    def is_reading(self) -> bool:
        """Whether files are read, or about to be, so that the index becomes another one."""
        return self._is_due or self._is_reading or self._updates.is_advancing

    # What may have changed.

    def renew(self) -> None:
        """Look at everything again: folders, settings or files may be others."""
        if self._cancelled == self._server.folders.choices:
            return
        self._cancelled = None
        is_first = self._worker is None
        self._chooses = True
        if self._server.folders.paths or not is_first:
            self._ask_soon(0.0 if is_first else TYPING_PAUSE)

    def written(self, addresses: Iterable[str]) -> None:
        """Look at files that were written, created or deleted, and at folders that are gone."""
        if self._worker is not None:
            self._written.update(addresses)
            if self._written:
                self._ask_soon()

    def text_changed(self, key: str, text: str) -> None:
        """Take what an open text tells, once it has not changed for a while."""
        self._updates.text_changed(key, text)

    def closed(self, uri: str) -> None:
        """Let the file count again in the stead of its text."""
        self._updates.closed(uri)
        self._tell_own()

    def cancel(self, token: str | int) -> None:
        """Read no more, if that is what is cancelled, until folders or settings are others."""
        if self._progress.is_of(token):
            self._server.log("the files of the folders are not read: that was cancelled")
            self._cancelled = self._server.folders.choices
            self.end()
            self._forget()

    def end(self) -> None:
        """End what works beside the server."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    # What is asked.

    def _ask_soon(self, delay: float = TYPING_PAUSE) -> None:
        if not self._is_due:
            self._is_due = True
            self._server.call_later(delay, self._ask)

    def _ask(self) -> None:
        self._is_due = False
        if self._is_reading:
            # It is asked when that has been told.
            return
        if self._worker is None and not self._chooses:
            # What was to be asked was given up meanwhile.
            return
        if not self._server.folders.paths:
            self.end()
            self._forget()
            return
        if self._worker is None:
            self._worker = self._start()
        self._worker.ask(
            Request(
                self._server.folders.choices if self._chooses else None,
                frozenset(self._written),
                {**self._updates.unsent},
                self._server.client,
            )
        )
        self._updates.unsent.clear()
        self._written.clear()
        self._chooses, self._is_reading = False, True

    def _start(self) -> Worker:
        """Start a worker, which knows nothing yet."""
        self._is_whole = True
        self._told.clear()
        return self._start_worker(self._take)

    def _tell_own(self) -> None:
        """Tell the worker what open texts tell, if it has to know."""
        if self._judges and self._updates.unsent:
            self._ask_soon()

    def _forget(self) -> None:
        """Go on as if no file had been read."""
        self._progress.end()
        self._chooses, self._is_reading, self._judges = False, False, False
        self._written.clear()
        self._told.clear()
        self._updates.forget()
        closed_files.drop_all(self._server)

    # What is answered.

    def _take(self, answer: Answer | None) -> None:
        match answer:
            case None:
                self._restart()
            case Counted(files, left_out):
                if files >= PROGRESS_FROM:
                    self._progress.begin(files)
                if left_out:
                    message = f"{left_out} files are not read: {MOST_FILES} are the most"
                    self._server.log(message, types.MessageType.Warning, once=True)
            case Told(changes, failures):
                self._told.update(changes)
                self._progress.advance(len(changes))
                for failure in failures:
                    self._server.log(failure, types.MessageType.Error, once=True)
            case Read(judges):
                self._take_all(judges)
            case Judged(reports):
                closed_files.take(self._server, reports)
            case Finished(is_interrupted):
                closed_files.finish(self._server, is_complete=not is_interrupted)

    def _take_all(self, judges: bool) -> None:
        """Everything has been told that is different."""
        self._progress.end()
        told, self._told = self._told, {}
        self._updates.take(told, is_whole=self._is_whole)
        self._is_reading, self._is_whole, self._judges = False, False, judges
        self._server.list_changed()
        self._tell_own()
        if self._chooses or self._written:
            self._ask_soon()

    def _restart(self) -> None:
        """Begin anew after the worker has ended by itself, but not for ever."""
        self._worker, self._is_reading = None, False
        self._progress.end()
        self._lost += 1
        if self._lost < MOST_STARTS:
            message = "what reads the files of the folders has ended, and is started again"
            self._server.log(message, types.MessageType.Warning)
            self.renew()
        else:
            message = "the files of the folders are not read any more: what reads them has ended"
            self._server.log(message, types.MessageType.Error)
            self._forget()


class _Progress:
    """What the client shows of the reading, if it can."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._token: str | None = None
        self._is_shown = False
        self._files = 0
        self._done = 0

    def is_of(self, token: str | int) -> bool:
        """Whether a token is that of what is being shown."""
        return token == self._token

    def begin(self, files: int) -> None:
        """Show that so many files will be read."""
        capability = "window.work_done_progress"
        if self._token is None and get_capability(self._server.client_capabilities, capability):
            self._token, self._files, self._done = str(uuid4()), files, 0
            self._server.start(self._create(self._token))

    def advance(self, files: int) -> None:
        """Show that so many more have been read."""
        before, self._done = self._percentage(), self._done + files
        if self._is_shown and self._percentage() > before:
            self._tell(types.WorkDoneProgressReport(percentage=self._percentage()))

    def end(self) -> None:
        """Show that it is over."""
        if self._is_shown:
            self._tell(types.WorkDoneProgressEnd())
        self._token, self._is_shown = None, False

    async def _create(self, token: str) -> None:
        try:
            await self._server.work_done_progress.create_async(token)
        except JsonRpcException:
            return
        if token == self._token:
            self._is_shown = True
            self._tell(
                types.WorkDoneProgressBegin(
                    "Reading manifests", cancellable=True, percentage=self._percentage()
                )
            )

    def _percentage(self) -> int:
        return min(100 * self._done // max(self._files, 1), 100)

    def _tell(
        self,
        value: types.WorkDoneProgressBegin
        | types.WorkDoneProgressReport
        | types.WorkDoneProgressEnd,
    ) -> None:
        assert self._token is not None
        self._server.protocol.notify(types.PROGRESS, types.ProgressParams(self._token, value))
