"""The protocol's classes are the same, whether attrs makes them at once or when they are used."""

import re
import subprocess
import sys
from textwrap import dedent

from tests.server.real_server import (
    ENVIRONMENT,
    EXIT,
    INITIALIZE,
    INITIALIZED,
    SHUTDOWN,
    framed,
    hover,
    opened,
    unframed,
)

POD = "apiVersion: v1\nkind: Pod\nspec: {hostPID: true}\n"

DESCRIBE = """
    import inspect
    import attrs
    from lsprotocol import converters, types
    converters.get_converter()
    for name, cls in sorted(types.ALL_TYPES_MAP.items()):
        if not (isinstance(cls, type) and cls.__module__ == types.__name__ and attrs.has(cls)):
            continue
        print(name, cls.__qualname__, inspect.signature(cls), cls.__match_args__, cls.__hash__)
        for field in attrs.fields(cls):
            print(" ", field)
        # Which of its methods attrs has written, and which stand in the class's own text.
        print(" ", sorted(
            f"{name} {getattr(value, '__module__', '')} {value.__code__.co_filename[:6]}"
            for name, value in vars(cls).items()
            if inspect.isfunction(value) and name not in ("__getstate__", "__setstate__")
        ))
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(r" at 0x[0-9a-f]+", "", done.stdout)


LOAD = """
    from k8s_lsp.server import lazy_types
    lazy_types.load()
"""


def test_a_class_that_is_made_later_is_the_same() -> None:
    at_once = run(DESCRIBE)
    assert at_once.count("Attribute(name=") > 1_000
    assert run(LOAD + DESCRIBE) == at_once


def test_a_class_is_made_when_it_is_instantiated_or_asked_for_its_fields() -> None:
    program = """
    import attrs
    from lsprotocol import types
    made = lambda cls: isinstance(vars(cls)["__attrs_attrs__"], tuple)
    assert not any(made(cls) for cls in (types.Position, types.Range, types.Hover, types.Location))
    class Mine(types.Location):
        pass
    here = types.Position(1, character=2)
    assert (made(types.Position), made(types.Range)) == (True, False)
    assert here == types.Position(1, 2) != types.Position(1, 3) and repr(here) == "1:2"
    assert type(here) is types.Position
    assert [field.name for field in attrs.fields(types.Range)] == ["start", "end"]
    assert attrs.has(types.Hover) and not attrs.has(types.MessageType)
    assert Mine("file:///a", None).uri == "file:///a" and made(types.Location)
    for wrong in (lambda: types.Position(-1, 0), lambda: setattr(here, "line", "x")):
        try:
            wrong()
        except ValueError:
            continue
        raise AssertionError("what the protocol forbids is refused")
    """
    run(LOAD + program)


def test_nothing_else_is_put_off() -> None:
    program = """
    import attrs
    @attrs.define
    class Own:
        here: int
    assert Own.__slots__ == ("here", "__weakref__") and Own(1).here == 1
    """
    run(LOAD + program)


def test_what_is_loaded_already_stays() -> None:
    before = """
    from lsprotocol import types
    known = types.Position
    """
    after = """
    assert types.Position is known and known.__slots__
    """
    run(before + LOAD + after)


MOST_MADE = 80
"""Of 554 classes; each takes attrs about 0.4 ms."""


def test_a_session_makes_few_of_the_classes() -> None:
    program = """
    import os, runpy, sys
    def end(status):
        from lsprotocol import types
        classes = [vars(cls) for cls in types.ALL_TYPES_MAP.values() if isinstance(cls, type)]
        made = [members for members in classes if "__attrs_own_setattr__" in members]
        print(len(made), file=sys.stderr, flush=True)
        leave(status)
    leave, os._exit = os._exit, end
    sys.argv = ["k8s-lsp", "server"]
    runpy.run_module("k8s_lsp", run_name="__main__")
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)],
        input=framed(INITIALIZE, INITIALIZED, opened(POD), hover(3), SHUTDOWN, EXIT),
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    answers = [message["id"] for message in unframed(done.stdout) if "method" not in message]
    assert answers == [1, 3, 2]
    assert 10 < int(done.stderr) < MOST_MADE
