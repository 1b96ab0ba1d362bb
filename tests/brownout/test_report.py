from pathlib import Path

from tests.brownout.running_up import brownout
from tests.reports.test_index import judged, left


def test_a_directory_of_runs_and_one_run_each_get_a_page(tmp_path: Path) -> None:
    run = left(tmp_path, 1)
    judged(run, "HELD")
    assert brownout("report", str(tmp_path)).stdout.strip() == str(tmp_path / "report.html")
    assert "1 run: 1 HELD" in (tmp_path / "report.html").read_text()
    alone = brownout("report", str(tmp_path / "latest"))
    assert alone.returncode == 0, alone.stderr
    assert "0 requests in 0.0 s" in run.report.read_text()
    assert brownout("report", str(run.path), "--markdown").stdout.startswith("## ")


def test_charts_are_of_one_run(tmp_path: Path) -> None:
    refused = brownout("report", str(tmp_path), "--charts", str(tmp_path / "charts"))
    assert refused.returncode == 3
    assert "--charts draws one" in refused.stderr.replace("\n", " ")


def test_a_run_that_is_damaged_is_named(tmp_path: Path) -> None:
    run = left(tmp_path, 1)
    (run.path / "run.json").write_text("{")
    refused = brownout("report", str(run.path))
    assert refused.returncode == 3
    assert "run.json" in refused.stderr
