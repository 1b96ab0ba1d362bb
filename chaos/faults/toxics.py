"""Toxics that come and go together: what every fault on an edge that Toxiproxy knows how to disturb is made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from chaos.clusters.cluster import EdgeHandle
from chaos.faults.arguments import choice_problems
from chaos.faults.fault import about
from chaos.toxiproxy.toxic import Direction, Toxic

Way = Literal["up", "down", "both"]
"""Which bytes of an edge are disturbed: those to its target, those back from it, or both."""

WAY: Final = about("`up`, the bytes to the edge's target; `down`, those back from it; or `both`")

DIRECTIONS: Final[Mapping[str, tuple[Direction, ...]]] = MappingProxyType(
    {
        "up": (Direction.UPSTREAM,),
        "down": (Direction.DOWNSTREAM,),
        "both": (Direction.UPSTREAM, Direction.DOWNSTREAM),
    }
)


def way_problems(way: object) -> Iterator[str]:
    """What is wrong with a fault's `direction`."""
    yield from choice_problems("direction", way, DIRECTIONS)


@dataclass(frozen=True, slots=True)
class Toxics:
    """The same disturbance in every direction of `way`."""

    edge: EdgeHandle
    fault: str
    toxic: str
    attributes: Mapping[str, int]
    way: str

    async def add(self) -> None:
        for each in self._each():
            await self.edge.add_toxic(each)

    async def remove(self) -> None:
        """Also those that were never added."""
        for each in self._each():
            await self.edge.remove_toxic(each.name)

    def _each(self) -> Iterator[Toxic]:
        for direction in DIRECTIONS[self.way]:
            yield Toxic(self.toxic, direction, self.attributes, name=f"{self.fault}_{direction}")
