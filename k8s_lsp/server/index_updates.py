"""What files and open texts tell -> the next index, and the open texts that it changes.

Nothing of the index is ever half of it: changes are taken in slice by slice, and the index that has
all of them is put in place at once. An open text tells of itself, whatever its file holds, once its
author pauses.
"""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

from k8s_lsp.features.convert import Document
from k8s_lsp.garbage import freeze_garbage
from k8s_lsp.server import publisher
from k8s_lsp.server.buffers import key_of
from k8s_lsp.server.documents import text_of
from k8s_lsp.server.scheduler import Superseded
from k8s_lsp.server.state import Server, Text
from k8s_lsp.workspace.file_facts import facts_of_analysis
from k8s_lsp.workspace.index import NO_INDEX, FileFacts, FilePlace, Index

SLICE = 200
"""How many files are taken into the index at once: that takes about a millisecond."""

FileChanges = Mapping[FilePlace, FileFacts | None]
"""What files tell now; None for those that tell nothing any more."""


class IndexUpdates:
    """The index of a server on its way to what holds now.

    `text_told` is called when a text has told something. `unsent` is what open texts tell since
    that was asked last; None for those that are closed. `is_advancing` says that files are
    being taken in.
    """

    def __init__(self, server: Server, text_told: Callable[[], None]) -> None:
        self._server = server
        self._text_told = text_told
        self._is_built = False
        # What is to be taken in, the index so far, and which files tell something else in it.
        self._changes: dict[FilePlace, FileFacts | None] = {}
        self._building: Index | None = None
        self.is_advancing = False
        self._news: set[FilePlace] = set()
        self._is_news = False
        # What open texts tell, by their keys, and what their files would.
        self._own: dict[str, tuple[FilePlace, FileFacts]] = {}
        self._hidden: dict[FilePlace, FileFacts | None] = {}
        # Texts that have changed, as they were when it was begun to wait for a pause.
        self._awaited: dict[str, str] = {}
        self.unsent: dict[FilePlace, FileFacts | None] = {}

    def forget(self) -> None:
        """Have an index without files, as if none had been read."""
        self._is_built = False
        for kept in (self._changes, self._own, self._hidden, self._awaited, self.unsent):
            kept.clear()
        self._building, self._is_news = NO_INDEX, True
        self._install()

    # Files.

    def take(self, changes: FileChanges, *, is_whole: bool) -> None:
        """Take what files tell now; where it `is_whole`, all others tell nothing."""
        if is_whole:
            self._building, self._is_news = NO_INDEX, True
            self._changes = dict(changes)
            for place in self._hidden:
                self._hidden[place] = self._changes.pop(place, None)
            self._changes.update(self._own.values())
            self.unsent.update(self._own.values())
        else:
            for place, facts in changes.items():
                (self._hidden if place in self._hidden else self._changes)[place] = facts
        is_first, self._is_built = not self._is_built, True
        for key in self._server.protocol.open_keys():
            known = self._own.get(key)
            is_sure = known is not None and self._hidden.get(known[0]) is not None
            if is_first or known is None or known[0] != self._server.place_of(key) or not is_sure:
                self._take_text(key)
        self._advance()

    # Texts.

    def text_changed(self, key: str, text: str) -> None:
        """Take what an open text tells, once it has not changed for a while."""
        if key not in self._awaited and self._server.folders.paths:
            self._awaited[key] = text
            self._server.call_later(publisher.TYPING_PAUSE, partial(self._pause, key))

    def closed(self, uri: str) -> None:
        """Let the file count in the stead of its text."""
        key = key_of(uri)
        self._awaited.pop(key, None)
        known = self._own.pop(key, None)
        if known is not None:
            self._withdraw(known[0])
            self._advance()
        elif (place := self._server.place_of(uri)) is not None:
            # Whoever judges files has to say again what is wrong with this one.
            self.unsent[place] = None

    def _pause(self, key: str) -> None:
        awaited, buffer = self._awaited.pop(key, None), self._server.protocol.buffer(key)
        if awaited is None or buffer is None:
            return
        if buffer.text is not awaited:
            self.text_changed(key, buffer.text)
            return
        self._take_now(key)

    def _take_text(self, key: str) -> None:
        """Take what an open text tells, if its file may count."""
        place, known = self._server.place_of(key), self._own.get(key)
        counts = place is not None and self._is_built and self._may_count(place)
        if known is not None and (known[0] != place or not counts):
            del self._own[key]
            self._withdraw(known[0])
        if place is None or not counts:
            return
        try:
            text = text_of(self._server, key, can_wait=True)
        except Superseded:
            self._server.call_later(0.0, partial(self._take_now, key))
            return
        if isinstance(text, Document):
            facts = facts_of_analysis(place.path, text.analysis)
            if place not in self._hidden:
                self._hidden[place] = self._latest(place)
            before = self._own.get(key)
            if before is None or before[1] != facts:
                self.unsent[place] = facts
            self._own[key] = place, facts
            self._changes[place] = facts

    def _take_now(self, key: str) -> None:
        self._take_text(key)
        self._advance()
        self._text_told()

    def _may_count(self, place: FilePlace) -> bool:
        """Whether a file counts, or would if it was there: not one that is left out."""
        facts = self._hidden[place] if place in self._hidden else self._latest(place)
        return facts is not None or not Path(place.path).exists()

    def _withdraw(self, place: FilePlace) -> None:
        self._changes[place] = self._hidden.pop(place, None)
        self.unsent[place] = None

    def _latest(self, place: FilePlace) -> FileFacts | None:
        """What a file tells in the index to come."""
        if place in self._changes:
            return self._changes[place]
        index = self._server.index if self._building is None else self._building
        return index.facts_of(place)

    # The index.

    def _advance(self) -> None:
        """Take in some of what there is; once it is all, the index is another one."""
        if not self.is_advancing and (self._changes or self._building is not None):
            self._take_slice()

    def _take_slice(self) -> None:
        some = dict(islice(self._changes.items(), SLICE))
        base = self._server.index if self._building is None else self._building
        for place, facts in some.items():
            del self._changes[place]
            if base.facts_of(place) != facts:
                self._news.add(place)
        self._building = base.updated(some)
        self.is_advancing = bool(self._changes)
        if self.is_advancing:
            self._server.call_next(self._take_slice)
        else:
            self._install()

    def _install(self) -> None:
        """Put the index in place, and judge the open texts again that it may matter to."""
        server, news, is_all_new = self._server, self._news, self._is_news
        assert self._building is not None
        server.index, self._building = self._building, None
        self._news, self._is_news = set(), False
        if is_all_new:
            # To search in it would stop a key for as long as to read it.
            freeze_garbage()
        server.list_changed()
        tops = {place.top for place in news}
        keys = []
        for key in server.protocol.open_keys():
            place = server.place_of(key)
            # Of what a text tells itself, it knows; a kustomization says what belongs together.
            is_own = news == {place} and not _is_kustomization(server.index, place)
            if is_all_new or (place is not None and place.top in tops and not is_own):
                server.surroundings_changed(key)
                keys.append(key)
        known = [key for key in keys if key in server.documents]
        if any(_shows_hints(server.documents[key]) for key in known):
            server.refresh_shown()
        self._judge_again(known, False)

    def _judge_again(self, keys: list[str], is_other: bool) -> None:
        """Judge open texts, one after the other; `is_other` says that one is to be pulled again."""
        if keys:
            *others, key = keys
            is_other = publisher.judge_again(self._server, key) or is_other
            self._server.call_next(partial(self._judge_again, others, is_other))
        elif is_other:
            self._server.workspace_diagnostic_refresh(None)


def _shows_hints(text: Text) -> bool:
    """Whether what other files tell may be shown between the lines of a text."""
    return isinstance(text, Document) and text.analysis.settings.inlay_hints


def _is_kustomization(index: Index, place: FilePlace | None) -> bool:
    facts = None if place is None else index.facts_of(place)
    return facts is not None and facts.kustomizes is not None
