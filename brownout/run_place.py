"""Where a run is, by what a person calls it."""

from __future__ import annotations

from pathlib import Path


def run_place(called: Path, runs: Path) -> Path | None:
    """The run directory of that path or, of that name (`latest` is one), among the `runs`; None where there is none."""
    found = next((path for path in (called, runs / called) if path.is_dir()), None)
    return None if found is None else found.resolve()
