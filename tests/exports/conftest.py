"""What is exported is asked of the command, as in its own tests."""

from tests.cli.conftest import folder, run

__all__ = ["folder", "run"]
