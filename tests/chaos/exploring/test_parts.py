"""How explorations are divided, whoever runs the parts."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.exploring.parts import Part, parts


class Options:
    """A pytest configuration as far as parts look at it."""

    def __init__(self, workers: int | None = None, **options: Any) -> None:
        self._options = options
        if workers is not None:
            self.workerinput = {"workercount": workers}

    def getoption(self, name: str) -> Any:
        return self._options.get(name.removeprefix("--chaos-").removeprefix("--"))


def divided(*args: Any, **options: Any) -> list[Part]:
    return parts(Options(*args, **options))  # type: ignore[arg-type]


def test_many_examples_are_parts_of_250_and_the_rest() -> None:
    divided_up = divided(examples=600)
    assert [each.examples for each in divided_up] == [250, 250, 100]
    assert [str(each) for each in divided_up] == ["part 1 of 3", "part 2 of 3", "part 3 of 3"]
    assert divided_up == divided(2, examples=600)


def test_who_says_nothing_gets_what_takes_seconds() -> None:
    assert [each.examples for each in divided(substrate="simulated")] == [200]
    assert [each.examples for each in divided(substrate="local")] == [2]


def test_a_budget_is_spent_once_however_many_processes_share_it() -> None:
    assert [each.budget_s for each in divided(budget=80.0)] == [10.0] * 8
    assert [each.budget_s for each in divided(2, budget=80.0)] == [20.0] * 8


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"examples": 0}, "--chaos-examples 0 is no number of runs"),
        ({"budget": -1.0}, "--chaos-budget -1 is no time to explore in"),
        ({"budget": 9.0, "examples": 9}, "exclude each other"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(pytest.UsageError, match=complaint):
        divided(**options)
