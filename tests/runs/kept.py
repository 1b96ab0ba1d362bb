"""The run directories that are kept here, with what each of them is to show."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from reports.verdict import Verdict

FOLDER: Final = Path(__file__).with_name("directories")
VERDICTS: Final[Mapping[str, Verdict]] = MappingProxyType(
    {
        "held": Verdict.HELD,
        "violated": Verdict.VIOLATED,
        "inconclusive": Verdict.INCONCLUSIVE,
        "shrunk": Verdict.VIOLATED,
        "docker": Verdict.HELD,
    }
)


def copied(kind: str, runs: Path) -> Path:
    """A copy under `runs`, named as runs are, so that whoever writes beside it spoils nothing."""
    path = runs / f"20260117T093104.000Z-{kind}"
    shutil.copytree(FOLDER / kind, path)
    return path
