"""What a call may ask for, and how the wrong with it is told."""

import math

import pytest

from proto import inference_pb2
from system.worker.batch import MAX_ID_CHARACTERS, MAX_ITEMS, Batch, Item
from system.worker.refusal import MalformedBatchError


def asked(
    ids: list[str], texts: list[str], times_s: list[float] | None = None, traceparents: list[str] | None = None
) -> inference_pb2.InferRequest:
    return inference_pb2.InferRequest(
        request_ids=ids, input_texts=texts, time_remaining_s=times_s, traceparents=traceparents
    )


def problem(request: inference_pb2.InferRequest) -> str:
    with pytest.raises(MalformedBatchError) as refused:
        Batch.read(request, now=0, remaining_s=None)
    return str(refused.value)


def test_a_batch_counts_its_deadlines_from_its_arrival() -> None:
    batch = Batch.read(asked(["a", "b", "c"], ["x", "y", "z"], [1.5, math.inf, -1]), now=100, remaining_s=3)

    assert batch.request_ids == ("a", "b", "c")
    assert batch.items == (Item("x", 101.5), Item("y", math.inf), Item("z", 99))
    assert batch.deadline == 103


def test_without_times_only_the_call_has_a_deadline() -> None:
    batch = Batch.read(asked(["a"], ["x"], traceparents=["00-1-2-01"]), now=100, remaining_s=None)

    assert batch.items == (Item("x", math.inf),)
    assert batch.deadline == math.inf


def test_a_batch_of_nothing_is_one() -> None:
    assert Batch.read(asked([], []), now=0, remaining_s=None).items == ()


def test_as_much_as_is_taken_is_taken() -> None:
    ids = [f"{index}".rjust(MAX_ID_CHARACTERS) for index in range(MAX_ITEMS)]

    assert len(Batch.read(asked(ids, [""] * MAX_ITEMS), now=0, remaining_s=None).items) == MAX_ITEMS


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (asked(["a"], ["x", "y"]), "request_ids has 1 items and input_texts 2; they must be as many"),
        (asked(["a"], []), "request_ids has 1 items and input_texts 0; they must be as many"),
        (asked(["a"], ["x"], [1, 2]), "time_remaining_s has 2 items and input_texts 1; it must have none or as many"),
        (asked([], [], None, ["t"]), "traceparents has 1 items and input_texts 0; it must have none or as many"),
        (asked(["a"], ["x"], [math.nan]), "time_remaining_s holds NaN, which is no time"),
        (asked(["a", "b", "a"], list("xyz")), "request id 'a' comes 2 times; answers are told apart by it"),
        (asked(["", ""], ["x", "y"]), "request id '' comes 2 times; answers are told apart by it"),
        (asked(["i" * 201], ["x"]), "a request id has 201 characters; at most 200 are taken"),
        (
            asked([f"{index}" for index in range(1025)], [""] * 1025),
            "input_texts has 1025 items; at most 1024 are taken",
        ),
    ],
)
def test_what_is_wrong_is_said(request_: inference_pb2.InferRequest, said: str) -> None:
    assert problem(request_) == said


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = problem(asked(["a", "a", "i" * 300], ["x"], [math.nan, 1], ["", "", ""]))

    for name in ("request_ids has 3", "time_remaining_s has 2", "traceparents has 3", "300 characters", "'a'", "NaN"):
        assert name in found


def test_a_long_id_that_repeats_is_not_told_whole() -> None:
    assert len(problem(asked(["i" * 100_000] * 2, ["x", "y"]))) < 500


def test_of_too_many_items_no_more_are_read_than_are_taken() -> None:
    found = problem(asked(["twin"] * 5000, [""] * 5000, [1.0] * 4999 + [math.nan]))

    assert found.startswith("input_texts has 5000 items; at most 1024 are taken; request id 'twin' comes 1024 times")
    assert "NaN" not in found
