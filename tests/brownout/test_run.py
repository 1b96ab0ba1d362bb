"""`brownout run` and `brownout replay`, in simulation: what they are given, what they say, how they end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from chaos.bundled import bundled
from chaos.case import Case
from chaos.exploring.regression import Regression
from chaos.faults import crash, down
from chaos.schedule import Schedule
from chaos.standard import standard
from chaos.workload import constant
from tests.brownout.called import Called
from tests.brownout.running_up import brownout

HARMLESS = Schedule.of([crash("worker1").between(1, 2)], 7)
# Whoever finds nobody at the door has no answer.
HARMFUL = Schedule.of([down("client→coordinator").between(1, 2)], 7)
# Nobody comes while the door is closed, but for 0.045 s later: the third near by.
ON_AN_EDGE = Schedule.of([down("client→coordinator").between(1.02, 1.06)], 7)
# The load is over when the third near by would begin.
AT_THE_END = Schedule.of([down("client→coordinator").between(3.96, 3.99)], 7)


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, content: Mapping[str, Any]) -> str:
    Path(name).write_bytes(orjson.dumps(content))
    return name


def saved(schedule: Schedule, *violated: str) -> str:
    case = Case(bundled(), constant(10, 4), schedule, seed=7, judges=standard())
    return str(Regression(case, violated, {"substrate": "simulated"}).save(Path("regressions")))


def test_a_schedule_that_does_no_harm_holds(call: Called) -> None:
    code, said, _ = call("run", write("a.json", HARMLESS.to_json()), "--substrate", "simulated", "--seconds", "4")
    assert code == 0
    assert "brownout() under poisson(rate=20.0, seconds=4.0), seed 7" in said
    assert "1 s to 2 s: crash worker1" in said
    assert re.search(r"^HELD: (\d+) of \1 invariants held$", said, re.MULTILINE)
    assert Path("reports/runs/latest/verdicts.json").exists()


def test_a_schedule_that_does_harm_is_violated_and_replayed_from_its_run(call: Called) -> None:
    schedule = write("b.json", HARMFUL.to_json())
    code, said, _ = call("run", schedule, "--substrate", "simulated", "--seconds", "4", "--json")
    first = orjson.loads(said)
    assert (code, first["verdict"], first["violated"]) == (1, "VIOLATED", ["no_loss"])
    code, said, _ = call("replay", "latest")
    assert code == 1
    assert "reproduced: no_loss violated again (the last time on simulated)" in said
    code, said, _ = call("replay", first["directory"], "--json")
    again = orjson.loads(said)
    assert code == 1
    assert again["reproduced"] is True
    assert again["original"] == {"substrate": "simulated", "violated": ["no_loss"]}
    assert again["figures"] == first["figures"]
    names = [each["name"] for each in again["invariants"]]
    assert sorted(names) == sorted(each["name"] for each in first["invariants"])
    assert len({*names}) == len(names)
    histories = [Path(each["directory"]) / "history.jsonl" for each in (first, again)]
    assert histories[0].read_bytes() == histories[1].read_bytes()


def test_a_saved_failure_is_shown_with_what_it_was_before_it_was_made_small(call: Called) -> None:
    case = Case(bundled(), constant(10, 4), HARMLESS, seed=7, judges=standard())
    found = {
        "under": "brownout() under …",
        "seconds": 9,
        "schedule": HARMFUL.to_json(),
        "tries": 4,
        "substrate": "local",
    }
    saved = Regression(case, ("no_loss",), {"substrate": "simulated"}, found).save(Path("regressions"))
    for command in (("run", "--seed", "11"), ("replay",)):
        call(*command, str(saved), "--substrate", "simulated")
        facts = orjson.loads(Path("reports/runs/latest/run.json").read_bytes())
        assert facts["shrunk_from"] == found
        assert facts["seed"] == (11 if command[0] == "run" else 7), "another seed was asked for"


def test_a_failure_that_was_mended_is_not_reproduced(call: Called) -> None:
    code, said, _ = call("replay", saved(HARMLESS, "no_loss"), "--substrate", "simulated")
    assert code == 0
    assert "not reproduced: no_loss violated the last time on simulated, and not this time" in said


def test_a_failure_that_is_not_seen_again_is_looked_for_near_by(call: Called) -> None:
    file = saved(ON_AN_EDGE, "no_loss")
    code, said, _ = call("replay", file)
    assert code == 0
    assert "not reproduced: no_loss violated the last time on simulated, and not this time\n" in said
    code, said, _ = call("replay", file, "--near", "2")
    assert code == 0
    assert "and not this time, and 2 near by neither" in said
    code, said, _ = call("replay", file, "--near", "6")
    assert code == 1
    assert "not seen again; near by, 3 of 6:\n  brownout() under constant(rate=10, seconds=4), seed 10" in said
    assert "reproduced, by case 3 of those near by: no_loss violated again" in said
    code, said, _ = call("replay", file, "--near", "6", "--json")
    told = orjson.loads(said)
    assert (code, told["verdict"], told["reproduced"]) == (1, "VIOLATED", True)
    assert [each["verdict"] for each in told["tried"]] == ["HELD", "HELD", "HELD", "VIOLATED"]
    assert told["directory"] == told["tried"][-1]["directory"]


def test_no_case_near_by_breaks_anything_once_the_load_is_over(call: Called) -> None:
    code, said, problems = call("replay", saved(AT_THE_END, "no_loss"), "--near", "6", "--json")
    assert code != 3, problems
    assert len(orjson.loads(said)["tried"]) == 3


def test_what_fails_again_or_never_failed_is_not_looked_for_near_by(call: Called) -> None:
    for file, reproduced in ((saved(HARMFUL, "no_loss"), True), (saved(ON_AN_EDGE), None)):
        _, said, _ = call("replay", file, "--substrate", "simulated", "--near", "6", "--json")
        told = orjson.loads(said)
        assert told["reproduced"] is reproduced
        assert len(told["tried"]) == 1


OF_ITS_OWN = """
import pytest

