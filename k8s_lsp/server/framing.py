"""Bytes -> messages: the frames of the protocol, however they are cut, and what is none."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pygls.exceptions import JsonRpcException

LARGEST_MESSAGE = 256 * 2**20
"""Bytes; more than the largest text that is analysed can need, whatever is escaped in it."""

LONGEST_HEADER = 2**16
"""Bytes that are looked at together for a line of a message's header."""

_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r?\n\Z", re.IGNORECASE)
"""At the end of a line: what comes before it is left of a message whose length was wrong."""


class Incoming:
    """Makes messages of bytes, however these come; for what is no message, the error that says why.

    What has come without its end is kept, and there is never more of it than the largest message.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._length: int | None = None
        self._has_header = False
        self._passed_over = 0

    def messages(self, data: bytes) -> "Iterator[dict[str, Any] | JsonRpcException]":
        """The messages that end in the data."""
        self._bytes += data
        while True:
            if self._passed_over:
                passed = min(self._passed_over, len(self._bytes))
                self._passed_over -= passed
                del self._bytes[:passed]
            if self._has_header and self._length is not None:
                if len(self._bytes) < self._length:
                    return
                body = self._taken(self._length)
                self._length, self._has_header = None, False
                yield _message(body)
                continue
            end = self._bytes.find(b"\n", 0, LONGEST_HEADER) + 1
            if not end and len(self._bytes) < LONGEST_HEADER:
                return
            line = self._taken(end or LONGEST_HEADER)
            if found := _LENGTH.search(line):
                self._length = int(found[1])
            elif line.strip():
                pass
            elif self._length is None:
                yield _parse_error("a message without Content-Length")
            elif self._length > LARGEST_MESSAGE:
                yield _parse_error(f"a message of {self._length} bytes is too large")
                self._passed_over, self._length = self._length, None
            else:
                self._has_header = True

    def _taken(self, length: int) -> bytes:
        taken = bytes(self._bytes[:length])
        del self._bytes[:length]
        return taken


def _message(body: bytes) -> "dict[str, Any] | JsonRpcException":
    try:
        message = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return _parse_error(f"not JSON: {error}")
    if not isinstance(message, dict):
        from pygls.exceptions import JsonRpcInvalidRequest

        return JsonRpcInvalidRequest("not an object")
    if "method" in message and message.get("id", "") is None:
        # There is nothing that an answer could be told by: it is a notification.
        del message["id"]
    return message


def _parse_error(message: str) -> "JsonRpcException":
    # Only here, because the first message is read before anything of pygls is loaded.
    from pygls.exceptions import JsonRpcParseError

    return JsonRpcParseError(message)


def _refuse_constant(name: str) -> None:
    """Refuse NaN and the infinities, which Python takes and JSON has not."""
    raise ValueError(f"{name} is no number")
