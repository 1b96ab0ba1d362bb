"""`brownout load`: traffic for a running system, and what became of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from brownout.exit_code import ExitCode


def load(
    url: Annotated[str, typer.Argument(help="Where the coordinator listens.")] = "http://127.0.0.1:8000",
    *,
    burst: Annotated[int | None, typer.Option(min=1, help="Requests in one burst.  [default: 20]")] = None,
    every: Annotated[float | None, typer.Option(min=0.001, help="Seconds between bursts.  [default: 2]")] = None,
    rate: Annotated[float | None, typer.Option(min=0.001, help="Instead: requests a second, at random times.")] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="Instead: clients that each wait for their answer before they ask again.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.001, help="How long requests are sent.")] = 20.0,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds each answer is waited for.")] = 20.0,
    inputs: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help='Sentences, one a line; or .jsonl with a "text" a line.'),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Repeats the arrivals and the order of sentences.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The summary as JSON on stdout; progress on stderr.")] = False,
) -> None:
    """Send requests to a coordinator and sum up: throughput, latency, failures by kind, retries, share per worker.

    Nothing is sent twice: this measures the system. Ctrl-C sums up what there is so far.
    Exit codes: 0 nothing failed, 1 a request failed, 3 nobody answers there.

    [bold]Examples[/bold]

    brownout load [dim]# bursts of 20 every 2 s for 20 s[/dim]

    brownout load --rate 100 --seconds 60

    brownout load http://127.0.0.1:9000 --concurrency 8 --json
    """
    import asyncio  # noqa: PLC0415 - see brownout/__init__.py

    import orjson  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    from system.client import measurement, pattern, sentences  # noqa: PLC0415

    try:
        order = measurement.Order(
            url=measurement.checked_url(url),
            pattern=pattern.chosen(burst=burst, every=every, rate=rate, concurrency=concurrency, seconds=seconds),
            sentences=sentences.BUILT_IN if inputs is None else sentences.read(inputs),
            timeout_s=timeout,
            patience_s=1.0,
            seed=seed,
        )
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from problem
    console = Console(stderr=json)
    try:
        summary = asyncio.run(measurement.measure(order, console))
    except measurement.Unreachable as problem:
        Console(stderr=True).print(str(problem), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(ExitCode.COULD_NOT_RUN) from problem
    if json:
        sys.stdout.write(orjson.dumps(summary.to_json(), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        console.print(summary)
    raise typer.Exit(measurement.exit_code(summary))
