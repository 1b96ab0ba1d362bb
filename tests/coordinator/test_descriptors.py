"""Room for connections, in a process whose limits a test may change."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource
from system.coordinator.descriptors import make_room
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(make_room({wanted}), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "room", "raised"),
    [
        pytest.param(300, 1000, 500, 500, 756, id="raised as far as is needed"),
        pytest.param(300, 1000, 5000, 744, 1000, id="raised as far as is allowed"),
        pytest.param(900, 1000, 500, 500, 900, id="left alone where there is enough"),
        pytest.param(200, 200, 500, 1, 200, id="never none at all"),
    ],
)
def test_the_limit_on_open_files_is_raised(soft: int, hard: int, wanted: int, room: int, raised: int) -> None:
    program = PROGRAM.format(soft=soft, hard=hard, wanted=wanted)
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert said.stdout.split() == [str(room), str(raised)]
