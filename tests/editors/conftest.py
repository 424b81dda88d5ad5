"""Start an editor with an empty home."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.editors.driver import Driver
from tests.editors.setups import Setup

Start = Callable[[Setup], AbstractContextManager[Driver]]


@pytest.fixture(scope="session")
def start(program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Give a function that runs an editor, if all the commands that it needs are there."""

    def started(setup: Setup) -> AbstractContextManager[Driver]:
        commands = [program(name) for name in setup.commands]
        return setup.running(commands, setup.configuration, tmp_path_factory.mktemp("home"))

    return started
