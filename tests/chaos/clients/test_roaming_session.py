"""A client that asks the next coordinator where one does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from chaos.clients.roaming_session import RoamingSession
from chaos.clusters.simulated.virtual_time import run
from chaos.system_under_test import Reply
from reports.history import OpType

ANSWER: Final = Reply(OpType.OK, {"request_id": "a", "output": "POSITIVE", "status": 200})
CUT: Final = Reply(OpType.INFO, {}, "ServerDisconnectedError")
NOT_REACHED: Final = Reply(OpType.FAIL, {}, "ConnectionRefusedError")
REFUSED: Final = Reply(OpType.FAIL, {"status": 503}, "503: draining")


@dataclass
class Door:
    """Gives these replies in turn, the last one for ever, and remembers what it was asked under which key."""

    replies: list[Reply]
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    async def ask(
        self, text: str, deadline_s: float, *, key: str | None = None, traceparent: str | None = None
    ) -> Reply:
        assert deadline_s >= 0
        assert key is not None
        assert traceparent is not None
        assert key in traceparent
        self.asked.append((text, key))
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def ask(*replies: list[Reply], times: int = 1) -> tuple[list[Reply], list[Door]]:
    """What a session with a door for each list says to as many questions."""
    doors = [Door(each) for each in replies]

    async def talk() -> list[Reply]:
        session = RoamingSession({f"coordinator{at}": door for at, door in enumerate(doors)})
        return [await session.ask(f"text {number}", 2.0) for number in range(times)]

    return run(talk()), doors


def tries(reply: Reply) -> Iterator[Any]:
    yield from ((each["through"], each["type"]) for each in reply.value.get("tries", ()))


def test_each_request_begins_at_the_next_door_under_a_key_of_its_own() -> None:
    replies, doors = ask([ANSWER], [ANSWER], times=4)
    assert [each.value["through"] for each in replies] == ["coordinator1", "coordinator0"] * 2
    assert not any("tries" in each.value for each in replies)
    keys = [key for door in doors for _, key in door.asked]
    assert len(set(keys)) == 4


def test_what_one_does_not_answer_the_next_is_asked_under_the_same_key() -> None:
    (reply,), (first, second) = ask([ANSWER], [CUT])
    assert reply.type is OpType.OK
    assert reply.value["through"] == "coordinator0"
    assert list(tries(reply)) == [("coordinator1", "info")]
    assert first.asked == second.asked


def test_it_was_certainly_not_done_only_if_no_try_may_have_done_it() -> None:
    (doubtful,), _ = ask([REFUSED], [CUT])
    (certain,), _ = ask([REFUSED], [NOT_REACHED])
    assert doubtful.type is OpType.INFO
    assert certain.type is OpType.FAIL


def test_a_refusal_is_offered_to_the_others_once_and_then_taken() -> None:
    (reply,), (first, second) = ask([REFUSED], [REFUSED])
    assert reply.value["status"] == 503
    assert (len(first.asked), len(second.asked)) == (1, 1)


def test_it_goes_round_until_somebody_answers_or_its_deadline_has_passed() -> None:
    (reply,), _ = ask([NOT_REACHED, NOT_REACHED, ANSWER], [NOT_REACHED])
    assert reply.type is OpType.OK
    assert len(list(tries(reply))) == 5
    (never,), (first, _) = ask([NOT_REACHED], [NOT_REACHED])
    assert never.type is OpType.FAIL
    assert 2 <= len(first.asked) <= 25
