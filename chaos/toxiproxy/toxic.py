"""A toxic: one disturbance of one direction of one proxy."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

# Toxiproxy ignores an attribute it does not know and takes a missing one as 0, so a slip of the pen would be a fault
# that does nothing, or a black hole. Both are refused here instead.
ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "bandwidth": frozenset({"rate"}),  # KB/s
        "latency": frozenset({"latency", "jitter"}),  # ms, ± ms
        "limit_data": frozenset({"bytes"}),
        "reset_peer": frozenset({"timeout"}),  # ms before the reset
        "slicer": frozenset({"average_size", "size_variation", "delay"}),  # bytes, bytes, µs
        "slow_close": frozenset({"delay"}),  # ms
        "timeout": frozenset({"timeout"}),  # ms until it closes; 0 never does: a black hole
    }
)


class Direction(enum.StrEnum):
    """Which way the disturbed bytes go; Toxiproxy calls it `stream`."""

    UPSTREAM = "upstream"  # from the client to the server
    DOWNSTREAM = "downstream"  # from the server back to the client


@dataclass(frozen=True, slots=True)
class Toxic:
    """`kind` is Toxiproxy's `type`. The name is unique within a proxy; by default Toxiproxy's own, `kind_direction`.

    There is no toxicity: it is drawn once per connection, so that on one long-lived connection it means all or nothing.
    It stays 1, and chance belongs to the schedule.
    """

    kind: str
    direction: Direction
    attributes: Mapping[str, int] = field(default_factory=dict, hash=False)
    name: str = ""

    def __post_init__(self) -> None:
        wanted = ATTRIBUTES.get(self.kind)
        if wanted is None:
            raise ValueError(f"no toxic {self.kind!r}; there are {', '.join(sorted(ATTRIBUTES))}")
        flaws = [f"lacks {name!r}" for name in sorted(wanted - self.attributes.keys())]
        flaws += [f"does not know {name!r}" for name in sorted(self.attributes.keys() - wanted)]
        flaws += [f"{name!r} is {value}, below 0" for name, value in self.attributes.items() if value < 0]
        if flaws:
            raise ValueError(f"toxic {self.kind}: {'; '.join(flaws)}")
        object.__setattr__(self, "name", self.name or f"{self.kind}_{self.direction}")
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))
