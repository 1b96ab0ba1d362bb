"""What all experiments of a session share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from chaos.progress import Unwatched, Watcher
from chaos.run import Run
from chaos.substrate import InTime, Launch, real_time


@dataclass(frozen=True, slots=True)
class Laboratory:
    """What all experiments of a session share. `controls` are the control runs so far, by what they are controls of;
    `in_time` is the time that clusters of this substrate live in; `without_faults`, no schedule is carried out.
    """

    substrate: str
    launch: Launch
    runs: Path
    seed: int
    provenance: Mapping[str, Any]
    watcher: Watcher = field(default_factory=Unwatched)
    in_time: InTime = real_time
    without_faults: bool = False
    controls: dict[str, Run] = field(default_factory=dict)

    def seed_of(self, name: str) -> int:
        """A seed of its own for everything that has a name, from the one seed of the session."""
        return int.from_bytes(sha256(f"{self.seed} {name}".encode()).digest()[:6])
