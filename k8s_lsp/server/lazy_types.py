"""The classes of the protocol, each made by attrs when it is used first.

lsprotocol has 554 of them, a session uses about 50, and attrs writes and compiles the methods of
each: 220 of the 490 ms from the start of the process to the first findings, and as many in the
process that reads the files. So `attrs.define` is put off while `lsprotocol.types` is loaded. The
classes stay what they are, so that whoever imports them notices nothing; only their instances keep
their attributes in a dictionary, because attrs would make another class for slots.

`load` has to come before whatever imports lsprotocol; without it, all is slower and nothing is
other. A class that is not made yet knows no instances, so that none may be unpickled.
"""

import sys
from collections.abc import Callable
from threading import RLock
from typing import Any

import attrs

_TYPES = "lsprotocol.types"

_define: Callable[..., Any] = attrs.define

_making = RLock()


def load() -> None:
    """Load the protocol's classes without making them; nothing is done where they are loaded."""
    if _TYPES in sys.modules:
        return
    attrs.define = _put_off  # type: ignore[assignment]
    try:
        import lsprotocol.types  # noqa: F401
    finally:
        attrs.define = _define
    from lsprotocol import _hooks

    # The names in the annotations of a class are looked up when it is made, not of all at once.
    _hooks._resolved_forward_references = True


def _put_off(cls: Any = None, **options: Any) -> Any:
    """Stand in for `attrs.define`: a class is made when it is called or asked for its fields."""
    if cls is None or options or cls.__module__ != _TYPES:
        return _define(cls, **options)

    def __init__(self: Any, *arguments: Any, **named: Any) -> None:
        _make(cls)
        self.__init__(*arguments, **named)

    cls.__init__ = __init__
    cls.__attrs_attrs__ = _PENDING
    return cls


class _Pending:
    """Stands for the fields of a class that is not made yet."""

    def __get__(self, _: object, owner: Any) -> Any:
        for cls in owner.__mro__:
            _make(cls)
        return owner.__attrs_attrs__


_PENDING = _Pending()


def _make(cls: Any) -> None:
    """Let attrs make a class, unless it has or has nothing to."""
    with _making:
        if vars(cls).get("__attrs_attrs__") is _PENDING:
            # attrs keeps what a class has, as if a person had written it.
            del cls.__init__, cls.__attrs_attrs__
            _define(cls, slots=False)
            attrs.resolve_types(cls, sys.modules[_TYPES].ALL_TYPES_MAP, {})
