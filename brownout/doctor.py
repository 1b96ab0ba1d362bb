"""`brownout doctor`: what this machine has for running things, and the command that mends what it has not."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from brownout.exit_code import ExitCode


def doctor(
    *,
    json: Annotated[bool, typer.Option("--json", help="The findings as JSON on stdout.")] = False,
) -> None:
    """Look at this machine: Python, cores, memory, toxiproxy-server, Go, Docker, ports, the model, the substrates.

    Only looks: nothing is fetched, built, started or written.
    Exit codes: 0 nothing stands in the way of the local substrate, though toxiproxy-server may have to be fetched; 3 it
    cannot be used.

    [bold]Examples[/bold]

    brownout doctor

    brownout doctor --json | jq '.findings[] | select(.state == "missing")'
    """
    import orjson  # noqa: PLC0415 - see brownout/__init__.py
    from rich.console import Console  # noqa: PLC0415

    from brownout.examination import examine  # noqa: PLC0415

    examination = examine()
    if json:
        sys.stdout.write(orjson.dumps(examination.to_json(), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        Console().print(examination)
    raise typer.Exit(ExitCode.OK if examination.usable else ExitCode.COULD_NOT_RUN)
