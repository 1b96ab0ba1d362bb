"""What a page says of each fault, in words."""

from __future__ import annotations

from dataclasses import replace

from reports.aftermath import Aftermath, Measured, Noticed, Paid
from reports.broken import COLUMNS, broken, how_told
from reports.windows import FaultWindow

WINDOW = FaultWindow("crash-1", "crash", "worker1", 4.0, 8.1, True, "its process is gone", ("worker1",), ())
OF_IT = Aftermath(
    WINDOW,
    Noticed(0.21, "worker1", "down"),
    0.3,
    0.0,
    Paid(retried=2, late=3, failed=0, unknown=1, slowest_ms=754.2, retried_ms=9.6),
)


def test_a_fault_is_told_by_when_it_was_noticed_and_over_and_by_who_paid() -> None:
    row = broken(OF_IT)
    assert (row.when, row.noticed) == ("4.00 s to 8.10 s", "0.21 s: worker1 down")
    assert (row.worker_back, row.service_back) == ("0.30 s", "at once")
    assert row.paid == "1 unknown, 2 retried in at most 9.6 ms, 3 late; slowest of all: 754 ms"
    assert (row.bit, row.bit_tone, row.evidence) == ("bit", "good", "its process is gone")


def test_what_was_not_seen_is_a_dash_and_nobody_paid_where_nobody_did() -> None:
    row = broken(Aftermath(replace(WINDOW, healed_s=None, bit=None), None, None, None, Paid(0, None, 0, 0, 20.0)))
    assert row.when == "4.00 s to the end, never healed"
    assert (row.noticed, row.worker_back, row.service_back) == ("\N{EN DASH}",) * 3
    assert (row.paid, row.bit) == ("nobody", "nobody looked")


def test_how_it_was_measured_is_said_with_its_figures() -> None:
    told = how_told(Measured(every_s=0.2, good_ms=402.0))
    assert "asked every 0.2 s." in told
    assert "the first 1 s of requests of which 95% were answered within 402 ms (3 times the p99 before" in told
    assert "the slowest of all the answers among them" in told
    assert "nobody can tell" in how_told(Measured(None, None))


def test_there_is_a_name_for_each_column() -> None:
    assert len(set(COLUMNS)) == 8
