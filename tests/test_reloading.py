"""What files hold is read again when they change, and kept when they cannot be used."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from system.reloading import Contents, Reloading, following

PATIENCE_S = 30.0


def number(contents: Contents) -> int:
    (content,) = contents.values()
    return int(content)


def put(file: Path, content: str) -> None:
    file.write_text(content)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "number"
    file.write_text("1")
    return file


def test_a_change_is_seen_though_the_file_keeps_its_size_and_times(file: Path) -> None:
    value = Reloading([file], number)
    before = file.stat()
    file.write_text("2")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert value.again()
    assert value.current == 2
    assert not value.again()


@pytest.mark.parametrize("change", [lambda file: file.write_text("two"), Path.unlink], ids=["garbage", "gone"])
def test_what_cannot_be_used_leaves_what_was(file: Path, change: object) -> None:
    value = Reloading([file], number)
    assert callable(change)
    change(file)
    with pytest.raises((OSError, ValueError)):
        value.again()
    assert value.current == 1
    file.write_text("3")
    assert value.again()
    assert value.current == 3


def test_what_changes_while_it_is_read_is_not_taken(file: Path) -> None:
    def slowly(contents: Contents) -> int:
        if number(contents) == 2:
            file.write_text("3")
        return number(contents)

    value = Reloading([file], slowly)
    file.write_text("2")
    with pytest.raises(ValueError, match="while it was read"):
        value.again()
    assert value.current == 1
    assert value.again()
    assert value.current == 3


async def test_a_file_that_cannot_be_used_is_said_once_and_so_is_its_mending(file: Path) -> None:
    value = Reloading([file], number)
    with capture_logs() as lines:
        following_it = asyncio.create_task(value.follow(structlog.get_logger(), every_s=0.001))
        put(file, "two")
        async with asyncio.timeout(PATIENCE_S):
            while not lines:
                await asyncio.sleep(0.001)
        # Many more rounds than the two it took.
        reads = [await asyncio.to_thread(file.read_text) for _ in range(100)]
        put(file, "2")
        async with asyncio.timeout(PATIENCE_S):
            while value.current != 2:
                await asyncio.sleep(0.001)
            while len(lines) < 2:
                await asyncio.sleep(0.001)
        following_it.cancel()
    assert set(reads) == {"two"}
    assert [(line["log_level"], line["event"]) for line in lines] == [
        ("warning", "not reloaded; what was read before is kept"),
        ("info", "reloaded"),
    ]
    assert "two" in lines[0]["error"]


async def test_whatever_ends_the_scope_leaves_it_as_it_is(file: Path) -> None:
    with pytest.raises(KeyError):
        async with following(structlog.get_logger(), Reloading([file], number), None):
            raise KeyError
