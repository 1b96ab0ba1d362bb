"""What a log and a terminal get to see of a download."""

import sys
from pathlib import Path
from typing import Final

import pytest

from system.models.catalogue import FULL
from system.models.progress import Progress, by_tenths
from tests.brownout.terminal import at_terminal
from tests.models import published
from tests.models.hub import Hub, serving

PATIENCE_S: Final = 30.0


def test_a_log_gets_a_line_at_the_start_and_at_each_tenth_of_each_file() -> None:
    said: list[tuple[str, int]] = []
    tell = by_tenths(lambda progress: said.append((progress.file, progress.done)))

    for file in ("a", "b"):
        for done in range(0, 1001, 7):
            tell(Progress(file, "http://hub", done, 1000))

    assert [done for file, done in said if file == "a"] == [0, 105, 203, 301, 406, 504, 602, 700, 805, 903]
    assert [done for file, done in said if file == "b"] == [done for file, done in said if file == "a"]


def test_a_log_gets_one_line_of_a_file_whose_size_is_not_known() -> None:
    said: list[int] = []
    tell = by_tenths(lambda progress: said.append(progress.done))

    for done in (0, 1, 1000):
        tell(Progress("a", "http://hub", done, None))

    assert said == [0]


def test_a_terminal_gets_a_bar_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_CACHE", str(tmp_path))
    with serving(Hub(published.files())) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        command = (sys.executable, published.__file__, "system.models.fetch", FULL)
        with at_terminal(*command) as terminal:
            assert terminal.wait(PATIENCE_S) == 0

    for file in published.ENTRY.sha256:
        assert f"\r{file}: 100%" in terminal.drawn
    assert hub.address not in terminal.drawn
    assert terminal.drawn.endswith(f"{tmp_path / published.FOLDER}\r\n")
