from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from chaos.invariants import answers_correct, no_loss
from tests.brownout.running_up import brownout
from tests.chaos.test_rejudge import CALM, LOST, kept


@pytest.mark.parametrize(
    ("record", "whole", "code", "verdict"),
    [(CALM, True, 0, "HELD"), (LOST, True, 1, "VIOLATED"), (LOST, False, 2, "INCONCLUSIVE")],
)
def test_the_exit_code_is_the_verdict(tmp_path: Path, record: object, whole: bool, code: int, verdict: str) -> None:
    directory = kept(tmp_path, record, whole=whole, judges=(no_loss(),))  # type: ignore[arg-type]
    told = brownout("judge", str(tmp_path / "latest"), "--json")
    said = orjson.loads(told.stdout)
    assert (told.returncode, said["verdict"]) == (code, verdict)
    (run,) = said["runs"]
    assert (run["run"], run["path"], run["invariants"][0]["name"]) == (directory.name, str(directory.path), "no_loss")


def test_several_runs_are_judged_by_what_is_asked_and_the_worst_counts(tmp_path: Path) -> None:
    runs = [str(kept(tmp_path, record, judges=(no_loss(),)).path) for record in (CALM, LOST)]
    told = brownout("judge", *runs, "-i", "answers_correct", "--invariant", "latency_below(5000, at=0.5)")
    assert told.returncode == 1
    assert "✘ VIOLATED" in told.stdout
    assert "a (NEGATIVE instead of POSITIVE)" in told.stdout
    assert "no_loss" not in told.stdout
    told = brownout("judge", runs[0], "--invariant", "latency_below(5000, at=0.5)", "--invariant", "reconciled")
    assert "latency_below" in told.stdout
    assert "? reconciled" in told.stdout
    assert told.returncode == 2


def test_what_cannot_be_read_is_named_and_the_others_are_judged_all_the_same(tmp_path: Path) -> None:
    run = kept(tmp_path, CALM, judges=(no_loss(), answers_correct())).path
    told = brownout("judge", str(tmp_path / "nowhere"), str(run))
    assert told.returncode == 3
    assert "nowhere is not a run directory: it has no run.json" in told.stderr
    assert "no_loss" in told.stdout


def test_all_wrong_invariants_are_refused_at_once(tmp_path: Path) -> None:
    told = brownout("judge", str(tmp_path), "-i", "no_los", "-i", "latency_below(0)")
    assert told.returncode == 3
    assert "no_los" in told.stderr
    assert "greater than 0" in told.stderr
