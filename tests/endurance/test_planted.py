"""Coordinators that are broken on purpose: each is caught from ten seeds, made small, saved, and replayed elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chaos.exploring.in_laboratory import in_laboratory
from chaos.exploring.in_simulation import in_simulation
from chaos.exploring.margin import NEAR
from chaos.laboratory import Laboratory
from tests.endurance.conftest import Report
from tests.planted.coordinator import BUGS
from tests.planted.hunt import hunt

SEEDS = int(os.environ.get("ENDURANCE_REPEATS", "10"))

pytestmark = [pytest.mark.endurance, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_planted_bug_is_caught_made_small_and_replayed(
    bug: str, laboratory: Laboratory, report: Report, tmp_path: Path
) -> None:
    simulated = in_simulation()
    real = in_laboratory(laboratory, scenario=f"planted {bug}", test=bug, replay=f"pytest -m endurance {__file__}")
    told = []
    for seed in range(SEEDS):
        caught = hunt(bug, seed, tmp_path)
        assert caught is not None, f"{bug} was not found from seed {seed}"
        assert caught.faults <= 2, caught.failure.lines()
        assert caught.replayed(simulated), caught.failure.lines()
        runs = caught.replayed(real, NEAR)  # as `brownout replay` does where chance rules
        told.append({"seed": seed, **caught.to_json(), f"runs_until_seen_on_{laboratory.substrate}": runs})
    report({"planted": bug, "seeds": SEEDS, "caught": told})
    assert all(each[f"runs_until_seen_on_{laboratory.substrate}"] for each in told), told
