import os
import shutil
import signal
import subprocess
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import orjson
import psutil

from system.models import catalogue
from tests.brownout.called import Called
from tests.brownout.running_up import COMMAND, END_S, RunningUp, eventually, get, gone, infer, running_up
from tests.brownout.terminal import at_terminal

ERASE_LINE: Final = "\x1b[2K"


def test_it_answers_requests_soon_after_it_was_started(up: RunningUp) -> None:
    assert infer(up.url, "what a lovely day")["output"] == "POSITIVE"
    assert [worker["id"] for worker in get(f"{up.url}/status")["workers"]] == ["worker1", "worker2", "worker3"]
    assert f"curl {up.url}/infer" in up.said
    assert (up.logs / "coordinator.log").stat().st_size > 0


def test_a_worker_killed_under_load_is_started_again_and_no_request_fails(up: RunningUp) -> None:
    before = get(f"{up.url}/status")["tasks_completed"]
    load = subprocess.Popen(
        (*COMMAND, "load", up.url, "--rate", "40", "--seconds", "4", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: get(f"{up.url}/status")["tasks_completed"] > before + 20, "twenty answers")
    os.kill(up.pids["worker2"], signal.SIGKILL)
    summary = orjson.loads(load.communicate(timeout=60)[0])
    assert load.returncode == 0, summary
    assert summary["failed"] == 0
    assert summary["answered"] == summary["sent"] > 80
    up.await_line("worker2 exited (SIGKILL)")
    up.await_line("worker2 is back")
    eventually(lambda: all(worker["alive"] for worker in get(f"{up.url}/status")["workers"]), "all alive")


def test_a_port_taken_is_named_with_its_mend(call: Called, up: RunningUp) -> None:
    port = up.url.rpartition(":")[2]
    code, _, problems = call("up", "--port", port)
    assert code == 3
    assert f"port {port}" in problems
    assert f"brownout up --port {int(port) + 1}" in problems


def test_one_ctrl_c_stops_everything_in_order(tmp_path: Path) -> None:
    with running_up(tmp_path, "--workers", "1") as up:
        family = up.family()
        assert len(family) == 2
        up.send(signal.SIGINT)
        assert up.process.wait(END_S) == 0
        assert gone(family)
        assert up.said.endswith("stopped\n")
        assert '"event":"stopped"' in (up.logs / "coordinator.log").read_text()


def test_at_a_terminal_the_workers_are_drawn_and_the_drawing_goes_away(tmp_path: Path) -> None:
    with at_terminal(*COMMAND, "up", "--port", "0", "--workers", "1", "--no-dashboard", "--logs", str(tmp_path)) as up:
        eventually(lambda: "1 of 1 workers alive" in up.drawn, "a drawn status")
        up.process.send_signal(signal.SIGINT)
        assert up.wait(END_S) == 0
        assert "restarts" in up.drawn
        assert ERASE_LINE in up.drawn.rpartition("workers alive")[2]


def test_requests_that_were_accepted_are_answered_after_sigterm(tmp_path: Path) -> None:
    with running_up(tmp_path, "--workers", "1", environment={"MAX_DELAY": "1.5", "SEED": "1"}) as up:
        load = subprocess.Popen(
            (*COMMAND, "load", up.url, "--burst", "6", "--seconds", "1", "--json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        eventually(lambda: get(f"{up.url}/status")["tasks_submitted"] == 6, "all six accepted")
        assert get(f"{up.url}/status")["pending_requests"], "the load was over before the signal"
        family = up.family()
        up.send(signal.SIGTERM)
        assert orjson.loads(load.communicate(timeout=60)[0])["answered"] == 6
        assert up.process.wait(END_S) == 0
        assert gone(family)


def test_a_second_signal_ends_everything_at_once(tmp_path: Path) -> None:
    with running_up(tmp_path, "--workers", "1", environment={"WORKER_TIMEOUT": "60"}) as up:
        family = up.family()
        # A paused worker never answers, so the coordinator has something to drain for as long as it is allowed to.
        os.kill(up.pids["worker1"], signal.SIGSTOP)
        load = subprocess.Popen((*COMMAND, "load", up.url, "--burst", "1"), stdout=subprocess.DEVNULL)
        eventually(lambda: bool(get(f"{up.url}/status")["pending_requests"]), "a pending request")
        up.send(signal.SIGINT)
        up.await_line("draining")
        assert not gone(family)
        up.send(signal.SIGINT)
        assert up.process.wait(5) == 130
        assert gone(family)
        load.kill()
        load.wait()


def test_nothing_is_left_when_it_is_killed_itself(tmp_path: Path) -> None:
    with running_up(tmp_path, "--workers", "2") as up:
        family = up.family()
        assert len(family) == 3
        up.send(signal.SIGKILL)
        up.process.wait(END_S)
        eventually(lambda: gone(family), f"the end of {family}", END_S)


def test_a_signal_before_it_is_ready_leaves_nothing_either(tmp_path: Path) -> None:
    with running_up(tmp_path, ready=False) as up:
        up.await_line("starting")
        eventually(lambda: len(up.family()) == 4, "four processes")
        family = up.family()
        up.send(signal.SIGINT)
        assert up.process.wait(END_S) == 0
        assert gone(family)


def test_wrong_settings_of_all_processes_are_told_at_once(call: Called, tmp_path: Path) -> None:
    one = ("--workers", "1", "--port", "0", "--no-dashboard")
    code, _, problems = call("up", *one, "--logs", str(tmp_path), BATCH_SIZE="0", CRASH_RATE="7")
    assert code == 3
    assert "BATCH_SIZE='0'" in problems
    assert "CRASH_RATE='7'" in problems


def test_keys_and_certificates_are_refused_all_at_once(call: Called, tmp_path: Path) -> None:
    guards = {"API_KEYS": "a-key-of-16-characters", "TLS_CERT": "cert.pem"}
    code, _, problems = call("up", "--port", "0", "--no-dashboard", "--logs", str(tmp_path), **guards)
    assert code == 3
    assert "API_KEYS, TLS_CERT is set; unset it" in problems
    assert guards["API_KEYS"] not in problems
    assert not list(tmp_path.iterdir())


def test_a_place_where_no_log_can_be_written_is_told_with_its_mend(call: Called, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    logs = str(tmp_path / "file" / "logs")
    code, said, problems = call("up", "--port", "0", "--no-dashboard", "--logs", logs, PORT="9999")
    assert code == 3
    assert str(tmp_path / "file" / "logs") in problems
    assert "--logs DIR" in problems
    assert "PORT in the environment is not used here; --port is" in said


def test_a_worker_that_cannot_start_again_is_left_down_with_a_message(tmp_path: Path) -> None:
    model = tmp_path / "model"
    with running_up(tmp_path, "--workers", "1", environment={"MODEL": str(copy_of_the_model(model))}) as up:
        family = up.family()
        (model / "model.onnx").unlink()
        os.kill(up.pids["worker1"], signal.SIGKILL)
        assert up.process.wait(20) == 3
        assert "worker1 cannot start; left down" in up.said
        assert "model.onnx" in up.said
        assert "none of the 1 workers can start" in up.said
        assert gone(family)


def test_the_end_of_the_coordinator_ends_the_rest_and_says_so(tmp_path: Path) -> None:
    with running_up(tmp_path, "--workers", "1", "--verbose") as up:
        family = up.family()
        assert '"event":"listening"' in up.said, "verbose shows the logs"
        psutil.Process(up.pids["coordinator"]).kill()
        assert up.process.wait(END_S) == 3
        assert "the coordinator exited (SIGKILL)" in up.said
        assert gone(family)


def copy_of_the_model(directory: Path) -> Path:
    return Path(shutil.copytree(catalogue.read(catalogue.EMBEDDED).directory, directory))


def test_a_live_page_comes_with_it_and_goes_with_it(tmp_path: Path) -> None:
    with running_up(tmp_path, "--workers", "1", "--dashboard-port", "0") as up:
        up.await_line("live page: http://127.0.0.1:", timeout_s=60)
        page = up.said.partition("live page: ")[2].split()[0]
        with closing(HTTPConnection(page.removeprefix("http://"), timeout=20)) as connection:
            connection.request("GET", "/_stcore/health")
            assert connection.getresponse().status == 200
        [dashboard] = [each for each in up.family() if "streamlit" in each.cmdline()]
        dashboard.kill()
        up.await_line("the live page is gone")
        assert infer(up.url, "the rest goes on")["success"]
        family = up.family()
        up.send(signal.SIGINT)
        assert up.process.wait(END_S) == 0
        assert gone(family)


def test_a_port_of_the_live_page_that_is_taken_is_named_with_its_mend(call: Called, up: RunningUp) -> None:
    port = up.url.rpartition(":")[2]
    code, _, problems = call("up", "--port", "0", "--dashboard-port", port)
    assert code == 3
    assert f"brownout up --dashboard-port {int(port) + 1}" in problems
