"""Where a run is, by what a person calls it."""

from __future__ import annotations

from pathlib import Path


def run_place(called: Path, runs: Path) -> Path | None:
    """The run directory of that path or, of that name (`latest` is one), among the `runs`; None where there is none."""
    found = next((path for path in (called, runs / called) if path.is_dir()), None)
    return None if found is None else found.resolve()


def runs_in(folder: Path) -> list[Path]:
    """The run directories in it, in the order of their names, each once: `latest` is one of the others."""
    return sorted(each.parent for each in folder.glob("*/run.json") if not each.parent.is_symlink())


def runs_called(called: Path, runs: Path) -> list[Path]:
    """That run, or those in that folder; what is neither is left as it is, for whoever reads it to say so."""
    place = run_place(called, runs) or called
    return [place] if (place / "run.json").exists() else runs_in(place) or [place]
