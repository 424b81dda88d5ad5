"""When Python looks for garbage. What is chosen about it, is chosen here. Standard library only.

Trees, findings and what is made of them hold no cycles, so that they are freed without a search;
but a search goes through all of them. These functions are for processes of our own, not for a
program that calls `main`.
"""

import gc


def pause_gc() -> None:
    """Never look for garbage, until `tune_gc`.

    For the time in which modules are loaded: what is imported stays, and to search in it takes a
    fifteenth of the start.
    """
    gc.disable()


def tune_gc() -> None:
    """Look for garbage again, seldom, and never in what is there now.

    With Python's own thresholds a `check` takes four percent longer.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


def freeze_garbage() -> None:
    """Never look for garbage in what is there now.

    A search through what an open text of 24,000 lines leads to takes half a second, and would stop
    the next keystroke for as long. What was read of a text stays while it is open.
    """
    gc.freeze()