from chaos.invariants import no_loss
from chaos.workload import constant
from reports.verdict import Finding, Verdict


def enough(record):
    return Finding("enough", Verdict.VIOLATED, "requests are never enough")


@pytest.mark.chaos
async def test_enough(experiment):
    run = await experiment(constant(rate=10, seconds=2))
    run.holds(no_loss(), enough)
"""


def test_what_only_the_test_can_judge_is_judged_by_the_test() -> None:
    Path("test_own.py").write_text(OF_ITS_OWN)
    assert brownout("run", "test_own.py", "--substrate", "simulated").returncode == 1
    again = brownout("replay", "latest")
    assert again.returncode == 1, again.stdout + again.stderr
    assert "its files do not say all of it; its test does: test_own.py::test_enough" in again.stdout
    assert "requests are never enough" in again.stdout
    Path("test_own.py").unlink()
    alone = brownout("replay", "latest", "--json")
    assert (alone.returncode, orjson.loads(alone.stdout)["reproduced"]) == (0, None)
    assert "only its test, which is not there, could judge by enough" in alone.stderr


def test_a_saved_case_can_be_run_as_well(call: Called) -> None:
    code, said, _ = call("run", saved(HARMFUL, "no_loss"), "--substrate", "simulated")
    assert code == 1
    assert "✘ no_loss" in said


@pytest.mark.parametrize(
    ("ran_on", "complaint"),
    [
        ("compose:trial", "the compose substrate cannot be used: no Docker engine answers"),
        ("abacus", "it ran on 'abacus', which is not known here; --substrate says where to run it now"),
    ],
)
def test_a_run_is_replayed_where_it_ran_or_not_at_all(
    call: Called, monkeypatch: pytest.MonkeyPatch, ran_on: str, complaint: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nobody")
    call("run", write("a.json", HARMLESS.to_json()), "--substrate", "simulated", "--seconds", "4")
    facts = Path("reports/runs/latest/run.json")
    facts.write_bytes(orjson.dumps({**orjson.loads(facts.read_bytes()), "substrate": ran_on}))
    code, _, said = call("replay", "latest")
    assert code == 3
    assert complaint in said
    code, said, _ = call("replay", "latest", "--substrate", "simulated", "--json")
    assert (code, orjson.loads(said)["original"]["substrate"]) == (0, ran_on)


def test_a_substrate_that_there_is_not_is_told_with_those_that_there_are(call: Called) -> None:
    for given in ("abacus", "compose:"):
        code, _, said = call("run", "worker_crash", "--substrate", given)
        assert code == 3
        assert f"'{given}' is none of simulated, local, docker and compose:PROJECT" in " ".join(said.split())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("run", "nowhere.json"), "nowhere.json: No such file or directory"),
        (("run", "broken.json"), "broken.json: it is not JSON"),
        (("run", "flood.json"), "no fault is called 'flood'; there are "),
        (("run", "worker_crush"), "'worker_crush' is no file and no scenario; there are worker_crash"),
        (("replay", "nowhere"), "nowhere is neither a run directory, nor the name of one in reports/runs"),
        (("replay", "empty"), "empty is not a run directory: it has no run.json"),
        (("replay", "old.json"), "old.json: version 0 is not known here, only 1"),
    ],
)
def test_what_cannot_be_run_ends_as_such_and_says_why(call: Called, arguments: tuple[str, ...], complaint: str) -> None:
    Path("broken.json").write_text("{")
    Path("empty").mkdir()
    write("old.json", {"version": 0})
    write("flood.json", {"version": 1, "faults": [{"kind": "flood", "target": "worker1", "start_s": 1}]})
    code, _, said = call(*arguments)
    assert code == 3
    assert complaint in said
    code, said, _ = call(*arguments, "--json")
    assert code == 3
    assert complaint in orjson.loads(said)["problem"]


def test_a_scenario_that_comes_with_brownout_is_run_by_its_name(tmp_path: Path) -> None:
    done = brownout("run", "no_fault", "--substrate", "simulated", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = orjson.loads(done.stdout)
    assert told["verdict"] == "HELD"
    assert {each["verdict"] for each in told["runs"]} == {"HELD"}
    assert all(Path(each["directory"]).is_relative_to(tmp_path) for each in told["runs"])
    assert "passed" in done.stderr
