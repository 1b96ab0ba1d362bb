"""How a system under test was made, so that whoever has only a run directory or a regression file can make it again.

    @remakeable
    def bundled(workers: int = 3, *, coordinator: Mapping[str, str] = NOTHING) -> SystemUnderTest: ...

    bundled(workers=2).recipe          # chaos.bundled:bundled with {"workers": 2}
    remake(bundled(workers=2).recipe)  # the same system, from its JSON

Whatever such a function is given ends up in files that are shown around: settings that look like secrets are withheld,
and what needs one can only be repeated by its test.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, Self

from chaos.problems import HarnessProblem

if TYPE_CHECKING:
    from chaos.system_under_test import SystemUnderTest

P = ParamSpec("P")

SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)


class NotRemakeable(HarnessProblem):
    """Nobody can make this system again from what was written down of it."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`made_by` is `module:function`; `parameters` are JSON, without those left at their defaults."""

    made_by: str
    parameters: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {"made_by": self.made_by, "parameters": dict(self.parameters)}

    @classmethod
    def from_json(cls, recipe: Mapping[str, Any]) -> Self:
        """Raises NotRemakeable."""
        match recipe:
            case {"made_by": str(made_by), "parameters": dict(parameters)}:
                return cls(made_by, parameters)
        raise NotRemakeable(f"{dict(recipe)!r} does not say by what the system was made, and of what")


class Remakeable(Generic[P]):
    """A function that makes systems. A class of its own, so that `remake` can tell it from whatever a file may name."""

    def __init__(self, function: Callable[P, SystemUnderTest]) -> None:
        update_wrapper(self, function)
        self.made_by = f"{function.__module__}:{function.__qualname__}"
        self._function = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> SystemUnderTest:
        __tracebackhide__ = True
        system = self._function(*args, **kwargs)
        given = inspect.signature(self._function).bind(*args, **kwargs).arguments
        return replace(system, recipe=Recipe(self.made_by, {name: _json(value) for name, value in given.items()}))


def remakeable(function: Callable[P, SystemUnderTest]) -> Remakeable[P]:
    """Have the systems that `function` makes know how they were made. Its parameters are numbers, texts, mappings."""
    return Remakeable(function)


def recipe_of(system: SystemUnderTest) -> Recipe | None:
    """How to make just this system again; None where nobody knows, where a secret was used, or it was changed since."""
    recipe = system.recipe
    if recipe is None or any(_secret(name, value) for name, value in recipe.parameters.items()):
        return None
    try:
        return recipe if remake(recipe) == system else None
    except NotRemakeable:
        return None


def remake(recipe: Recipe) -> SystemUnderTest:
    """Raises NotRemakeable. Nothing but what was declared `remakeable` is ever called: a file may come from anybody."""
    module, _, name = recipe.made_by.partition(":")
    try:
        maker = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as problem:
        raise NotRemakeable(f"no system is made by {recipe.made_by!r}: {problem}") from problem
    if not isinstance(maker, Remakeable):
        raise NotRemakeable(f"{recipe.made_by!r} is not declared @remakeable, so it is not called")
    try:
        system: SystemUnderTest = maker(**recipe.parameters)
    except (TypeError, ValueError, AttributeError, HarnessProblem) as problem:
        parameters = dict(recipe.parameters)
        raise NotRemakeable(f"{recipe.made_by!r} makes no system of {parameters}: {problem}") from problem
    return system


def _json(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _secret(name: str, value: object) -> bool:
    """A text that is called like one, or a mapping in which anything is."""
    if isinstance(value, Mapping):
        return any(SECRET.search(str(each)) for each in value)
    return isinstance(value, str) and SECRET.search(name) is not None
