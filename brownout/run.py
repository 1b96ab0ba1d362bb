"""`brownout run`: a scenario, or what a file says, once, with its verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from brownout.substrate_option import LOCAL, RUNS, WHERE, AsJson, RunsDir, where


def run(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE_OR_SCENARIO",
            help="A test file, or one test of it (FILE::TEST); the name of a scenario that comes with brownout; "
            "a schedule or a saved case (.json).",
        ),
    ],
    *,
    substrate: Annotated[str, typer.Option(parser=where, metavar=WHERE, help="Where it runs.")] = LOCAL,
    seed: Annotated[int | None, typer.Option(help="Repeats what is left to chance.")] = None,
    rate: Annotated[float, typer.Option(min=0.001, help="Under a schedule: requests a second, at random times.")] = 20,
    seconds: Annotated[
        float | None, typer.Option(min=0.001, help="Under a schedule: how long.  [default: 4 more than it takes]")
    ] = None,
    runs_dir: RunsDir = RUNS,
    json: AsJson = False,
) -> None:
    """Run a scenario, or break the bundled system as a schedule file says, and judge what it did.

    A schedule is what schedule.json of every run directory holds. It is judged by what always holds: nothing is lost,
    nothing answered twice, wrongly or late, the books balance, and every retry has a fault to explain it.
    Exit codes: 0 held, 1 violated, 2 inconclusive, 3 could not run.

    [bold]Examples[/bold]

    brownout run worker_crash --substrate simulated

    brownout run scenarios/test_drain.py --json | jq .verdict

    brownout run reports/runs/latest/schedule.json --rate 60 --seconds 20
    """
    from brownout.once import Asked, case_of_file, run_case, run_scenario  # noqa: PLC0415 - see brownout/__init__.py

    asked = Asked(where=substrate, runs=runs_dir, json=json)
    with asked.answering():
        if what.endswith(".json"):
            saved = case_of_file(Path(what), seed=seed, rate=rate, seconds=seconds)
            command = f"brownout run {what} --substrate {substrate} --seed {saved.case.seed}"
            run_case(asked, saved.case, name=Path(what).stem, replay=command, shrunk_from=saved.shrunk_from)
        else:
            run_scenario(asked, what, seed=seed)
