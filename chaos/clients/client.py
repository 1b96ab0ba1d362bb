"""The clients of the bundled system, as values; their connections are in `infer_session` and `roaming_session`."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chaos.inputs import golden_answers
from chaos.system_under_test import Session


@dataclass(frozen=True, slots=True)
class InferClient:
    """Speaks the REST contract of the bundled system, and knows the golden answers of its embedded model.

    `timeout_s` is what it gives each request, in its header; None leaves it to the system.
    """

    golden: Mapping[str, str] = field(default_factory=golden_answers, repr=False)
    timeout_s: float | None = None

    @asynccontextmanager
    async def open(self, base_url: str) -> AsyncIterator[Session]:
        # A quarter of a second to import, which collecting scenarios need not wait for.
        from chaos.clients.infer_session import connected  # noqa: PLC0415

        async with connected(base_url, self.timeout_s) as session:
            yield session

    def expected(self, text: str) -> str | None:
        return self.golden.get(text)


@dataclass(frozen=True, slots=True)
class RoamingInferClient:
    """The same where there are several coordinators: what one does not answer is asked of the next, under one key."""

    one: InferClient

    @asynccontextmanager
    async def open_any(self, base_urls: Mapping[str, str]) -> AsyncIterator[Session]:
        from chaos.clients.roaming_session import roaming  # noqa: PLC0415 - as above

        async with roaming(base_urls, self.one.timeout_s) as session:
            yield session

    @asynccontextmanager
    async def open(self, base_url: str) -> AsyncIterator[Session]:
        async with self.open_any({"coordinator": base_url}) as session:
            yield session

    def expected(self, text: str) -> str | None:
        return self.one.expected(text)
