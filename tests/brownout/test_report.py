from pathlib import Path

from tests.brownout.called import Called
from tests.reports.test_index import judged, left


def test_a_directory_of_runs_and_one_run_each_get_a_page(call: Called, tmp_path: Path) -> None:
    run = left(tmp_path, 1)
    judged(run, "HELD")
    assert call("report", str(tmp_path))[1].strip() == str(tmp_path / "report.html")
    assert "1 run: 1 HELD" in (tmp_path / "report.html").read_text()
    code, _, problems = call("report", str(tmp_path / "latest"))
    assert code == 0, problems
    assert "0 requests in 0.0 s" in run.report.read_text()
    assert call("report", str(run.path), "--markdown")[1].startswith("## ")


def test_charts_are_of_one_run(call: Called, tmp_path: Path) -> None:
    code, _, problems = call("report", str(tmp_path), "--charts", str(tmp_path / "charts"))
    assert code == 3
    assert "--charts draws one" in problems.replace("\n", " ")


def test_a_run_that_is_damaged_is_named(call: Called, tmp_path: Path) -> None:
    run = left(tmp_path, 1)
    (run.path / "run.json").write_text("{")
    code, _, problems = call("report", str(run.path))
    assert code == 3
    assert "run.json" in problems
