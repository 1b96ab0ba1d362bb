"""`brownout up`: the whole system on this machine with one command, and nothing of it left afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def up(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the coordinator listens; 0 for any free port.")] = (
        8000
    ),
    dashboard: Annotated[bool, typer.Option(help="Show it all on a live page.")] = True,
    dashboard_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the live page listens; 0 for any free port.")
    ] = 8501,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many workers.")] = 3,
    logs: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="A directory for the logs; those of the run before are replaced."),
    ] = None,
    chaos: Annotated[
        bool,
        typer.Option("--chaos", help="Let it be broken from the live page, by hand. Whoever opens that page may."),
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the logs as they are written.")] = False,
) -> None:
    """Start the coordinator, its workers and a live page here; Ctrl-C drains and stops them, a second one kills them.

    Settings of the coordinator and the workers are taken from the environment. A worker that ends is started again.
    With --chaos there is a proxy on each connection, and a panel on the live page that injects any fault of the
    catalogue, heals it, and saves what was done as a file for brownout replay. A worker that was killed from outside
    then stays down until it is healed there.

    [bold]Examples[/bold]

      brownout up
      brownout up --port 9000 --workers 5 --verbose
      brownout up --chaos     [dim]# and break it by hand[/dim]
      WORKER_TIMEOUT=1 CRASH_RATE=0.05 brownout up     [dim]# and watch nothing being lost[/dim]
    """
    from brownout.upkeep import keep_up  # noqa: PLC0415 - heavy, and of no use to anybody else's --help

    if chaos and not dashboard:
        raise typer.BadParameter("it is broken from the live page; leave out --no-dashboard", param_hint="--chaos")
    page = dashboard_port if dashboard else None
    raise typer.Exit(keep_up(port=port, page=page, workers=workers, logs=logs, verbose=verbose, chaos=chaos))
