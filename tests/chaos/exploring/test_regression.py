"""A failure in a file: what it is called, what comes back of it, what is said of files that hold none."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.bundled import bundled
from chaos.case import Case, NoCase
from chaos.exploring.regression import Regression, regressions
from chaos.faults import crash
from chaos.schedule import Schedule
from chaos.standard import standard
from chaos.workload import constant
from tests.chaos.relay import relay

CASE = Case(bundled(), constant(10, 4), Schedule.of([crash("worker1").between(1, 2)]), seed=7, judges=standard())


def test_a_failure_comes_back_from_its_file(tmp_path: Path) -> None:
    found = {"under": "more", "seconds": 9.0, "schedule": Schedule().to_json(), "tries": 3, "substrate": "simulated"}
    regression = Regression(CASE, ("no_loss", "books_balance"), {"substrate": "local"}, found)
    path = regression.save(tmp_path / "regressions")
    again = Regression.load(path)
    assert again.case.to_json() == CASE.to_json()
    assert (again.violated, again.found) == (("no_loss", "books_balance"), {"substrate": "local"})
    assert again.shrunk_from == found
    assert regressions(tmp_path / "regressions") == (path,)


def test_the_same_failure_has_the_same_name_and_another_another(tmp_path: Path) -> None:
    first, second = Regression(CASE, ("no_loss",)), Regression(CASE, ("no_loss",), {"substrate": "local"})
    assert first.name == second.name
    assert first.name.startswith("no_loss-")
    other = Case(CASE.system, CASE.workload, CASE.schedule, 8, CASE.judges)
    assert Regression(other, ("no_loss",)).name != first.name
    assert {first.save(tmp_path), second.save(tmp_path)} == {tmp_path / f"{first.name}.json"}


def test_where_nothing_was_saved_there_is_nothing() -> None:
    assert regressions(Path("no such folder")) == ()


def test_what_cannot_be_saved_says_why(tmp_path: Path) -> None:
    with pytest.raises(NoCase, match="nobody knows how 'relay' was made"):
        Regression(Case(relay(), CASE.workload, Schedule(), 0, ()), ("no_loss",)).save(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(NoCase, match=r"file.*\.json: Not a directory|file.*: File exists"):
        Regression(CASE, ("no_loss",)).save(tmp_path / "file")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("{", "it is not JSON"), ("[]", "expected a JSON object"), ('{"version": 3}', "version 3 is not known here")],
)
def test_a_file_that_holds_none_is_named(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content)
    with pytest.raises(NoCase) as refused:
        Regression.load(path)
    assert f"{path}: " in str(refused.value)
    assert complaint in str(refused.value)
