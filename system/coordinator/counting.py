"""Answers on their way out, counted whoever gives them."""

from __future__ import annotations

from typing import Protocol

from uvicorn._types import ASGISendCallable, ASGISendEvent


class Figures(Protocol):
    """What the connections of clients tell of themselves."""

    def answered(self, status: int) -> None: ...

    def cut(self) -> None:
        """Closed on arrival: too many others are open."""


def counting(send: ASGISendCallable, figures: Figures) -> ASGISendCallable:
    """`send` for one request, which tells the status of its answer."""

    async def counted(message: ASGISendEvent) -> None:
        if message["type"] == "http.response.start":
            figures.answered(message["status"])
        await send(message)

    return counted
