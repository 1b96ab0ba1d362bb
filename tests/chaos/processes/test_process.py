import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from chaos.processes.process import OsProcess, Phase, ProcessProblem, ProcessState
from tests.polling import until

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
POLITE = (
    "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print('up', flush=True); signal.pause()"
)
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
print("child", child.pid, flush=True)
"""


def says(process: OsProcess, word: str) -> Callable[[], Awaitable[bool]]:
    async def said() -> bool:
        return word in process.log_tail()

    return said


async def never() -> bool:
    return False


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Callable[[str], OsProcess]]:
    made: list[OsProcess] = []

    def python(code: str) -> OsProcess:
        name = f"p{len(made)}"
        made.append(OsProcess(name, (sys.executable, "-c", code), log=tmp_path / "logs" / f"{name}.log"))
        return made[-1]

    yield python
    for process in made:
        await process.stop(grace_s=0)


async def test_a_process_goes_through_all_its_states_as_the_system_sees_them(make: Callable[[str], OsProcess]) -> None:
    process = make(SLEEPER)
    assert process.state == ProcessState(Phase.NEW)
    await process.start()
    await process.ready(says(process, "up"), timeout_s=10)
    assert process.pid is not None
    system = psutil.Process(process.pid)
    assert process.state == ProcessState(Phase.RUNNING)
    await process.pause()
    assert process.state == ProcessState(Phase.STOPPED)
    assert system.status() == psutil.STATUS_STOPPED
    await process.resume()
    assert process.state == ProcessState(Phase.RUNNING)
    assert await process.kill() == ProcessState(Phase.EXITED, ended_by=signal.SIGKILL)
    assert not system.is_running()


async def test_a_killed_process_starts_again_as_it_was_with_a_new_id(make: Callable[[str], OsProcess]) -> None:
    process = make(SLEEPER)
    ids = set()
    for life in (1, 2, 3):
        await process.start()
        await process.ready(says(process, "up"), timeout_s=10)
        assert process.starts == life
        ids.add(process.pid)
        await process.kill()
    assert len(ids) == 3
    assert process.log.read_text().splitlines() == ["up"] * 3


async def test_an_exit_keeps_its_code(make: Callable[[str], OsProcess]) -> None:
    process = make("raise SystemExit(7)")
    await process.start()
    assert await process.wait(timeout_s=10) == ProcessState(Phase.EXITED, code=7)
    assert str(process.state) == "exited (code 7)"


async def test_terminate_lets_a_process_end_in_its_own_way(make: Callable[[str], OsProcess]) -> None:
    process = make(POLITE)
    await process.start()
    await process.ready(says(process, "up"), timeout_s=10)
    await process.terminate()
    assert await process.wait(timeout_s=10) == ProcessState(Phase.EXITED, code=0)


async def test_waiting_has_an_end(make: Callable[[str], OsProcess]) -> None:
    process = make(SLEEPER)
    await process.start()
    with pytest.raises(TimeoutError):
        await process.wait(timeout_s=0.05)
    assert process.alive


async def test_dying_while_starting_shows_the_end_of_this_lifes_log(make: Callable[[str], OsProcess]) -> None:
    process = make("raise SystemExit('no model here')")
    process.log.parent.mkdir()
    process.log.write_text("an earlier life\n")
    await process.start()
    with pytest.raises(ProcessProblem, match=r"p0: exited \(code 1\) while starting") as problem:
        await process.ready(never, timeout_s=10)
    assert "no model here" in str(problem.value)
    assert "earlier" not in str(problem.value)


async def test_not_getting_ready_in_time_is_a_problem(make: Callable[[str], OsProcess]) -> None:
    process = make(SLEEPER)
    await process.start()
    with pytest.raises(ProcessProblem, match=r"not ready after 0\.05 s"):
        await process.ready(never, timeout_s=0.05)


async def test_a_program_that_is_not_there_is_named_before_anything_starts(tmp_path: Path) -> None:
    process = OsProcess("ghost", ("/no/such/program",), log=tmp_path / "ghost.log")
    with pytest.raises(ProcessProblem, match="ghost: cannot start, no executable '/no/such/program'"):
        await process.start()
    assert process.starts == 0


async def test_a_directory_that_is_not_there_is_named_before_anything_starts(tmp_path: Path) -> None:
    process = OsProcess("ghost", ("true",), log=tmp_path / "ghost.log", directory=tmp_path / "nowhere")
    with pytest.raises(ProcessProblem, match=r"ghost: cannot start, no directory '.*nowhere'"):
        await process.start()
    assert process.starts == 0


@pytest.mark.parametrize("verb", ["kill", "pause", "resume"])
async def test_a_dead_process_cannot_be_broken(verb: str, make: Callable[[str], OsProcess]) -> None:
    process = make("")
    await process.start()
    await process.wait(timeout_s=10)
    with pytest.raises(ProcessProblem, match="cannot send SIG"):
        await getattr(process, verb)()


async def test_starting_a_running_process_is_refused(make: Callable[[str], OsProcess]) -> None:
    process = make(SLEEPER)
    await process.start()
    with pytest.raises(ProcessProblem, match="cannot start, it is running"):
        await process.start()
    assert process.starts == 1


async def test_stop_ends_a_paused_process_politely(make: Callable[[str], OsProcess]) -> None:
    process = make(POLITE)
    await process.start()
    await process.ready(says(process, "up"), timeout_s=10)
    await process.pause()
    assert await process.stop() == ProcessState(Phase.EXITED, code=0)


async def test_stop_kills_what_does_not_listen(make: Callable[[str], OsProcess]) -> None:
    process = make(STUBBORN)
    await process.start()
    await process.ready(says(process, "up"), timeout_s=10)
    assert await process.stop(grace_s=0.05) == ProcessState(Phase.EXITED, ended_by=signal.SIGKILL)


async def test_stop_is_content_with_a_process_that_never_was_and_one_that_is_dead(
    make: Callable[[str], OsProcess],
) -> None:
    process = make("")
    assert await process.stop() == ProcessState(Phase.NEW)
    await process.start()
    await process.wait(timeout_s=10)
    assert await process.stop() == await process.stop() == ProcessState(Phase.EXITED, code=0)


async def test_a_cancelled_stop_still_kills(make: Callable[[str], OsProcess]) -> None:
    process = make(STUBBORN)
    await process.start()
    await process.ready(says(process, "up"), timeout_s=10)
    stopping = asyncio.create_task(process.stop(grace_s=600))
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert await process.wait(timeout_s=10) == ProcessState(Phase.EXITED, ended_by=signal.SIGKILL)


async def test_what_a_dead_process_left_behind_is_ended_too(make: Callable[[str], OsProcess]) -> None:
    process = make(PARENT)
    await process.start()
    await process.wait(timeout_s=10)
    child = psutil.Process(int(process.log_tail().split("child ")[1].split()[0]))
    assert child.is_running()
    await process.stop()
    await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


async def test_leaving_the_scope_by_an_error_ends_the_process(tmp_path: Path) -> None:
    process = OsProcess("p", (sys.executable, "-c", SLEEPER), log=tmp_path / "p.log")

    async def fail_inside() -> None:
        async with process:
            assert process.alive
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_inside()
    assert process.state.phase is Phase.EXITED


async def test_a_child_sees_what_it_is_given_and_little_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRASH_RATE", "1")
    show = "import os; print(os.environ.get('CRASH_RATE'), os.environ['PORT'], bool(os.environ['PATH']))"
    process = OsProcess("p", (sys.executable, "-c", show), log=tmp_path / "p.log", environment={"PORT": "7"})
    await process.start()
    await process.wait(timeout_s=10)
    assert process.log.read_text() == "None 7 True\n"


async def test_a_child_leads_its_own_session(make: Callable[[str], OsProcess]) -> None:
    process = make(SLEEPER)
    await process.start()
    assert process.pid is not None
    assert os.getsid(process.pid) == os.getpgid(process.pid) == process.pid


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a process when its parent dies")
async def test_no_process_outlives_a_harness_that_is_killed_outright(tmp_path: Path) -> None:
    harness = f"""
import asyncio, sys
from pathlib import Path
from chaos.processes.process import OsProcess

async def main():
    async with OsProcess("p", (sys.executable, "-c", {STUBBORN!r}), log=Path({str(tmp_path / "p.log")!r})) as process:
        async def up(): return "up" in process.log_tail()
        await process.ready(up, timeout_s=10)
        print(process.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", harness, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    try:
        child = psutil.Process(int(await parent.stdout.readline()))
        assert child.is_running()
    finally:
        parent.kill()
        await parent.wait()
    # Its new parent may take a moment to reap it.
    with suppress(psutil.NoSuchProcess):
        await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


async def test_many_lives_leave_no_zombie(make: Callable[[str], OsProcess]) -> None:
    process = make("")
    for _ in range(20):
        await process.start()
        await process.wait(timeout_s=10)
    assert [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE] == []
