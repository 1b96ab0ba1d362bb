from __future__ import annotations

import inspect
import json
import os
from pathlib import Path
from typing import Annotated

import pytest
from annotated_types import Gt

from chaos.invariants import Invariant, goodput_at_least, invariant, judge_all, no_loss, remake, retries_explained
from reports.record import Record
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import ask, golden, ok


@invariant
def at_least_asked(record: Record, number: Annotated[int, Gt(0)], *, clients: tuple[int, ...] = ()) -> Finding:
    """A promise of somebody else's system."""
    asked = [request for request in record.requests if not clients or request.invoked.process in clients]
    return Finding("at_least_asked", Verdict.HELD if len(asked) >= number else Verdict.VIOLATED, f"{len(asked)}")


@invariant
def anything(record: Record, hint: object = None) -> Finding:
    """Takes whatever it is called with for its parameter, a record too."""
    return Finding("anything", Verdict.HELD, f"{len(record.requests)} requests, {hint}")


@invariant
def broken(record: Record) -> Finding:
    raise RuntimeError(f"cannot count {len(record.requests)} requests")


RUN = golden(ask(0, at=1.0), ok(0, at=1.5, request_id="a"), ask(1, at=2.0), ok(1, at=2.5, request_id="b"))


def test_an_invariant_knows_its_name_its_maker_and_every_parameter() -> None:
    made = goodput_at_least(0.9)
    assert made.name == "goodput_at_least"
    assert made.made_by == "chaos.invariants.goodput_at_least:goodput_at_least"
    assert made.parameters == {"share": 0.9}
    assert retries_explained().parameters == {"at_most": 2, "grace_s": None}


def test_a_factory_shows_its_own_words_and_no_record() -> None:
    assert (at_least_asked.__doc__ or "").startswith("A promise")
    assert list(inspect.signature(at_least_asked).parameters) == ["number", "clients"]


def test_an_invariant_says_in_a_sentence_what_it_promises() -> None:
    assert at_least_asked(1).promise == "A promise of somebody else's system."
    assert (
        retries_explained(at_most=3).promise
        == "No request was tried again more than at_most=3 times, and none without a fault to explain it."
    )
    assert broken().promise == ""


def test_a_finding_carries_the_promise_that_it_is_about() -> None:
    (found,) = judge_all(RUN, [no_loss()])
    assert found.promise == no_loss().promise
    assert Finding.from_json(json.loads(json.dumps(found.to_json()))).promise == found.promise
    assert "promise" not in Finding("plain", Verdict.HELD, "as made").to_json()


def test_an_invariant_is_remade_from_what_json_keeps_of_it() -> None:
    made = at_least_asked(1, clients=(1, 2))
    kept = json.loads(json.dumps(dict(made.parameters)))
    remade = remake(made.made_by, kept)
    assert remade.parameters == made.parameters
    assert remade.judge(RUN) == made.judge(RUN) == Finding("at_least_asked", Verdict.HELD, "1")


def test_all_wrong_parameters_are_refused_at_once_where_they_are_written() -> None:
    with pytest.raises(ValueError, match=r"^retries_explained: at_most=-1: .*; grace_s=-2: ") as refused:
        retries_explained(at_most=-1, grace_s=-2)
    assert "\n" not in str(refused.value)
    with pytest.raises(ValueError, match="refusals='forgiven': Input should be 'lost' or 'allowed'"):
        no_loss(refusals="forgiven")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^goodput_at_least: missing a required argument: 'share'; it has share$"):
        goodput_at_least()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^retries_explained: no parameter 'most'; it has at_most, grace_s$"):
        retries_explained(most=3)  # type: ignore[call-arg]


def test_a_parameter_without_a_name_cannot_be_kept_and_is_refused() -> None:
    def nameless(record: Record, *numbers: int) -> Finding:
        return Finding("nameless", Verdict.HELD, f"{len(record.requests)} {numbers}")

    with pytest.raises(TypeError, match="numbers"):
        invariant(nameless)


@pytest.mark.parametrize(
    "made_by",
    ["", "no_such_module:no_loss", "chaos.invariants:no_such", "chaos.invariants", "reports.verdict:Finding", ":"],
)
def test_what_makes_no_invariant_is_refused_by_name(made_by: str) -> None:
    with pytest.raises(LookupError, match=repr(made_by)):
        remake(made_by, {})


def test_parameters_of_another_version_are_refused() -> None:
    with pytest.raises(LookupError, match="at_least_asked"):
        remake(at_least_asked(1).made_by, {"number": 1, "since": 2})
    with pytest.raises(LookupError, match="number=0"):
        remake(at_least_asked(1).made_by, {"number": 0})


def test_a_run_directory_cannot_call_whatever_it_likes(tmp_path: Path) -> None:
    made = tmp_path / "made"
    with pytest.raises(LookupError, match="makes no invariants"):
        remake("os:mkdir", {"path": os.fspath(made)})
    assert not made.exists()


def test_all_are_judged_and_one_that_raises_is_inconclusive() -> None:
    def plain(record: Record) -> Finding:
        return Finding("plain", Verdict.VIOLATED, f"{len(record.requests)} seen")

    assert judge_all(RUN, [at_least_asked(2), broken(), plain, at_least_asked(3)]) == (
        Finding("at_least_asked", Verdict.HELD, "2"),
        Finding(
            "broken",
            Verdict.INCONCLUSIVE,
            "the invariant itself failed: RuntimeError: cannot count 2 requests",
        ),
        Finding("plain", Verdict.VIOLATED, "2 seen"),
        Finding("at_least_asked", Verdict.VIOLATED, "2"),
    )
    assert isinstance(broken(), Invariant)


def test_a_judge_that_finds_nothing_or_was_never_made_is_inconclusive_and_says_so() -> None:
    def silent(record: Record) -> Finding:
        return None  # type: ignore[return-value]

    assert [(each.name, each.verdict, each.message) for each in judge_all(RUN, [silent, anything, no_loss])] == [  # type: ignore[list-item]
        ("silent", Verdict.INCONCLUSIVE, "the invariant itself gave None instead of a finding"),
        ("anything", Verdict.INCONCLUSIVE, "this makes an invariant; call it: anything(…)"),
        ("no_loss", Verdict.INCONCLUSIVE, "this makes an invariant; call it: no_loss(…)"),
    ]
