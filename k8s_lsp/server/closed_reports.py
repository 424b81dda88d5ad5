"""What is wrong with files that are not open, kept as small as it can be until it is asked for."""

import asyncio
import json
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from k8s_lsp.server.buffers import key_of


class ClosedReport(NamedTuple):
    """The diagnostics of a file, a list in JSON that is compressed, and what stands for them."""

    uri: str
    result_id: str
    items: bytes


Known = dict[str, tuple[str, str]]
"""Of which files a client has results: their addresses and what stands for those, by their keys."""


class ClosedReports:
    """The last report of each file, by the keys of their addresses.

    `is_complete` says that no more is to come until something changes.
    """

    def __init__(self) -> None:
        self.is_complete = False
        self._kept: dict[str, ClosedReport] = {}
        self._changed = asyncio.Event()
        self._waiting = 0

    def keep(self, uri: str, result_id: str, items: bytes) -> None:
        """Keep what is wrong with a file, a list in JSON."""
        self._kept[key_of(uri)] = ClosedReport(uri, result_id, zlib.compress(items, 1))

    def drop(self, uri: str) -> bool:
        """Forget a file; whether anything was known of it."""
        return self._kept.pop(key_of(uri), None) is not None

    def addresses(self) -> list[str]:
        """The addresses of all files of which something is kept."""
        return [kept.uri for kept in self._kept.values()]

    def changed(self) -> None:
        """Wake up who waits for news."""
        before, self._changed = self._changed, asyncio.Event()
        before.set()

    async def wait(self) -> None:
        """Wait until something has changed."""
        await self._changed.wait()

    def begin_waiting(self) -> int:
        """The number of one who waits; who waited before is woken up, and waits in vain."""
        self._waiting += 1
        self.changed()
        return self._waiting

    def is_waited_for(self, number: int) -> bool:
        """Whether nobody has begun to wait since."""
        return number == self._waiting

    def news(self, known: Known) -> Iterator[tuple[str, str, bytes]]:
        """What a client does not know: of each file its address, the identifier, and the report."""
        for key, kept in self._kept.items():
            if known.get(key, ("", ""))[1] != kept.result_id:
                yield kept.uri, kept.result_id, _full(kept)

    def unchanged(self, known: Known) -> Iterator[bytes]:
        """The reports that a client knows already."""
        for key, kept in self._kept.items():
            if known.get(key, ("", ""))[1] == kept.result_id:
                yield (
                    f'{{"kind":"unchanged","uri":{json.dumps(kept.uri)},"version":null,'
                    f'"resultId":"{kept.result_id}"}}'
                ).encode()

    def is_kept(self, key: str) -> bool:
        """Whether something is known of a file."""
        return key in self._kept


def _full(kept: ClosedReport) -> bytes:
    beginning = (
        f'{{"kind":"full","uri":{json.dumps(kept.uri)},"version":null,'
        f'"resultId":"{kept.result_id}","items":'
    )
    return beginning.encode() + zlib.decompress(kept.items) + b"}"


def nothing_about(uri: str) -> bytes:
    """The report of a file of which nothing is to be said any more."""
    return f'{{"kind":"full","uri":{json.dumps(uri)},"version":null,"items":[]}}'.encode()
