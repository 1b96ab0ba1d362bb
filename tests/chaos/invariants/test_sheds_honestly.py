from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from chaos.invariants import sheds_honestly
from reports.record import Record
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, Drafts, ask, fail, golden, info, ok
from tests.chaos.invariants.golden_logs import computed as batch
from tests.chaos.invariants.golden_logs import logged

SHED = (ask(1, at=1.0), fail(1, at=1.1, status=503, retry_after="2"))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path


def run(logs: Path, *drafts: Drafts, computed: tuple[str, ...] = ("a",)) -> Record:
    """One request is always answered."""
    logged(logs, worker1=[batch(*computed)], worker2=[], worker3=[])
    return golden(ask(0, at=0.5), ok(0, at=0.6, request_id="a", status=200), *drafts, logs=logs)


def test_a_503_with_its_time_that_was_never_executed_is_honest(logs: Path) -> None:
    assert sheds_honestly().judge(run(logs, SHED)) == Finding(
        "sheds_honestly",
        Verdict.HELD,
        "1 refusal, each a 503 with Retry-After and none executed",
        (),
        {"refused": 1, "dishonest": 0, "executed_and_told_to_nobody": 0, "unknown": 0},
    )


def test_other_refusals_are_named_with_what_is_wrong_with_them(logs: Path) -> None:
    def refused(client: int, **value: Any) -> tuple[Draft, Draft]:
        return ask(client, at=1.0), fail(client, at=1.0 + client / 10, **value)

    finding = sheds_honestly().judge(
        run(
            logs,
            *refused(1, status=429, retry_after="2"),
            *refused(2, status=503),
            *refused(3, status=503, retry_after="soon"),
            *(ask(4, at=1.0), info(4, at=1.4, status=503, request_id="d")),
        )
    )
    assert finding == Finding(
        "sheds_honestly",
        Verdict.VIOLATED,
        "op 2 was refused with 429, op 3 was not told when to come again, "
        "op 4 was told to come again after 'soon', d was taken in before it was refused",
        (6, 7, 8, 9),
        {"refused": 4, "dishonest": 4, "executed_and_told_to_nobody": 0, "unknown": 0},
    )


def test_who_was_refused_elsewhere_after_a_connection_had_broken_was_not_taken_in(logs: Path) -> None:
    moved = (ask(2, at=1.0), info(2, at=1.1, status=503, retry_after="2", tries=[{"type": "info"}]))
    assert sheds_honestly().judge(run(logs, SHED, moved)).verdict is Verdict.HELD


def test_a_request_that_was_computed_and_told_to_nobody_may_have_been_refused(logs: Path) -> None:
    record = run(logs, SHED, computed=("a", "b"))
    assert sheds_honestly().judge(record) == Finding(
        "sheds_honestly",
        Verdict.VIOLATED,
        "1 request computed though no client was told of it",
        ("b",),
        {"refused": 1, "dishonest": 0, "executed_and_told_to_nobody": 1, "unknown": 0},
    )
    assert sheds_honestly().judge(run(logs, SHED, computed=("a", "canary"))).verdict is Verdict.HELD
    gave_up = (ask(2, at=1.0), info(2, at=9.0))
    assert sheds_honestly().judge(run(logs, SHED, *gave_up, computed=("a", "b"))).verdict is Verdict.HELD


def test_no_refusals_and_no_logs_decide_nothing(logs: Path) -> None:
    finding = sheds_honestly().judge(run(logs))
    assert (finding.verdict, finding.message) == (Verdict.INCONCLUSIVE, "0 requests refused, 1 needed to tell how")
    nobody_there = (ask(1, at=1.0), fail(1, at=1.1, error="ClientConnectorError"))
    assert sheds_honestly().judge(run(logs, *nobody_there)).verdict is Verdict.INCONCLUSIVE
    assert sheds_honestly(at_least=2).judge(run(logs, SHED)).verdict is Verdict.INCONCLUSIVE
    assert sheds_honestly().judge(run(logs, SHED, computed=())).message == (
        "no worker's log says what it computed: refusals may have been executed"
    )


def test_what_stands_in_a_log_that_is_not_there_may_have_been_refused(logs: Path) -> None:
    record = run(logs, SHED)
    (logs / "worker2.log").unlink()
    logged(logs, worker3=[batch("a", lines_lost=2)])
    finding = sheds_honestly().judge(record)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.message == ("no log of worker2, 2 lines of the log of worker3 lost: refusals may have been executed")


def test_many_refusals_are_judged_in_a_time_that_grows_with_their_number(logs: Path) -> None:
    def seconds(refusals: int) -> float:
        shed = [(ask(at, at=1.0), fail(at, at=1.1, status=503, retry_after="2")) for at in range(1, refusals + 1)]
        record = run(logs, *shed)
        began = time.process_time()
        assert sheds_honestly().judge(record).verdict is Verdict.HELD
        return time.process_time() - began

    few, many = seconds(1_000), seconds(16_000)
    assert many < 64 * few + 0.5  # 16 times as many, and 256 times the time if each is looked for among all
