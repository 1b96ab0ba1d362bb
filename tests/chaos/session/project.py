"""Somebody's own folder with a scenario in it, and where its runs are."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

SCENARIO: Final = """
import pytest
from chaos.invariants import no_loss
from chaos.workload import constant
from tests.chaos.relay import relay

pytestmark = pytest.mark.chaos
load = constant(rate=40, seconds=1, inputs=["good"])
"""

Write = Callable[..., None]
"""Writes the scenario file of such tests as are given."""


def run_directories(pytester: pytest.Pytester) -> list[Path]:
    return sorted(path for path in (pytester.path / "reports" / "runs").iterdir() if not path.is_symlink())
