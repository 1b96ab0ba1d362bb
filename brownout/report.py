"""`brownout report`: what leaves a run for elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from brownout.exit_code import ExitCode


def report(
    place: Annotated[
        Path, typer.Argument(help="A directory of runs, or one run in it.", exists=True, file_okay=False)
    ] = Path("reports/runs"),
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="Say it as Markdown on stdout; write nothing.")] = False,
    charts: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Of one run: write each chart into this directory, SVG and PNG."),
    ] = None,
) -> None:
    """Write report.html: of one run its page again, of a directory of runs a page that sums up all of them.

    Each is one file that needs nothing else, and links to the runs' own pages beside it.

    [bold]Examples[/bold]

      brownout report
      brownout report reports/runs/latest --markdown
      brownout report reports/runs/latest --charts for-the-review
    """
    from reports.directory import RunDirectoryProblem  # noqa: PLC0415 - see brownout/__init__.py

    try:
        if (place / "run.json").exists():
            _one(place, markdown=markdown, charts=charts)
        elif charts is not None:
            raise typer.BadParameter(f"{place} is no run; --charts draws one", param_hint="--charts")
        else:
            _all(place, markdown=markdown)
    except (RunDirectoryProblem, OSError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(ExitCode.COULD_NOT_RUN) from problem


def _one(place: Path, *, markdown: bool, charts: Path | None) -> None:
    from reports.directory import RunDirectory  # noqa: PLC0415
    from reports.export import export  # noqa: PLC0415
    from reports.markdown import run_markdown  # noqa: PLC0415
    from reports.page import page  # noqa: PLC0415
    from reports.render import render  # noqa: PLC0415
    from reports.verdict import Finding  # noqa: PLC0415

    directory = RunDirectory(place.resolve())
    record, verdicts = directory.read(), directory.read_verdicts() or {}
    findings = tuple(Finding.from_json(each) for each in verdicts.get("invariants", ()))
    figures = verdicts.get("figures", {})
    if charts is not None:
        for path in export(record, charts):
            typer.echo(str(path))
    elif markdown:
        sys.stdout.write(run_markdown(page(record, findings, figures)))
    else:
        directory.write_report(render(record, findings, figures))
        typer.echo(str(directory.report))


def _all(place: Path, *, markdown: bool) -> None:
    from reports.index import run_index  # noqa: PLC0415
    from reports.markdown import session_markdown  # noqa: PLC0415
    from reports.session_page import render_session  # noqa: PLC0415

    entries = run_index(place)
    if markdown:
        sys.stdout.write(session_markdown(entries))
    else:
        page = place / "report.html"
        page.write_text(render_session(entries, place.resolve().name), encoding="utf-8")
        typer.echo(str(page))
