"""One file from a server that cuts, stalls, refuses and lies; every byte over a real socket."""

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from system.models.download import CHUNK_BYTES, DownloadError, download
from system.models.progress import Progress, in_silence
from tests.models.hub import Hub, serving

CONTENT = Random(4).randbytes(1_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PATH = "/model.onnx"


def whole_chunks(sent: int) -> int:
    """What is kept of an answer that was cut after so many bytes."""
    return sent - sent % CHUNK_BYTES


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub({PATH: CONTENT})) as hub:
        yield hub


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    return tmp_path / "model.onnx.partial"


def test_progress_grows_from_nothing_to_the_whole(hub: Hub, partial: Path) -> None:
    told: list[Progress] = []

    download(hub.address + PATH, partial, SHA256, told.append)

    assert partial.read_bytes() == CONTENT
    done = [each.done for each in told]
    assert done[0] == 0
    assert done == sorted(set(done))
    assert done[-1] == len(CONTENT)
    assert len(done) > 3
    assert {(each.file, each.url, each.total) for each in told} == {
        ("model.onnx", hub.address + PATH, len(CONTENT)),
    }


def test_a_cut_connection_goes_on_where_it_was_cut(hub: Hub, partial: Path) -> None:
    hub.cuts = [300_000, 0, 200_000]

    download(hub.address + PATH, partial, SHA256, in_silence)

    assert partial.read_bytes() == CONTENT
    first = whole_chunks(300_000)
    last = first + whole_chunks(200_000)
    assert [wanted for _, wanted in hub.asked] == [None, f"bytes={first}-", f"bytes={first}-", f"bytes={last}-"]


def test_what_an_earlier_run_left_is_not_fetched_again(hub: Hub, partial: Path) -> None:
    partial.write_bytes(CONTENT[:999_000])

    download(hub.address + PATH, partial, SHA256, in_silence)

    assert partial.read_bytes() == CONTENT
    assert hub.asked == [(PATH, "bytes=999000-")]


def test_a_whole_file_that_an_earlier_run_left_is_taken(hub: Hub, partial: Path) -> None:
    partial.write_bytes(CONTENT)

    download(hub.address + PATH, partial, SHA256, in_silence)

    assert partial.read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"x" * 1000, b"x" * 2_000_000], ids=["shorter", "longer"])
def test_the_beginning_of_another_file_is_thrown_away(hub: Hub, partial: Path, left: bytes) -> None:
    partial.write_bytes(left)

    download(hub.address + PATH, partial, SHA256, in_silence)

    assert partial.read_bytes() == CONTENT


def test_a_server_without_ranges_sends_all_of_it_again(hub: Hub, partial: Path) -> None:
    hub.ranges = False
    hub.cuts = [300_000]

    download(hub.address + PATH, partial, SHA256, in_silence)

    assert partial.read_bytes() == CONTENT
    assert len(hub.asked) == 2


def test_a_server_that_is_busy_is_asked_again(hub: Hub, partial: Path) -> None:
    hub.statuses = [503, 429]

    download(hub.address + PATH, partial, SHA256, in_silence)

    assert partial.read_bytes() == CONTENT


def test_another_file_is_named_by_its_sum_and_not_kept(hub: Hub, partial: Path) -> None:
    hub.files = {PATH: b"an error page"}

    with pytest.raises(DownloadError, match=f"{hashlib.sha256(b'an error page').hexdigest()} \\(13 bytes\\)"):
        download(hub.address + PATH, partial, SHA256, in_silence)

    assert not partial.exists()


def test_a_file_that_is_not_there_is_asked_for_once(hub: Hub, partial: Path) -> None:
    with pytest.raises(DownloadError, match="404"):
        download(hub.address + "/elsewhere", partial, SHA256, in_silence)

    assert len(hub.asked) == 1


def test_a_server_that_always_cuts_is_given_up_and_what_came_is_kept(hub: Hub, partial: Path) -> None:
    hub.cuts = [400_000, 0, 0, 0]

    kept = whole_chunks(400_000)
    with pytest.raises(DownloadError, match=f"Connection broken: .* after {kept} bytes"):
        download(hub.address + PATH, partial, SHA256, in_silence)

    assert partial.read_bytes() == CONTENT[:kept]
    assert hub.cuts == []


def test_a_server_that_is_not_there_is_said_in_one_line(partial: Path) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # bound and not listening: refused

        with pytest.raises(DownloadError) as problem:
            download(f"http://127.0.0.1:{unheard.getsockname()[1]}{PATH}", partial, SHA256, in_silence)

    assert str(problem.value).endswith("Connection refused")
    assert "\n" not in str(problem.value)
