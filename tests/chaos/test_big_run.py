"""The run that benchmarks judge is one that everything can be said of."""

from pathlib import Path

from chaos.invariants import judge_all
from reports.verdict import Verdict
from tests.bench.big_run import everything, write_big_run


def test_a_made_up_run_of_any_size_holds_all_that_can_be_promised(tmp_path: Path) -> None:
    record = write_big_run(tmp_path, 20_000).read()
    assert len(record.history) >= 20_000
    assert record.history.whole
    findings = judge_all(record, everything())
    assert [each for each in findings if each.verdict is not Verdict.HELD] == []
    assert {window.kind for window in record.windows} == {"crash"}
    assert sum(request.retries for request in record.requests) > 0
