from __future__ import annotations

from pathlib import Path
from typing import Any

from chaos.invariants import logs_complete
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Drafts, ask, fail, golden, info, ok, status, window
from tests.chaos.invariants.golden_logs import ended, logged

ASKED = (ask(0, at=1.0), ok(0, at=1.5, request_id="a"), ask(1, at=1.0), info(1, at=1.6, request_id="b", status=504))


def judged(folder: Path, *drafts: Drafts, lines: list[dict[str, Any]]) -> Finding:
    return logs_complete().judge(golden(*(drafts or ASKED), logs=logged(folder / "logs", coordinator=lines)))


def test_one_line_for_each_request_is_complete(tmp_path: Path) -> None:
    refused = (ask(2, at=2.0), fail(2, at=2.1))
    settled = status(at=3.0, submitted=2, completed=1, failed=1)
    finding = judged(tmp_path, ASKED, refused, settled, lines=[ended("a"), ended("b", success=False)])
    assert (finding.verdict, finding.message) == (Verdict.HELD, "2 request lines, one for each request")


def test_requests_without_a_line_or_with_several_are_named(tmp_path: Path) -> None:
    finding = judged(tmp_path, lines=[ended("a"), ended("a")])
    assert finding == Finding(
        "logs_complete",
        Verdict.VIOLATED,
        "1 request not logged: b; 1 request logged more than once: a",
        (3, 2),
        {"lines": 2, "missing": 1, "doubled": 1, "strangers": 0, "unwritten": 0},
    )


def test_lines_that_no_client_knows_are_those_of_requests_whose_fate_is_unknown(tmp_path: Path) -> None:
    lines = [ended("a"), ended("b"), ended("c")]
    finding = judged(tmp_path, lines=lines)
    assert (finding.verdict, finding.evidence) == (Verdict.VIOLATED, ("c",))
    assert finding.message == "1 line of requests that no client was told of, 0 may be: c"
    assert judged(tmp_path, ASKED, ask(2, at=2.0), lines=lines).verdict is Verdict.HELD


def test_lines_that_could_not_be_written_are_missing(tmp_path: Path) -> None:
    finding = judged(tmp_path, lines=[ended("a"), ended("b", lines_lost=3)])
    assert finding.message == "3 lines could not be written or make no sense"


def test_the_books_have_counted_as_many(tmp_path: Path) -> None:
    lines = [ended("a"), ended("b")]
    settled = status(at=3.0, submitted=3, completed=2, failed=1)
    finding = judged(tmp_path, ASKED, settled, lines=lines)
    assert (finding.message, finding.evidence) == ("2 lines, 3 requests ended by the books", (4,))
    crash = window("crash", "coordinator", 1.7, 2.0)
    assert judged(tmp_path, ASKED, settled, crash, lines=lines).verdict is Verdict.HELD


def test_without_a_log_or_an_id_nothing_is_decided(tmp_path: Path) -> None:
    assert logs_complete().judge(golden(*ASKED)).message == "no log of coordinator was kept"
    assert judged(tmp_path, [], lines=[]).verdict is Verdict.INCONCLUSIVE
    anonymous = judged(tmp_path, ask(0, at=1.0), ok(0, at=1.5), lines=[])
    assert anonymous.message == "no client was told an id that could be looked up in the log"


def test_what_was_pending_when_the_books_were_read_may_have_ended_since(tmp_path: Path) -> None:
    gone = (ask(2, at=2.0), info(2, at=2.1))
    settled = status(at=3.0, submitted=3, completed=1, failed=1, pending=1)
    lines = [ended("a"), ended("b", success=False)]
    assert judged(tmp_path, ASKED, gone, settled, lines=lines).verdict is Verdict.HELD
    assert judged(tmp_path, ASKED, gone, settled, lines=[*lines, ended("c")]).verdict is Verdict.HELD
    finding = judged(
        tmp_path, ASKED, gone, (ask(3, at=2.0), info(3, at=2.1)), settled, lines=[*lines, ended("c"), ended("d")]
    )
    assert finding.message == "4 lines, 2 requests ended by the books"
