from collections.abc import Iterator

import pytest

from tests.brownout.called import Called
from tests.brownout.running_up import RunningUp, running_up


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    """One system for the tests of a module that leave it as they found it."""
    with running_up(tmp_path_factory.mktemp("up")) as running:
        yield running


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Called:
    return Called(monkeypatch, capsys)
