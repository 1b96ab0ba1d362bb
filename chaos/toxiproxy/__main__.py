"""`python -m chaos.toxiproxy`: print the path of toxiproxy-server, getting it first if need be."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from chaos.toxiproxy.find import find, look
from chaos.toxiproxy.narration import narration
from chaos.toxiproxy.problem import ToxiproxyMissing


def main(
    check: Annotated[bool, typer.Option("--check", help="Only look; fetch and build nothing.")] = False,
) -> None:
    """Print the path of toxiproxy-server 2.12 on this machine; exit code 1 when there is none."""
    if check:
        search = look()
        if search.server is None:
            sys.exit("\n".join(search.passed_over))
        typer.echo(search.server)
        return
    try:
        with narration(Console(stderr=True)) as say:
            server = find(say=say)
    except ToxiproxyMissing as problem:
        sys.exit(str(problem))
    typer.echo(server)


if __name__ == "__main__":
    typer.run(main)
