"""What the load sends when, and what it writes down."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaos.inputs import Input
from chaos.load import Load, LoadProblem
from chaos.recorder import Recorder
from chaos.system_under_test import Reply, Session
from chaos.workload import Arrival
from reports.history import OpType
from reports.lines import read_jsonl

OK = Reply(OpType.OK, {"output": "POSITIVE"})


@dataclass(frozen=True)
class Asking:
    """A session that is one function, and the client that opens it."""

    answer: Callable[[str], Awaitable[Reply]]

    async def ask(self, text: str, deadline_s: float) -> Reply:  # noqa: ARG002 - as the protocol has it
        return await self.answer(text)

    def open(self, base_url: str) -> AbstractAsyncContextManager[Session]:
        raise NotImplementedError

    def expected(self, text: str) -> str | None:
        return "NEGATIVE" if text.startswith("known") else None


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    with Recorder(tmp_path / "history.jsonl") as recorder:
        yield recorder


def load_of(answer: Callable[[str], Awaitable[Reply]], recorder: Recorder, deadline_s: float = 10) -> Load:
    asking = Asking(answer)
    return Load(asking, asking, recorder, deadline_s=deadline_s)


def every(seconds: float, count: int) -> list[Arrival]:
    return [Arrival(number * seconds, Input(f"text {number}")) for number in range(count)]


async def test_each_request_is_asked_and_answered_in_the_history(recorder: Recorder, tmp_path: Path) -> None:
    async def answer(_text: str) -> Reply:
        return OK

    load = load_of(answer, recorder)
    await load.run([Arrival(0, Input("a", "POSITIVE")), Arrival(0.02, Input("b"))])
    recorder.flush()
    first, second = read_jsonl(tmp_path / "history.jsonl").requests
    assert (first.input, first.outcome, second.input, second.outcome) == ("a", OpType.OK, "b", OpType.OK)
    assert second.due_s - first.due_s == pytest.approx(0.02, abs=1e-5)
    assert (load.progress.offered, load.progress.answered, load.progress.by_type) == (2, 2, {OpType.OK: 2})


async def test_the_golden_answer_of_the_client_comes_before_the_label_of_the_input(recorder: Recorder) -> None:
    async def answer(_text: str) -> Reply:
        return OK

    inputs = [Input("known", "POSITIVE"), Input("known too"), Input("strange", "POSITIVE"), Input("strange too")]
    await load_of(answer, recorder).run(Arrival(0, each) for each in inputs)
    assert [(request.invoked.value or {}).get("expected") for request in recorder.history.requests] == [
        *("NEGATIVE", "NEGATIVE", "POSITIVE", None)
    ]


async def test_no_request_is_early_and_slow_answers_hold_up_nothing(recorder: Recorder) -> None:
    everybody = asyncio.Event()
    asked = 0

    async def answer(_text: str) -> Reply:
        nonlocal asked
        asked += 1
        if asked == 50:
            everybody.set()
        await everybody.wait()
        return OK

    await load_of(answer, recorder).run(every(0.002, 50))
    requests = recorder.history.requests
    assert all(request.invoked_s >= request.due_s - 1e-6 for request in requests)
    assert min(request.completed_s or 0 for request in requests) >= requests[-1].due_s


async def test_a_client_whose_fate_is_unknown_is_retired_and_the_others_ask_again(recorder: Recorder) -> None:
    async def answer(text: str) -> Reply:
        return Reply(OpType.INFO, {}, "who knows") if text == "text 0" else OK

    await load_of(answer, recorder).run(every(0.05, 4))
    assert [request.invoked.process for request in recorder.history.requests] == [0, 1, 1, 1]


async def test_a_session_that_forgets_its_deadline_is_given_up(recorder: Recorder) -> None:
    async def answer(_text: str) -> Reply:
        await asyncio.Event().wait()
        return OK

    await load_of(answer, recorder, deadline_s=0.01).run(every(0, 1))
    (request,) = recorder.history.requests
    assert (request.outcome, request.completed and request.completed.error) == (
        OpType.INFO,
        "no answer within 0.01 s",
    )


async def test_a_broken_client_ends_the_load_instead_of_blaming_the_system(recorder: Recorder) -> None:
    async def answer(_text: str) -> Reply:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as raised:
        await load_of(answer, recorder).run(every(0.5, 3))
    assert raised.group_contains(ZeroDivisionError)


async def test_more_outstanding_than_can_be_afforded_ends_the_load(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(_text: str) -> Reply:
        await asyncio.Event().wait()
        return OK

    monkeypatch.setattr("chaos.load.MOST_OUTSTANDING", 5)
    with pytest.raises(ExceptionGroup) as raised:
        await load_of(answer, recorder).run(every(0, 9))
    assert raised.group_contains(LoadProblem, match="5 requests are unanswered")


async def test_a_cancelled_load_leaves_what_is_out_without_an_answer(recorder: Recorder, tmp_path: Path) -> None:
    async def answer(_text: str) -> Reply:
        await asyncio.Event().wait()
        return OK

    load = load_of(answer, recorder)
    running = asyncio.create_task(load.run(every(0, 2)))
    async with asyncio.timeout(10):
        await load.sent.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    recorder.flush()
    assert [request.completed for request in read_jsonl(tmp_path / "history.jsonl").requests] == [None, None]


async def test_a_closed_loop_keeps_so_many_asking_until_its_time_is_over(recorder: Recorder) -> None:
    asked, most, out = 0, 0, 0

    async def answer(_text: str) -> Reply:
        nonlocal asked, most, out
        asked, out = asked + 1, out + 1
        most = max(most, out)
        await asyncio.sleep(0.01)
        out -= 1
        return OK

    load = load_of(answer, recorder)
    running = asyncio.create_task(
        load.run_closed((Arrival(0, Input(f"text {number}")) for number in range(10_000)), clients=4, seconds=0.3)
    )
    await load.sent.wait()
    at_the_end = asked
    await running
    assert most == 4
    assert 4 < asked == at_the_end
    requests = recorder.history.requests
    assert len(requests) == len({request.input for request in requests}) == asked
    assert not any(request.scheduled for request in requests)
