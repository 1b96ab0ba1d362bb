"""Who was kept waiting though a worker had nothing, or not much, to do: both invariants that read the attempts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chaos.invariants import batches_within, work_conserving
from reports.record import Record
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import ask, golden, ok, window
from tests.chaos.invariants.golden_logs import attempt, became, computed, ended, logged

ONE = [became("worker1", "up", at=0.0)]
BOTH = [*ONE, became("worker2", "up", at=0.0)]
# worker1 computes a from 1 s to 6 s and holds b from 1 s on, which it computes from 6 s to 7 s.
FULL = [ended("a", admitted=1, at=6), ended("b", admitted=1, at=7)]
ASKED = (ask(0, at=2.0), ok(0, at=7.5, request_id="c"))


def waiting(sent: float, *, admitted: float = 2.0, worker: str = "worker1", text: str = "else") -> dict[str, Any]:
    """Request c, sent at `sent`, answered half a second later."""
    attempts = [attempt(worker, sent - admitted, sent - admitted + 0.5)]
    return ended("c", admitted=admitted, at=sent + 0.5, worker=worker, text=text, attempts=attempts)


def run(folder: Path, *lines: dict[str, Any], computed: tuple[dict[str, Any], ...] = ()) -> Record:
    logs = logged(folder / "logs", coordinator=list(lines), worker1=list(computed), worker2=[], worker3=[])
    return golden(*ASKED, logs=logs)


def conserving(folder: Path, *lines: dict[str, Any]) -> Finding:
    return work_conserving(slack_s=0.2).judge(run(folder, *lines))


def within(folder: Path, *lines: dict[str, Any], batches: tuple[dict[str, Any], ...] = ()) -> Finding:
    return batches_within(2, 0.5, slack_s=0.2).judge(run(folder, *lines, computed=batches))


def test_who_waits_while_every_worker_is_busy_waits_in_order(tmp_path: Path) -> None:
    assert conserving(tmp_path, *ONE, *FULL, waiting(7.0)).verdict is Verdict.HELD


def test_who_waits_while_a_worker_is_idle_is_kept_waiting(tmp_path: Path) -> None:
    finding = conserving(tmp_path, *BOTH, *FULL, waiting(3.0))
    assert finding == Finding(
        "work_conserving",
        Verdict.VIOLATED,
        "1 request waited more than 0.2 s though a worker was up and idle: c (1.00 s)",
        (1,),
        {"requests": 3, "kept_waiting": 1, "slack_s": 0.2},
    )
    assert conserving(tmp_path, *BOTH, *FULL, waiting(2.15)).verdict is Verdict.HELD


def test_a_worker_that_is_not_up_is_not_idle(tmp_path: Path) -> None:
    down = became("worker2", "down", at=1.5)
    assert conserving(tmp_path, *BOTH, down, *FULL, waiting(3.0)).verdict is Verdict.HELD
    back = became("worker2", "up", at=2.5)
    assert conserving(tmp_path, *BOTH, down, back, *FULL, waiting(3.0)).verdict is Verdict.VIOLATED


def test_idle_times_of_several_workers_add_up_and_do_not_count_twice(tmp_path: Path) -> None:
    short = [became("worker2", "down", at=2.15), became("worker2", "up", at=2.85)]
    assert conserving(tmp_path, *BOTH, *short, *FULL, waiting(3.0)).figures["kept_waiting"] == 1
    three = [*BOTH, became("worker3", "up", at=0.0)]
    assert conserving(tmp_path, *three, *FULL, waiting(2.15)).verdict is Verdict.HELD


def test_a_batch_of_thirds_is_one_batch(tmp_path: Path) -> None:
    thirds = [ended(name, admitted=1, at=6, attempts=[attempt("worker1", 0, 5, size=3)]) for name in "xyz"]
    assert conserving(tmp_path, *ONE, *thirds, waiting(6.0)).verdict is Verdict.HELD
    assert conserving(tmp_path, *ONE, *thirds, waiting(6.5)).verdict is Verdict.VIOLATED


def test_a_request_that_was_never_sent_waited_to_its_end(tmp_path: Path) -> None:
    never = ended("c", admitted=2, at=5, success=False, attempts=[])
    assert conserving(tmp_path, *BOTH, *FULL, never).message.endswith("c (3.00 s)")


def test_texts_that_may_have_killed_a_worker_are_not_judged(tmp_path: Path) -> None:
    lost = [attempt("worker1", 0, 0.1, cause="cut"), attempt("worker1", 0.2, 0.4)]
    suspect = ended("s", admitted=1, at=1.4, text="else", attempts=lost)
    assert conserving(tmp_path, *BOTH, *FULL, suspect, waiting(3.0)).verdict is Verdict.HELD


def test_a_log_that_cannot_tell_decides_nothing(tmp_path: Path) -> None:
    assert work_conserving().judge(golden(*ASKED)).message == "no log of coordinator was kept"
    assert conserving(tmp_path, *BOTH).message == "coordinator logged no attempt"
    assert conserving(tmp_path, *FULL).message == "coordinator did not log what it thought of its workers"
    lost = {**FULL[0], "lines_lost": 2}
    assert conserving(tmp_path, *BOTH, lost).message == "2 lines of coordinator's log are missing"
    logs = logged(tmp_path / "logs", coordinator=[*BOTH, *FULL])
    replaced = golden(*ASKED, window("crash", "coordinator", 3, 4), logs=logs)
    assert work_conserving().judge(replaced).verdict is Verdict.INCONCLUSIVE
    assert batches_within(3, 0.1).judge(replaced).verdict is Verdict.INCONCLUSIVE


def test_a_batch_that_is_small_and_soon_is_within_its_bounds(tmp_path: Path) -> None:
    held = within(tmp_path, *ONE, *FULL, waiting(6.15), batches=(computed("a"), computed("b", "c")))
    assert held == Finding(
        "batches_within",
        Verdict.HELD,
        "2 batches, of 2 at most; nobody waited 0.5 s for company in vain",
        (),
        {"batches": 2, "largest": 2, "size": 2, "kept_waiting": 0},
    )


def test_who_waits_for_company_though_a_worker_has_room_waits_too_long(tmp_path: Path) -> None:
    finding = within(tmp_path, *BOTH, *FULL, waiting(3.0))
    assert (finding.verdict, finding.evidence) == (Verdict.VIOLATED, (1,))
    assert finding.message == ("1 request waited longer than 0.5 s + 0.2 s though a worker had room: c (0.50 s)")
    computing = ended("d", admitted=1, at=6, worker="worker2")
    assert within(tmp_path, *BOTH, *FULL, computing, waiting(3.0)).verdict is Verdict.VIOLATED
    holding = ended("e", admitted=1, at=7, worker="worker2")
    assert within(tmp_path, *BOTH, *FULL, computing, holding, waiting(6.15)).verdict is Verdict.HELD


def test_a_batch_that_is_too_large_is_named_whoever_tells_of_it(tmp_path: Path) -> None:
    finding = within(tmp_path, *ONE, *FULL, batches=(computed("a", "b", "c"),))
    assert finding.message == "batches of up to 3, 2 are allowed: that of a"
    assert finding.evidence == ("a", "b", "c")
    sent = ended("c", admitted=8, at=9, attempts=[attempt("worker1", 0, 1, size=3)])
    assert within(tmp_path, *ONE, *FULL, sent).message == "batches of up to 3, 2 are allowed: that of c"


def test_where_every_text_is_a_suspect_nobody_is_judged(tmp_path: Path) -> None:
    cut = ended("a", admitted=1, at=2, attempts=[attempt("worker2", 0, 0.5, cause="cut"), attempt("worker1", 0.5, 1.0)])
    idle = waiting(6.0, text="fine")  # for four seconds, beside a worker that is up
    why = "every text was once in a batch whose worker was lost, and may have been kept from the others since"
    for finding in (conserving(tmp_path, *BOTH, cut, idle), within(tmp_path, *BOTH, cut, idle)):
        assert (finding.verdict, finding.message) == (Verdict.INCONCLUSIVE, why)
