"""`brownout replay`: a run or a saved failure once more, also somewhere else."""

from __future__ import annotations

from typing import Annotated

import typer

from brownout.substrate_option import RUNS, WHERE, AsJson, RunsDir, where


def replay(
    what: Annotated[
        str,
        typer.Argument(
            metavar="RUN_OR_FILE", help="A run directory, the name of one, or latest; a saved failure (.json)."
        ),
    ],
    *,
    substrate: Annotated[
        str | None,
        typer.Option(parser=where, metavar=WHERE, help="Where it runs.  [default: where it ran the last time]"),
    ] = None,
    near: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=6,
            help="So many cases near by are tried where it does not fail again.  "
            "[default: 6 where time is real, 0 in simulation]",
        ),
    ] = None,
    runs_dir: RunsDir = RUNS,
    json: AsJson = False,
) -> None:
    """Repeat a run from what it left behind: the same system, workload, faults and seed, judged by the same invariants.

    What cannot be made again from its files (a system of your own that no @remakeable function makes) is repeated by
    the test that ran it, if that is still there. Says whether what was violated the last time is violated again.

    No two runs in real time are the same to the millisecond. What does not fail again is tried --near by: under other
    seeds, its faults up to a tenth of a second later. The first of them that fails ends it, as a violation.

    Exit codes: 0 held, 1 violated, 2 inconclusive, 3 could not run.

    [bold]Examples[/bold]

    brownout replay latest

    brownout replay scenarios/regressions/no_loss-1f0c5a92.json --substrate simulated

    brownout replay scenarios/regressions/no_loss-1f0c5a92.json --substrate local --near 0

    brownout replay reports/runs/latest --json | jq .reproduced
    """
    from brownout.once import Asked, replayed  # noqa: PLC0415 - see brownout/__init__.py

    asked = Asked(where=substrate, runs=runs_dir, json=json)
    with asked.answering():
        replayed(asked, what, near)
