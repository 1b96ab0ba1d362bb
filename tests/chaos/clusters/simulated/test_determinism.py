"""The same seed leaves the same history and the same logs: again, in another process, under another Python."""

import asyncio
import hashlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.clusters.simulated.digests import digests

SEEDS = range(200)
SHARED = "BROWNOUT_DIGESTS"  # environment: a folder in which the Pythons of one tox session meet
ROOT = Path(__file__).parents[4]


async def elsewhere(seeds: range, hash_seed: str) -> dict[str, str]:
    """Their digests, as another process has them."""
    # Behind everything else, so that the harness is the installed one, as it is in this process.
    program = (
        f"import sys; sys.path.append({str(ROOT)!r}); from tests.chaos.clusters.simulated.digests import main; main()"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(seeds[0]), str(seeds[-1])),
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, problems = await process.communicate()
    assert process.returncode == 0, problems.decode()
    told: dict[str, str] = json.loads(out)
    return told


@dataclass(frozen=True)
class Digests:
    here: dict[str, str]
    there: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def computed() -> Digests:
    """By this process, and at the same time by two others."""
    half = len(SEEDS) // 2
    others = asyncio.gather(elsewhere(SEEDS[:half], "1"), elsewhere(SEEDS[half:], "2"))
    here = await asyncio.to_thread(digests, SEEDS)
    first, second = await others
    return Digests(here, first | second)


def test_two_hundred_seeds_leave_the_same_histories_in_other_processes_with_other_hash_seeds(computed: Digests) -> None:
    assert computed.there == computed.here


def test_no_two_seeds_leave_the_same_history(computed: Digests) -> None:
    assert len(set(computed.here.values())) == len(SEEDS)


def test_every_python_leaves_the_same_histories(computed: Digests) -> None:
    """Whichever comes first writes them down, and the others are held to them."""
    folder = os.environ.get(SHARED)
    if folder is None:
        pytest.skip(f"nothing says in {SHARED} where the Pythons meet")
    met = Path(folder) / f"{sources()}.json"
    met.parent.mkdir(parents=True, exist_ok=True)
    draft = met.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps({"python": sys.version, "digests": computed.here}))
    with suppress(FileExistsError):  # they may run side by side, and only one of them be the first
        os.link(draft, met)
    draft.unlink()
    written = json.loads(met.read_text())
    assert computed.here == written["digests"], f"{sys.version} and {written['python']} differ"


def sources() -> str:
    """What the digests depend on: every line of the packages that a simulation runs, and of what is simulated here."""
    whole = hashlib.sha256()
    for package in ("chaos", "reports", "system"):
        (folder,) = __import__(package).__path__
        for path in sorted(Path(folder).rglob("*.py")):
            whole.update(path.read_bytes())
    whole.update(Path(__file__).with_name("digests.py").read_bytes())
    return whole.hexdigest()[:16]
