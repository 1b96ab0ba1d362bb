"""`brownout judge`: what became of runs, judged again from their directories."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from brownout.exit_code import ExitCode
from brownout.run_place import runs_called
from brownout.substrate_option import RUNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.text import Text

    from chaos.invariants import Invariant
    from chaos.rejudge import Rejudged


def judge(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run directories, folders of them, or names in reports/runs, as latest."),
    ],
    *,
    invariant: Annotated[
        list[str] | None,
        typer.Option(
            "--invariant", "-i", metavar="NAME(ARGS)", help="Judge by this instead; may be given again and again."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The judgements as JSON on stdout.")] = False,
) -> None:
    """Judge finished runs again, offline, by the invariants that judged them then or by others.

    Reads the run directories and nothing else: no system is started, nothing is written.
    Exit codes: 0 every run held, 1 one was violated, 2 one is inconclusive and none violated, 3 one cannot be read.

    [bold]Examples[/bold]

    brownout judge latest

    brownout judge reports/runs --json | jq '.runs[] | select(.verdict != "HELD") | .path'

    brownout judge reports/runs/latest -i 'latency_below(50, at=0.9)' -i no_loss
    """
    import orjson  # noqa: PLC0415 - see brownout/__init__.py
    from rich.console import Console  # noqa: PLC0415

    from reports.directory import RunDirectoryProblem  # noqa: PLC0415
    from reports.verdict import Verdict  # noqa: PLC0415

    said = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    by = _invariants(invariant or ())
    judged, unread = [], 0
    for run in dict.fromkeys(each for called in runs for each in runs_called(called, RUNS)):
        try:
            judged.append(_judged(run, by))
        except RunDirectoryProblem as problem:
            said.print(str(problem))
            unread += 1
            continue
        if not json:
            for line in _lines(judged[-1]):
                Console(highlight=False).print(line, soft_wrap=True)
    verdict = Verdict.merge(each.judgement.verdict for each in judged)
    if json:
        content = {"verdict": verdict.value, "runs": [each.to_json() for each in judged]}
        sys.stdout.buffer.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()
    gc.freeze()  # or the process looks through all that it has read once more before it ends
    raise typer.Exit(ExitCode.COULD_NOT_RUN if unread else verdict.exit_code)


def _judged(run: Path, by: Sequence[Invariant]) -> Rejudged:
    from chaos.rejudge import judge_again  # noqa: PLC0415 - see brownout/__init__.py
    from reports.directory import RunDirectory  # noqa: PLC0415
    from reports.lines import undisturbed  # noqa: PLC0415

    with undisturbed():  # reading and judging alike, and what lies between them
        return judge_again(RunDirectory(run), by)


def _invariants(written: Sequence[str]) -> tuple[Invariant, ...]:
    from chaos.rejudge import NoInvariant, parse_invariant  # noqa: PLC0415

    sys.path.append(str(Path.cwd()))  # whose invariants may be named, as pytest would find them
    made, problems = [], []
    for each in written:
        try:
            made.append(parse_invariant(each))
        except NoInvariant as problem:
            problems.append(str(problem))
    if problems:
        raise typer.BadParameter("\n".join(problems), param_hint="--invariant")
    return tuple(made)


def _lines(rejudged: Rejudged) -> Iterator[Text]:
    from rich.text import Text  # noqa: PLC0415 - see brownout/__init__.py

    from chaos.judgement import MARKS  # noqa: PLC0415
    from chaos.session.terminal import STYLES  # noqa: PLC0415

    judgement = rejudged.judgement
    mark = f"{MARKS[judgement.verdict]} {judgement.verdict.value} "
    yield Text.assemble((mark, STYLES[judgement.verdict]), (judgement.run, "bold"))
    for line in judgement.lines():
        yield Text(f"    {line}")
    for change in rejudged.changes:
        yield Text(f"    {change}", "bold")
