from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

Report = Callable[[Mapping[str, Any]], None]


@pytest.fixture
def report(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Report:
    """Print what was measured, and write it beside the figures of other tests to the file that ENDURANCE_FIGURES names.

    Called before anything is judged: figures of a run that fails are the ones that matter.
    """

    def tell(figures: Mapping[str, Any]) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}")
            for name, value in figures.items():
                print(f"  {name}: {value}")
        if named := os.environ.get("ENDURANCE_FIGURES"):
            path = Path(named)
            known = orjson.loads(path.read_bytes()) if path.exists() else {}
            path.write_bytes(orjson.dumps(known | {request.node.name: dict(figures)}, option=orjson.OPT_INDENT_2))

    return tell
