"""`brownout compare`: whether runs differ, from their directories, or from runs that are made for it in turns."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from brownout.exit_code import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from brownout.sides import Compared
    from brownout.turns import Turns

BASELINE = "baseline"  # the same scenario without its faults


def compare(
    sides: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[A B [C...]]", help="Run directories, or folders of them. Each is held against A."),
    ] = None,
    *,
    run: Annotated[
        str | None, typer.Option("--run", metavar="TEST", help="Make the runs: a scenario, as pytest names it.")
    ] = None,
    against: Annotated[
        str, typer.Option("--against", metavar="TEST", help="With --run: another scenario, or the same without faults.")
    ] = BASELINE,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="With --run: how often each side takes its turn.")] = 6,
    runs_dir: Annotated[
        Path, typer.Option("--runs-dir", metavar="DIR", help="With --run: where a folder for each side is made.")
    ] = Path("reports/comparisons"),
    substrate: Annotated[str, typer.Option("--substrate", help="With --run: where clusters run.")] = "local",
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="Of each interval.")] = 0.95,
    resolution: Annotated[
        float, typer.Option(min=0.001, max=10, help="The share of A's mean that a difference must have to matter.")
    ] = 0.1,
    json: Annotated[bool, typer.Option("--json", help="The comparison as JSON on stdout.")] = False,
) -> None:
    """Compare runs: goodput, latencies, recovery, retries, losses, each with the interval of its difference.

    Says "different", "no difference shown" or "too noisy to tell", and never more. Sets of at least 6 runs that took
    turns are compared pair by pair; of two single runs, their seconds, which says nothing about the next two runs.
    Exit codes: 0 no difference shown, 1 something is different, 2 too noisy to tell, 3 could not run.

    [bold]Examples[/bold]

    brownout compare reports/runs/20260101T101500.000Z-hedging reports/runs/20260102T101500.000Z-hedging

    brownout compare --run scenarios/test_worker_crash.py --rounds 6 [dim]# against the same without its faults[/dim]
    """
    from rich.console import Console  # noqa: PLC0415 - see brownout/__init__.py

    said = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    from brownout.turns import Turns  # noqa: PLC0415

    paths = list(sides or ())
    if run is not None:
        if paths:
            raise typer.BadParameter("either directories of runs, or --run; not both")
        paths = _take_turns(run, against, Turns(rounds, runs_dir, substrate), said)
    if len(paths) < 2:
        raise typer.BadParameter("two sides at least, as in: brownout compare A B")
    compared = _compared(paths, confidence, resolution, said)
    if json:
        import orjson  # noqa: PLC0415

        content = {"against": str(paths[0]), "confidence": confidence, "sides": [each.to_json() for each in compared]}
        sys.stdout.buffer.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()
    else:
        console = Console(highlight=False)
        for each in compared:
            console.print(_table(each, confidence))
            console.print(each.caution, style="dim")
    raise typer.Exit(_exit_code(compared))


def _take_turns(test: str, against: str, turns: Turns, said: Console) -> list[Path]:
    from brownout.turns import Side, TurnProblem, called, take_turns  # noqa: PLC0415 - see brownout/__init__.py

    if against == BASELINE:
        sides = Side(BASELINE, test, ("--without-faults",)), Side("faults", test)
    else:
        first, second = called(against, test)
        sides = Side(first, against), Side(second, test)
    try:
        return take_turns(sides, turns, say=said.print)
    except TurnProblem as problem:
        said.print(str(problem))
        raise typer.Exit(ExitCode.COULD_NOT_RUN) from problem


def _compared(paths: Sequence[Path], confidence: float, resolution: float, said: Console) -> list[Compared]:
    from brownout.sides import compared, side  # noqa: PLC0415 - see brownout/__init__.py
    from reports.compare import Rules  # noqa: PLC0415
    from reports.directory import RunDirectoryProblem  # noqa: PLC0415

    rules = Rules(confidence, resolution)
    try:
        first, *others = [side(path) for path in paths]
    except RunDirectoryProblem as problem:
        said.print(str(problem))
        raise typer.Exit(ExitCode.COULD_NOT_RUN) from problem
    return [compared(first, other, rules) for other in others]


def _exit_code(compared: Sequence[Compared]) -> ExitCode:
    from reports.compare import Conclusion  # noqa: PLC0415 - see brownout/__init__.py

    said = {found.conclusion for each in compared for found in each.measures if found.first is not None}
    if Conclusion.DIFFERENT in said:
        return ExitCode.FAILED
    return ExitCode.INCONCLUSIVE if Conclusion.TOO_NOISY in said or not said else ExitCode.OK


def _table(compared: Compared, confidence: float) -> Table:
    from rich.table import Table  # noqa: PLC0415 - see brownout/__init__.py

    from reports.compare import Conclusion  # noqa: PLC0415

    styles = {Conclusion.DIFFERENT: "bold", Conclusion.NONE_SHOWN: "green", Conclusion.TOO_NOISY: "yellow"}
    table = Table(title=compared.title, title_justify="left", title_style="bold")
    for name in ("measure", "A", "B", f"B - A ({confidence:.0%})"):
        table.add_column(name, justify="left" if name == "measure" else "right")
    table.add_column("", overflow="fold")
    for each in compared.measures:
        if each.first is None and each.second is None:
            continue
        explained = each.conclusion is Conclusion.TOO_NOISY or (each.looks_different and each.why)
        told = each.conclusion.value + (f": {each.why}" if explained else "")
        table.add_row(
            f"{each.measure} ({each.unit})",
            _number(each.first),
            _number(each.second),
            "" if each.low is None else f"{_number(each.difference)} ({_number(each.low)} to {_number(each.high)})",
            told,
            style=styles[each.conclusion],
        )
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
