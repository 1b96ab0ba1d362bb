"""`brownout view`: runs as pictures, in a browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from brownout.exit_code import ExitCode


def view(
    runs: Annotated[
        Path, typer.Argument(help="A directory of runs, or one run in it.", exists=True, file_okay=False)
    ] = Path("reports/runs"),
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the pages are served, on this machine alone.")] = (
        8501
    ),
) -> None:
    """Serve the viewer until Ctrl-C: all runs and their trends, one run down to one request, and, where
    `DETECTION_FILE` names such a matrix (docs/examples/detection.json is one), which planted bug was caught by what.

    [bold]Examples[/bold]

      brownout view
      brownout view reports/runs/latest
      brownout view build/runs --port 9000
    """
    from brownout import port as ports  # noqa: PLC0415 - see brownout/__init__.py
    from reports.directory import LATEST  # noqa: PLC0415

    try:
        ports.check(port, "view --port")
    except ports.PortTaken as taken:
        typer.echo(str(taken), err=True)
        raise typer.Exit(ExitCode.COULD_NOT_RUN) from taken
    one = (runs / "run.json").exists()
    directory = runs.resolve() if runs.name == LATEST else runs.absolute()
    shown = directory.parent if one else directory
    address = f"http://127.0.0.1:{port}/"
    typer.echo(f"{address}run?run={directory.name}" if one else address)
    typer.echo("Ctrl-C stops")
    sys.stdout.flush()
    os.environ.update(RUNS_DIR=str(shown), HOST="127.0.0.1", PORT=str(port), FIRST_PAGE="runs")
    # In place of this process: what ends is the server itself, with whatever signal it was sent.
    os.execv(sys.executable, (sys.executable, "-m", "dashboard"))  # noqa: S606 - no shell is wanted
