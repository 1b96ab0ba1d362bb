"""What an invariant is, and how one is made out of a plain function.

    @invariant
    def no_loss(record: Record, *, refusals: Refusals = "lost") -> Finding: ...

    run.holds(no_loss(), no_loss(refusals="allowed"))

The decorator turns the function into a factory: it is called with everything but the record, and gives an `Invariant`
that knows its name and parameters, so that they can be written into the run directory and judged again later.
Parameters are checked against their annotations (`Annotated[float, Gt(0)]` and the like) when the invariant is made.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, get_type_hints

from reports.record import Record
from reports.verdict import Finding, Verdict

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Invariant:
    """A pure function of a finished run, with the name it is reported under and what it takes to make it again.

    `made_by` is `module:function` of its factory; `promise` is the first sentence of what that says of itself.
    """

    name: str
    made_by: str
    parameters: Mapping[str, Any]
    judge: Callable[[Record], Finding]
    promise: str = ""


class Factory(Generic[P]):
    """A judging function that waits for its parameters.

    A class of its own, not a closure, so that `remake` can tell it from whatever else a run directory may name.
    """

    def __init__(self, function: Callable[Concatenate[Record, P], Finding]) -> None:
        update_wrapper(self, function)
        whole = inspect.signature(function)
        record, *parameters = whole.parameters.values()
        if unnamed := [each.name for each in parameters if each.kind not in NAMED]:
            raise TypeError(f"{function.__qualname__}: {unnamed} have no name that a run directory could keep")
        self.name = function.__name__
        self.made_by = f"{function.__module__}:{function.__qualname__}"
        self.__signature__ = whole.replace(parameters=parameters, return_annotation=Invariant)
        self._record = record.name
        self._function: Callable[..., Finding] = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Invariant:
        """Raises TypeError or ValueError where the scenario is written, not after the run."""
        __tracebackhide__ = True
        known = self.__signature__.parameters
        try:
            bound = self.__signature__.bind(*args, **kwargs)
        except TypeError as problem:
            strange = [f"no parameter {name!r}" for name in kwargs if name not in known]
            raise TypeError(
                f"{self.name}: {'; '.join(strange) or problem}; it has {', '.join(known) or 'none'}"
            ) from None
        bound.apply_defaults()
        parameters = self._checked(bound.arguments)
        function = self._function
        promise = promise_of(self.__doc__ or "", parameters)
        return Invariant(self.name, self.made_by, parameters, lambda record: function(record, **parameters), promise)

    def _checked(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments as their annotations describe them: what went through JSON comes back as it was."""
        __tracebackhide__ = True
        # A quarter of a second to import, which collecting tests need not wait for.
        from pydantic import ConfigDict, ValidationError, create_model  # noqa: PLC0415

        hints = get_type_hints(self._function, include_extras=True)
        fields: dict[str, Any] = {name: (hints.get(name, Any), ...) for name in arguments}
        model = create_model(self.name, __config__=ConfigDict(arbitrary_types_allowed=True), **fields)
        try:
            checked = model.model_validate(dict(arguments))
        except ValidationError as problems:
            every = "; ".join(
                f"{problem['loc'][0]}={problem['input']!r}: {problem['msg']}" for problem in problems.errors()
            )
            raise ValueError(f"{self.name}: {every}") from None
        return {name: getattr(checked, name) for name in arguments}


def promise_of(words: str, parameters: Mapping[str, Any]) -> str:
    """The first sentence of a docstring, without its marks; names of parameters come with their values."""
    sentence = SENTENCE.match(" ".join(words.split()))

    def plain(marked: re.Match[str]) -> str:
        name = marked[1]
        value = parameters.get(name)
        return name if value in (None, name) else f"{name}={value}"

    return MARKED.sub(plain, sentence[0]) if sentence else ""


SENTENCE = re.compile(r".+?\.(?= |$)")
MARKED = re.compile("`([^`]+)`")
NAMED = frozenset({inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY})


def invariant(function: Callable[Concatenate[Record, P], Finding]) -> Factory[P]:
    """Make `function`, a judge of one record, a factory of invariants."""
    return Factory(function)


def remake(made_by: str, parameters: Mapping[str, Any]) -> Invariant:
    """The invariant that a run directory describes. Raises LookupError when `made_by` makes no invariant.

    Nothing but a `Factory` is ever called: a run directory may come from anybody.
    """
    module, _, function = made_by.partition(":")
    try:
        factory = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as problem:
        raise LookupError(f"no invariant is made by {made_by!r}: {problem}") from problem
    if not isinstance(factory, Factory):
        raise LookupError(f"{made_by!r} is a {type(factory).__name__}, which makes no invariants")  # noqa: TRY004 - a wrong name
    try:
        made: Invariant = factory(**parameters)
    except (TypeError, ValueError) as problem:
        raise LookupError(f"{made_by!r} makes no invariant of {dict(parameters)}: {problem}") from problem
    return made


def judge_all(record: Record, invariants: Iterable[Invariant | Callable[[Record], Finding]]) -> tuple[Finding, ...]:
    """Every finding, in order. An invariant that raises or finds nothing is INCONCLUSIVE: it acquits nobody."""
    return tuple(_judge(record, each) for each in invariants)


def _judge(record: Record, each: Invariant | Factory[...] | Callable[[Record], Finding]) -> Finding:
    name = each.name if isinstance(each, Invariant) else getattr(each, "__name__", type(each).__name__)
    if isinstance(each, Factory):
        return Finding(name, Verdict.INCONCLUSIVE, f"this makes an invariant; call it: {name}(…)")
    try:
        finding: object = each.judge(record) if isinstance(each, Invariant) else each(record)
    except Exception as problem:  # noqa: BLE001 - whatever a judge raises, the others must still be heard
        return Finding(name, Verdict.INCONCLUSIVE, f"the invariant itself failed: {type(problem).__name__}: {problem}")
    if not isinstance(finding, Finding):
        return Finding(name, Verdict.INCONCLUSIVE, f"the invariant itself gave {finding!r} instead of a finding")
    return replace(finding, promise=each.promise) if isinstance(each, Invariant) else finding
