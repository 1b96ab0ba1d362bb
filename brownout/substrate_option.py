"""`--substrate`, and the other options that `brownout run` and `brownout replay` share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Where(StrEnum):
    """The names of `chaos.substrate.Substrate`, which takes long to import for a help text."""

    SIMULATED = "simulated"
    LOCAL = "local"
    DOCKER = "docker"


RunsDir = Annotated[Path, typer.Option(help="Where run directories are made.")]
AsJson = Annotated[bool, typer.Option("--json", help="The verdict as JSON on stdout; all else on stderr.")]
RUNS = Path("reports/runs")
