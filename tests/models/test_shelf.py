"""A model that is downloaded: once for several processes, never again, and with all that a person needs if not."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from system.models import catalogue
from system.models.catalogue import CATALOGUE, CONFIG, EMBEDDED, FULL, GRAPH, TOKENIZER, ModelError
from system.models.classifier import Classifier
from system.models.progress import Progress
from system.models.source import Source
from tests.models import published
from tests.models.hub import Hub, serving
from tests.models.published import FOLDER, ORIGIN

PATIENCE_S = 30.0


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub(published.files())) as hub:
        yield hub


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unheard.getsockname()[1]}"


@pytest.fixture(autouse=True)
def _published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "CATALOGUE", published.PUBLISHED)


def fetching(endpoint: str, cache: Path) -> subprocess.Popen[str]:
    """The command of another process."""
    return subprocess.Popen(
        [sys.executable, published.__file__, "system.models.fetch", FULL],
        env={"PATH": os.environ["PATH"], "HF_ENDPOINT": endpoint, "MODEL_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_downloaded_model_answers_and_is_not_fetched_again(hub: Hub, nobody: str, tmp_path: Path) -> None:
    told: list[Progress] = []
    first = catalogue.read(FULL, source=Source(hub.address, tmp_path), tell=told.append)

    assert first.directory == tmp_path / FOLDER
    assert {each.file for each in told} == {GRAPH, TOKENIZER, CONFIG}
    assert [path for path, _ in hub.asked] == list(hub.files)
    assert sorted(path.name for path in first.directory.iterdir() if path.name != ".lock") == [CONFIG, GRAPH, TOKENIZER]

    second = Classifier.load(catalogue.read(FULL, source=Source(nobody, tmp_path)))
    assert second.classify_one("a gripping, funny, wonderful film").label == "POSITIVE"
    assert second.classify_one("a dull and lifeless mess").label == "NEGATIVE"


def test_a_model_reads_as_many_tokens_as_its_entry_says(hub: Hub, tmp_path: Path) -> None:
    long = Classifier.load(catalogue.read(FULL, source=Source(hub.address, tmp_path)))
    short = Classifier.load(catalogue.read(EMBEDDED))
    # Two tokens frame a text. What decides stands behind the 128th and before the 512th.
    text = "terrible " * 200 + "wonderful " * 400

    assert short.classify_one(text) == short.classify_one("terrible " * 200)
    assert long.classify_one(text) != long.classify_one("terrible " * 200)
    assert long.classify_one(text) == long.classify_one(text + "terrible " * 200)


def test_two_processes_that_start_at_once_download_once(hub: Hub, tmp_path: Path) -> None:
    hub.gate.clear()
    first = fetching(hub.address, tmp_path)
    deadline = time.monotonic() + PATIENCE_S
    while not hub.asked:
        assert time.monotonic() < deadline, "the first never asked"
        time.sleep(0.01)
    second = fetching(hub.address, tmp_path)
    assert second.stderr is not None
    waiting = second.stderr.readline()
    hub.gate.set()

    for process in (first, second):
        folder, _ = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, folder) == (0, f"{tmp_path / FOLDER}\n")
    assert waiting == "model.onnx: another process is downloading it\n"
    assert len(hub.asked) == 3


def test_a_process_killed_in_its_download_leaves_what_the_next_goes_on_with(hub: Hub, tmp_path: Path) -> None:
    hub.gate.clear()
    killed = fetching(hub.address, tmp_path)
    partial = tmp_path / FOLDER / "model.onnx.partial"
    deadline = time.monotonic() + PATIENCE_S
    while not partial.exists() or partial.stat().st_size < 1_000_000:
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    hub.gate.set()

    assert catalogue.read(FULL, source=Source(hub.address, tmp_path)).graph == hub.files[ORIGIN.url("", GRAPH)]
    wanted = re.fullmatch(r"bytes=(\d+)-", hub.asked[1][1] or "")
    assert wanted is not None
    assert int(wanted[1]) >= 1_000_000


def test_without_a_hub_each_missing_file_is_named_with_its_sum_its_address_and_its_place(
    nobody: str, tmp_path: Path
) -> None:
    by_hand = tmp_path / FOLDER / TOKENIZER
    by_hand.parent.mkdir()
    shutil.copy(Path(catalogue.__file__).parent / EMBEDDED / TOKENIZER, by_hand)

    with pytest.raises(ModelError) as refused:
        catalogue.read(FULL, source=Source(nobody, tmp_path))

    graph, config, mend = refused.value.problems
    for problem, file in ((graph, GRAPH), (config, CONFIG)):
        assert f"{tmp_path / FOLDER / file}: expected sha256 {published.ENTRY.sha256[file]}" in problem
        assert f"from {ORIGIN.url(nobody, file)}, found: " in problem
    assert "Connection refused" in graph
    assert f"into {tmp_path / FOLDER} by hand" in mend
    assert "HF_ENDPOINT" in mend


def test_files_put_there_by_hand_are_enough(nobody: str, tmp_path: Path) -> None:
    shutil.copytree(Path(catalogue.__file__).parent / EMBEDDED, tmp_path / FOLDER)

    assert catalogue.read(FULL, source=Source(nobody, tmp_path)).labels == ("NEGATIVE", "POSITIVE")


def test_a_wrong_file_put_there_by_hand_is_named_and_left_alone(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / GRAPH).write_bytes(b"not it")

    with pytest.raises(ModelError) as refused:
        catalogue.read(FULL, source=Source(hub.address, tmp_path))

    (problem,) = refused.value.problems
    assert f"expected sha256 {published.ENTRY.sha256[GRAPH]}, found {hashlib.sha256(b'not it').hexdigest()}" in problem
    assert "move it away" in problem
    assert (tmp_path / FOLDER / GRAPH).read_bytes() == b"not it"


def test_a_hub_with_another_file_is_told_from_one_without_it(hub: Hub, tmp_path: Path) -> None:
    hub.files = {**hub.files, ORIGIN.url("", TOKENIZER): b"not it"}

    with pytest.raises(ModelError) as refused:
        catalogue.read(FULL, source=Source(hub.address, tmp_path))

    problem, _, _ = refused.value.problems
    assert f"expected sha256 {published.ENTRY.sha256[TOKENIZER]} from {ORIGIN.url(hub.address, TOKENIZER)}" in problem
    assert f"found: sha256 {hashlib.sha256(b'not it').hexdigest()}" in problem
    assert not (tmp_path / FOLDER / TOKENIZER).exists()


def test_a_cache_that_cannot_be_used_is_named(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ModelError, match=r"MODEL_CACHE: cannot use .*/file/"):
        catalogue.read(FULL, source=Source(hub.address, tmp_path / "file"))


def test_the_embedded_model_needs_nothing_that_downloads() -> None:
    program = (
        "import sys; from system.models import catalogue; catalogue.read(catalogue.EMBEDDED);"
        "print(sorted({'requests', 'urllib3', 'filelock', 'tqdm', 'platformdirs'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_command_tells_what_is_missing_and_fails(nobody: str, tmp_path: Path) -> None:
    command = fetching(nobody, tmp_path)
    said, complaint = command.communicate(timeout=PATIENCE_S)

    assert (command.returncode, said) == (1, "")
    assert complaint.count("\n") == len(CATALOGUE[FULL].sha256) + 1
    assert "Traceback" not in complaint


def test_the_command_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    from system.models import fetch

    with pytest.raises(SystemExit, match="0"):
        fetch.main(["--help"])

    taught = capsys.readouterr().out
    for word in (FULL, "MODEL_CACHE", "HF_ENDPOINT", "REQUESTS_CA_BUNDLE", "by hand"):
        assert word in taught
