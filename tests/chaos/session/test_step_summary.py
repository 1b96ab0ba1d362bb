"""The page that GitHub Actions shows of a job."""

from datetime import UTC, datetime
from pathlib import Path

from chaos.exploring.explored import Explored
from chaos.session.step_summary import append_to, step_summary
from reports.directory import RunDirectory
from reports.markdown import plain

STARTED = datetime(2026, 1, 2, tzinfo=UTC)
FIGURES = {
    "requests": 40,
    "ok": 37,
    "failed": 2,
    "unknown": 1,
    "refused": 1,
    "retries": 3,
    "p50_ms": 12.4,
    "p99_ms": None,
}


def kept(runs: Path, scenario: str, verdict: str | None, message: str = "all is well") -> Path:
    directory = RunDirectory.create(runs, scenario, STARTED, {"scenario": scenario, "replay": f"pytest {scenario}"})
    if verdict is not None:
        finding = {"name": "no_loss", "verdict": verdict, "message": message}
        faults = [{"kind": "crash", "target": "worker1"}] * 2
        directory.write_verdicts({"verdict": verdict, "invariants": [finding], "faults": faults, "figures": FIGURES})
    return directory.path


def test_every_run_has_a_row_and_those_that_did_not_hold_say_why_and_how_to_repeat_them(tmp_path: Path) -> None:
    runs = [
        kept(tmp_path, "it_holds", "HELD"),
        kept(tmp_path, "it_fails", "VIOLATED", "2 of 40 | lost:\n<b>worker1</b>"),
        kept(tmp_path, "cut_short", None),
        tmp_path / "gone",
    ]
    assert step_summary(runs, {"no docker": 2}, substrate="local", seed=7).splitlines() == [
        "## Chaos: 1 HELD · 2 INCONCLUSIVE · 1 VIOLATED",
        "",
        "Substrate `local`, seed `7`.",
        "",
        "|  | scenario | requests | lost | refused | retries | p50 | p99 | faults |",
        "|---|---|---|---|---|---|---|---|---|",
        "| ✔ HELD | it\\_holds | 40 | 2 | 1 | 3 | 12 ms | \\- | crash worker1 |",
        "| ✘ VIOLATED | it\\_fails | 40 | 2 | 1 | 3 | 12 ms | \\- | crash worker1 |",
        "| ? INCONCLUSIVE | cut\\_short | \\- | \\- | \\- | \\- | \\- | \\- |  |",
        "| ? INCONCLUSIVE | gone | \\- | \\- | \\- | \\- | \\- | \\- |  |",
        "",
        "### ✘ it\\_fails",
        "",
        "- **no_loss** VIOLATED: 2 of 40 \\| lost: \\<b\\>worker1\\</b\\>",
        "",
        "```sh",
        "pytest it_fails",
        "```",
        "",
        "### ? cut\\_short",
        "",
        "",
        "```sh",
        "pytest cut_short",
        "```",
        "",
        "### ? gone",
        "",
        f"- **experiment** INCONCLUSIVE: {plain(str(tmp_path / 'gone'))} is not a run directory: it has no run.json",
        "",
        "- 2 scenarios did not run: no docker",
        "",
    ]


def test_what_was_explored_is_told_though_no_run_of_it_was_kept() -> None:
    told = [
        *(("verdict", "HELD"), ("explored", "250"), ("sometimes", '{"redirected": 3, "hedged": 0}')),
        *(("verdict", "INCONCLUSIVE"), ("explored", "50"), ("sometimes", '{"redirected": 1, "hedged": 0}')),
    ]
    assert step_summary([], {}, Explored.of(told), substrate="simulated", seed=7).splitlines() == [
        "## Chaos: explored 300 runs, of 2 tests 1 HELD · 1 INCONCLUSIVE",
        "",
        "Substrate `simulated`, seed `7`.",
        "",
        "### explored 300 runs, of 2 tests 1 HELD · 1 INCONCLUSIVE",
        "",
        "| times | path |",
        "|---|---|",
        "| 4 | redirected |",
        "| never | hedged |",
        "",
        "",
    ]


def test_it_is_added_to_what_other_steps_said_and_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "summary.md").write_text("# Before\n")
    assert append_to(tmp_path / "summary.md", "## After\n") is None
    assert (tmp_path / "summary.md").read_text() == "# Before\n## After\n"
    assert append_to(tmp_path, "text") == f"GITHUB_STEP_SUMMARY={tmp_path}: Is a directory"
