"""How a system was made is written down, read back, and makes the same system again."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from chaos.bundled import bundled
from chaos.clients.client import InferClient
from chaos.recipe import NotRemakeable, Recipe, recipe_of, remake, remakeable
from chaos.system_under_test import SystemUnderTest
from tests.chaos.relay import relay

made_anew = remakeable(relay)


def through_json(system: SystemUnderTest) -> SystemUnderTest:
    recipe = recipe_of(system)
    assert recipe is not None
    return remake(Recipe.from_json(orjson.loads(orjson.dumps(recipe.to_json()))))


@pytest.mark.parametrize(
    "system",
    [
        bundled(),
        bundled(2, worker_timeout_s=1.5, request_timeout_s=2, coordinator={"BATCH_SIZE": "8"}),
        bundled(worker={"CRASH_ON": "a {brace}"}, restart_after_s=1),
    ],
)
def test_a_system_comes_back_from_its_recipe(system: SystemUnderTest) -> None:
    assert through_json(system) == system


def test_run_json_says_how_to_make_the_system_again() -> None:
    assert bundled(2).to_json()["recipe"] == {"made_by": "chaos.bundled:bundled", "parameters": {"workers": 2}}
    assert relay().to_json()["recipe"] is None


def test_a_system_that_was_changed_after_it_was_made_has_no_recipe() -> None:
    assert recipe_of(replace(bundled(), client=InferClient(timeout_s=9))) is None


@pytest.mark.parametrize("name", ["API_KEYS", "TLS_KEY", "HUB_TOKEN", "password"])
def test_a_secret_is_never_written_down(name: str) -> None:
    system = bundled(coordinator={name: "hunter2-hunter2-hunter2"})
    assert recipe_of(system) is None
    assert b"hunter2" not in orjson.dumps(system.to_json())


@remakeable
def keyed(api_key: str = "", keys: int = 1) -> SystemUnderTest:
    return bundled(1)


def test_a_parameter_that_is_called_like_a_secret_is_one() -> None:
    assert recipe_of(keyed(api_key="hunter2-hunter2-hunter2")) is None
    assert b"hunter2" not in orjson.dumps(keyed(api_key="hunter2-hunter2-hunter2").to_json())
    assert recipe_of(keyed(keys=3)) is not None


@pytest.mark.parametrize(
    ("recipe", "complaint"),
    [
        (Recipe("os:system", {"command": "true"}), "'os:system' is not declared @remakeable"),
        (Recipe("chaos.nowhere:bundled", {}), "no system is made by 'chaos.nowhere:bundled'"),
        (Recipe("nonsense", {}), "no system is made by 'nonsense'"),
        (Recipe("chaos.bundled:bundled", {"sheep": 3}), "makes no system of {'sheep': 3}"),
        (Recipe("chaos.bundled:bundled", {"workers": 0}), "workers 0 is less than 1"),
    ],
)
def test_a_recipe_that_makes_nothing_is_refused_with_the_reason(recipe: Recipe, complaint: str) -> None:
    with pytest.raises(NotRemakeable) as refused:
        remake(recipe)
    assert complaint in str(refused.value)


def test_what_is_no_recipe_is_refused() -> None:
    with pytest.raises(NotRemakeable, match="does not say by what the system was made"):
        Recipe.from_json({"made_by": 3})


def test_what_makes_systems_is_still_a_function() -> None:
    assert made_anew() == relay()
    assert bundled.__doc__
