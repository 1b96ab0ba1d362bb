"""Texts that may kill workers: who was there when one died, who travels alone from now on, and who is guilty.

A batch whose connection broke may have been what killed its worker. Each of its texts becomes a suspect and travels
alone: an innocent one is answered and forgotten, the guilty one kills the next worker with nobody beside it. So
POISON_KILLS deaths convict one text, and no more workers than that die of it.

Nobody is convicted for other deaths:

- a batch that its worker had not begun, behind another one or another coordinator's, is not what it died of: texts of
  such a batch never get here;
- a worker that is heard of again as the same process was not killed: its connection broke;
- a suspect does not leave for COINCIDENCE_S after any worker was lost, and then only to one that was heard of since:
  when several are killed at once, from outside, nobody rides with two of them;
- where workers are lost without it too, something else kills: then as many deaths convict as an innocent text meets
  once in ten thousand times after the first, going by how many batches were lost of late without it, or by what a
  worker says of itself (CRASH_RATE).

What is left: a text that rides alone with a worker just as that one worker is killed from outside, was there the last
time as well, and nothing else was killed for a minute. The two cannot be told apart from here.
"""

from __future__ import annotations

import hashlib
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from system.coordinator.core.fading import FadingCount
from system.coordinator.core.member import Member

# Workers that are lost within this time of one another are taken to be lost to one cause outside.
COINCIDENCE_S: Final = 0.1

# Losses of this time, and of this number at most, show how often batches are lost whatever is in them.
MEMORY_S: Final = 60.0
LOSSES: Final = 1024

# A text is convicted when its deaths after the first had at most this chance of being accidents.
ACCIDENT: Final = 1e-4

# A worker that is neither heard of again nor certainly gone for this long after a loss is out of reach, or no member
# any more. What it died of, if it did, will not be known, and whoever waits to hear it would wait in vain.
VERDICT_S: Final = 5.0

# Texts that are remembered; the oldest go first.
REMEMBERED: Final = 10_000


@dataclass(slots=True, eq=False)
class Loss:
    """One worker that was lost, and whom it had in its hands, by hash; `life` tells its processes apart."""

    member: Member
    life: int
    at: float
    aboard: set[bytes]

    @property
    def disproved(self) -> bool:
        """The worker was heard of since, as the same process."""
        return self.member.life == self.life and self.member.heard_at > self.at

    @property
    def proven(self) -> bool:
        """It is not there any more: replaced, or nobody listens."""
        return self.member.life > self.life or self.member.gone_at >= self.at

    def counts(self, now: float) -> bool:
        """Whether it is held against who was aboard."""
        return not self.disproved and (self.proven or now - self.at < VERDICT_S)


@dataclass(slots=True)
class Suspicion:
    kills: list[Loss] = field(default_factory=list)
    convicted_until: float | None = None


class Suspects:
    """By hash of the text, so that a suspect's twins are suspects and nothing that clients sent is kept for long."""

    def __init__(self, poison_kills: int, quarantine_s: float) -> None:
        self._poison_kills = poison_kills
        self._quarantine_s = quarantine_s
        self._by_hash: dict[bytes, Suspicion] = {}
        self._losses: deque[Loss] = deque(maxlen=LOSSES)
        self._batches = FadingCount(MEMORY_S)
        self.last_loss_at = float("-inf")

    def __len__(self) -> int:
        return len(self._by_hash)

    def landed(self, now: float) -> None:
        """One more batch came back, or was lost."""
        self._batches.add(now)

    def lost(self, member: Member, texts: list[str], now: float, *, alone: bool = False) -> None:
        """`member` was lost with these in its hands. The batch it held breaks after the one it computed: one loss.

        Only the first loss counts against a text that was not `alone`: of a text that many ask for, some are always
        there, whoever is killed.
        """
        self.last_loss_at = now
        # In the order of the texts: that of a set differs from one process to the next.
        keys = dict.fromkeys(map(fingerprint, texts))
        last = self._losses[-1] if self._losses else None
        if last is not None and last.member is member and last.life == member.life and now - last.at < COINCIDENCE_S:
            last.aboard |= keys.keys()
        else:
            last = Loss(member, member.life, now, set(keys))
            self._losses.append(last)
        for key in keys:
            suspicion = self._by_hash.setdefault(key, Suspicion())
            if last not in suspicion.kills and (alone or not suspicion.kills):
                suspicion.kills.append(last)
        while len(self._by_hash) > REMEMBERED:
            del self._by_hash[next(iter(self._by_hash))]

    def acquit(self, text: str) -> None:
        """It was answered."""
        if self._by_hash:
            self._by_hash.pop(fingerprint(text), None)

    def suspected(self, text: str, now: float) -> bool:
        suspicion = self._by_hash.get(fingerprint(text)) if self._by_hash else None
        if suspicion is None:
            return False
        suspicion.kills = [kill for kill in suspicion.kills if kill.counts(now)]
        return bool(suspicion.kills)

    def accused(self, text: str, now: float) -> bool:
        """It was there for as many losses as convict; until it is known whether they were deaths it must not travel."""
        key = fingerprint(text)
        return self.suspected(text, now) and len(self._by_hash[key].kills) >= self._enough(key)

    def convict(self, now: float) -> dict[bytes, int]:
        """Who certainly killed enough workers, by hash, and how many each; from now on they are in quarantine."""
        convicted = {}
        for key, suspicion in list(self._by_hash.items()):
            if suspicion.convicted_until is not None:
                continue
            suspicion.kills = [kill for kill in suspicion.kills if kill.counts(now)]
            deaths = sum(kill.proven for kill in suspicion.kills)
            if not suspicion.kills:
                del self._by_hash[key]
            elif deaths >= self._enough(key):
                suspicion.convicted_until = now + self._quarantine_s
                convicted[key] = deaths
        return convicted

    def _enough(self, key: bytes) -> int:
        """How many deaths convict it."""
        kills = self._by_hash[key].kills
        since = self._batches.last_at - MEMORY_S
        elsewhere = sum(
            loss.at >= since and not loss.disproved and not _explained(loss, key, kills) for loss in self._losses
        )
        told = max(loss.member.crash_rate for loss in kills)
        chance = min(max(told, elsewhere / max(self._batches.value, 1.0)), 0.5)
        if not chance:
            return self._poison_kills
        return max(self._poison_kills, 1 + math.ceil(math.log(ACCIDENT) / math.log(chance)))

    def quarantined_s(self, text: str, now: float) -> float:
        """How long it is still refused at the door, in seconds; 0 for all but the convicted."""
        suspicion = self._by_hash.get(fingerprint(text)) if self._by_hash else None
        if suspicion is None or suspicion.convicted_until is None:
            return 0.0
        if suspicion.convicted_until <= now:
            self.acquit(text)  # another chance; it was long ago
            return 0.0
        return suspicion.convicted_until - now

    def may_ride(self, member: Member) -> bool:
        """Whether a suspect may travel with it: alone, and not while workers are being lost."""
        return not member.flights and member.heard_at >= self.last_loss_at + COINCIDENCE_S


def _explained(loss: Loss, key: bytes, kills: list[Loss]) -> bool:
    """Whether it is one of the text's deaths, or its twin's at the same time; any other was something else's."""
    return loss in kills or (key in loss.aboard and any(abs(loss.at - kill.at) < COINCIDENCE_S for kill in kills))


def fingerprint(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
