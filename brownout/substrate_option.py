"""`--substrate`, and the other options that `brownout run` and `brownout replay` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

# As `chaos.substrate` and `chaos.plugin` have them, which take long to import for a help text.
SUBSTRATES: Final = ("simulated", "local", "docker")
LOCAL: Final = "local"
PROJECT: Final = "compose:"  # and the name of a Compose project that is up
WHERE: Final = "[" + "|".join((*SUBSTRATES, f"{PROJECT}PROJECT")) + "]"

RunsDir = Annotated[Path, typer.Option(help="Where run directories are made.")]
AsJson = Annotated[bool, typer.Option("--json", help="The verdict as JSON on stdout; all else on stderr.")]
RUNS = Path("reports/runs")


def is_substrate(given: str) -> bool:
    return given in SUBSTRATES or (given.startswith(PROJECT) and given != PROJECT)


def where(given: str) -> str:
    """Raises BadParameter, with all that there is."""
    if not is_substrate(given):
        raise typer.BadParameter(f"{given!r} is none of {', '.join(SUBSTRATES)} and {PROJECT}PROJECT")
    return given
