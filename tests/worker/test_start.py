"""A worker that cannot start says all that is wrong, once, and is gone."""

import shutil
import socket
from pathlib import Path

from system.models import catalogue
from tests.worker.running_worker import serving, start_and_fail


async def test_all_wrong_settings_are_named_at_once() -> None:
    code, complaint = await start_and_fail(
        {"CRASH_RATE": 1.5, "MAX_DELAY": "-1", "PORT": "http", "SEED": "x", "DRAIN_TIMEOUT": "nan", "LOG_LEVEL": "loud"}
    )

    assert code == 2
    assert "Traceback" not in complaint
    named = {line.removeprefix("  - ").partition(":")[0] for line in complaint.splitlines()[1:]}
    assert named == {
        "CRASH_RATE='1.5'",
        "MAX_DELAY='-1'",
        "PORT='http'",
        "SEED='x'",
        "DRAIN_TIMEOUT='nan'",
        "LOG_LEVEL='loud'",
    }
    assert "0 to 1, the probability of a crash per batch" in complaint


async def test_a_taken_port_is_an_error_and_not_shared() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        code, complaint = await start_and_fail({"PORT": port})

    assert code == 2
    header, problem = complaint.splitlines()
    assert header == "cannot start:"
    assert f"HOST='127.0.0.1' PORT='{port}': cannot listen there: Address already in use" in problem


async def test_two_workers_do_not_share_a_port() -> None:
    async with serving() as (worker, client):
        port = (await worker.line("listening"))["port"]

        code, complaint = await start_and_fail({"PORT": port})

        assert code == 2
        assert f"PORT='{port}'" in complaint
        assert (await client.infer(["a joy"])).success


async def test_an_address_of_another_machine_is_an_error() -> None:
    code, complaint = await start_and_fail({"HOST": "192.0.2.1"})

    assert code == 2
    assert "HOST='192.0.2.1'" in complaint


async def test_a_corrupt_model_is_named_with_its_mend(tmp_path: Path) -> None:
    embedded = Path(catalogue.__file__).parent / catalogue.EMBEDDED
    own = shutil.copytree(embedded, tmp_path / "own")
    graph = own / catalogue.GRAPH
    graph.write_bytes(graph.read_bytes()[:1000])

    code, complaint = await start_and_fail({"MODEL": own})

    assert code == 2
    assert "Traceback" not in complaint
    assert f"{graph}: expected an ONNX graph" in complaint
    assert "export the model again" in complaint


async def test_a_missing_model_is_named_with_what_there_is() -> None:
    code, complaint = await start_and_fail({"MODEL": "no-such-model"})

    assert code == 2
    assert "MODEL='no-such-model'" in complaint
    assert catalogue.EMBEDDED in complaint


async def test_an_empty_variable_counts_as_unset() -> None:
    async with serving(CRASH_RATE="", MAX_DELAY="", MODEL="", SEED="", WORKER_ID="") as (_, client):
        assert (await client.health_check()).worker_id == socket.gethostname()
