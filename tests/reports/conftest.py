"""What the tests of reports ask to judge them: the validator of SARIF."""

import pytest

from tests.conftest import absent
from tests.oracles.sarif import Multitool, NoMultitoolError, installed


@pytest.fixture(scope="session")
def multitool() -> Multitool:
    """Give the validator by the makers of SARIF."""
    try:
        return installed()
    except NoMultitoolError as reason:
        absent("sarif-multitool", str(reason))
