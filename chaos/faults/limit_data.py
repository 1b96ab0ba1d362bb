"""Every connection on an edge is closed once it has carried so many bytes, in the middle of whatever they belong to."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, EdgeHandle, NodeHandle
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.arguments import number_problems
from chaos.faults.fault import Evidence, Injection, about
from chaos.faults.on_edge import OnEdge, ends
from chaos.faults.slowdown import SMALLEST_ANSWER
from chaos.faults.toxics import WAY, Toxics, Way, way_problems
from chaos.probes import ProbeOutcome
from chaos.system_under_test import SystemUnderTest

SMALLEST_EXCHANGE: Final = 30  # bytes in each direction of one question among many on a connection: a gRPC health check
MOST_BYTES: Final = 50_000  # that can be shown: so many questions take a second
LISTEN_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class LimitData(OnEdge):
    """Counted on each connection by itself, from the injection on, so that new ones live as long as the old.

    On an edge whose probe keeps no connection open, as where a server closes each after one answer, a limit above that
    one answer can neither be shown nor felt.
    """

    bytes: int = field(metadata=about(f"the most that a connection carries, 1 to {MOST_BYTES}"))
    direction: Way = field(default="down", metadata=WAY)

    kind: ClassVar[str] = "limit_data"
    inverse: ClassVar[str] = "unlimit_data"
    label: ClassVar[str] = "cut short"
    shown_by: ClassVar[str] = (
        "a connection through the edge is cut when it is asked often enough to exceed the limit, while the node itself "
        "answers"
    )

    def problems(self) -> Iterator[str]:
        wrong = [*number_problems("bytes", self.bytes, least=1)]
        yield from wrong
        if not wrong and self.bytes > MOST_BYTES:
            yield f"bytes {self.bytes} is more than {MOST_BYTES}, and could not be shown to be in force"
        yield from way_problems(self.direction)

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:
        """Nobody, unless no answer at all gets through."""
        return system.cut_off(target) if self.bytes < SMALLEST_ANSWER else ()

    def on(self, cluster: Cluster, target: str) -> Injection:
        return LimitDataInjection(self, *ends(cluster, target))


class LimitDataInjection:
    def __init__(self, fault: LimitData, edge: EdgeHandle, behind: NodeHandle) -> None:
        self._edge = edge
        self._behind = behind
        self._questions = fault.bytes // SMALLEST_EXCHANGE + 1
        self._toxics = Toxics(edge, fault.kind, "limit_data", {"bytes": fault.bytes}, fault.direction)

    async def inject(self) -> None:
        await self._toxics.add()

    async def evidence(self, within_s: float) -> Evidence:
        timeout_s = min(LISTEN_S, within_s)
        through, direct = await asyncio.gather(
            self._edge.converse(self._questions, timeout_s), self._behind.probe(timeout_s)
        )
        return Evidence(
            bit=through.outcome is ProbeOutcome.CUT and direct.answered,
            evidence=f"a connection through {self._edge.edge}, asked up to {self._questions} times, is {through}; "
            f"{self._behind.node.name} itself, asked directly, is {direct}",
            figures={
                "questions": self._questions,
                "through": through.outcome.value,
                "through_ms": through.seconds * 1000,
                "direct": direct.outcome.value,
            },
        )

    async def heal(self) -> None:
        await self._toxics.remove()


def limit_data(target: str, *, bytes: int, direction: Way = "down") -> Aimed:  # noqa: A002 - the word for it
    """Close every connection of an edge once it has carried so many bytes, until `unlimit_data`."""
    return Aimed(LimitData(bytes, direction), target)


def unlimit_data(target: str) -> AimedHealing:
    """Let connections of an edge live as long again as both ends want, after `limit_data`."""
    return AimedHealing(LimitData.inverse, target)
