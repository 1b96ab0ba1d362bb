"""What is wrong with what a client sent, as it is told: in the shape that FastAPI gives its own complaints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """`loc` leads to the field, from `header`, `query`, `body` or `request` on; `type` is for programs."""

    loc: tuple[str | int, ...]
    msg: str
    type: str


def told(problems: Iterable[Problem]) -> dict[str, Any]:
    return {"detail": [{"loc": problem.loc, "msg": problem.msg, "type": problem.type} for problem in problems]}
