"""Two sides take turns at running, in counter-balanced order: first second, second first, first second …

A machine that grows slower, warmer or busier meanwhile then hits both alike, which two sets one after the other hide.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

NOTHING_RAN: Final = (2, 3, 4, 5)  # exit codes of pytest: interrupted, failed itself, misused, found no tests


class TurnProblem(Exception):
    """A side could not take its turn; the message has what pytest said."""


@dataclass(frozen=True, slots=True)
class Side:
    """`test` is what pytest is to run, `options` what it is to be told besides."""

    name: str
    test: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turns:
    """How often each side takes its turn, in which folder, on which substrate."""

    rounds: int
    into: Path
    substrate: str


def called(first: str, second: str) -> tuple[str, str]:
    """Names for two sides, after the tests that they run, as far as those tell them apart: folders are called so."""
    names = [
        re.sub(r"[^A-Za-z0-9_.]+", "-", Path(each).name).removeprefix("test_").strip("-.")
        for each in _ends(first, second)
    ]
    return (names[0], names[1]) if names[0] != names[1] and all(names) else ("first", "second")


def _ends(first: str, second: str) -> tuple[str, str]:
    """Of the tests' ids, the functions; the files, where the functions are called the same."""
    functions = tuple(each.rpartition("::")[2] for each in (first, second))
    files = tuple(each.partition("::")[0].removesuffix(".py") for each in (first, second))
    ends = functions if functions[0] != functions[1] else files
    return ends[0].removesuffix(".py"), ends[1].removesuffix(".py")


def take_turns(sides: tuple[Side, Side], turns: Turns, *, say: Callable[[str], None]) -> list[Path]:
    """A folder of runs for each side.

    Whether a scenario passes is not asked here: what its runs came to is compared. Raises TurnProblem.
    """
    began = turns.into / f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    folders = {side.name: began / side.name for side in sides}
    for number in range(turns.rounds):
        for side in balanced(sides, number):
            say(f"round {number + 1} of {turns.rounds}: {side.name}")
            _turn(side, folders[side.name], turns.substrate, seed=number + 1)
    return list(folders.values())


def balanced(sides: Sequence[Side], number: int) -> Sequence[Side]:
    """Who begins, begins next time as the other."""
    return sides if number % 2 == 0 else sides[::-1]


def _turn(side: Side, folder: Path, substrate: str, *, seed: int) -> None:
    """Both sides of a round have the same seed, and with it the same load."""
    before = _runs(folder)
    done = subprocess.run(
        (
            *(sys.executable, "-m", "pytest", "-q", "-m", "chaos", "--substrate", substrate),
            *("--chaos-seed", str(seed), "--runs-dir", str(folder), *side.options, side.test),
        ),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"REQUIRE_SUBSTRATES": substrate},
    )
    if done.returncode in NOTHING_RAN or _runs(folder) == before:
        raise TurnProblem(f"{side.name}: nothing was run (pytest: {done.returncode})\n{done.stdout}{done.stderr}")


def _runs(folder: Path) -> int:
    return len([*folder.glob("*/run.json")])
