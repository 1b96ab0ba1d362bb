from collections.abc import Iterator

import pytest

from tests.brownout.running_up import RunningUp, running_up


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    """One system for the tests of a module that leave it as they found it."""
    with running_up(tmp_path_factory.mktemp("up"), "--workers", "2") as running:
        yield running
