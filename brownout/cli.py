"""The `brownout` command. Each subcommand is a module of its own; this one only gathers them.

Modules imported here must stay light: whatever a subcommand needs, it imports when it is called.
"""

import sys
from typing import Annotated, Final, NoReturn

import typer

from brownout.compare import compare
from brownout.doctor import doctor
from brownout.exit_code import ExitCode
from brownout.judge import judge
from brownout.load import load
from brownout.replay import replay
from brownout.report import report
from brownout.run import run
from brownout.up import up
from brownout.view import view

USAGE: Final = 2  # what typer ends with when it cannot make sense of the arguments


def version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version as version_of  # noqa: PLC0415 - costs a tenth of the whole help

        typer.echo(f"brownout {version_of('brownout')}")
        raise typer.Exit


def about(
    _version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Chaos engineering for distributed inference, with the inference system it is proven on.

    [bold]Start here[/bold]

    brownout up [dim]# a coordinator and three workers on this machine[/dim]

    brownout load [dim]# in another terminal: traffic for them, and what became of it[/dim]

    brownout run worker_crash [dim]# a scenario: break it, and judge what it did[/dim]

    brownout view [dim]# the runs of scenarios, in a browser[/dim]

    brownout doctor [dim]# what this machine has, and how to get what is missing[/dim]

    Exit codes: 0 held, 1 violated (or requests failed), 2 inconclusive, 3 could not run.
    """


def application() -> typer.Typer:
    app = typer.Typer(
        name="brownout", no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_show_locals=False
    )
    app.callback()(about)
    for command in (up, load, run, replay, judge, compare, view, report, doctor):
        app.command()(command)
    return app


def main() -> NoReturn:
    try:
        application()()
    except SystemExit as end:
        # Typer's own exit for wrong arguments is the code that means INCONCLUSIVE here.
        if end.code == USAGE and not isinstance(end.__context__, typer.Exit):
            sys.exit(ExitCode.COULD_NOT_RUN)
        raise
    raise AssertionError("typer always exits")


if __name__ == "__main__":
    main()
