"""Who there is, and whose turn it is: the members in the order in which they are offered the next batch."""

from __future__ import annotations

import math
from collections.abc import Iterator

from system.coordinator.core.member import Member, MemberState
from system.coordinator.core.request import Request


class Roster:
    """Round robin among the idle; behind busy ones, those who will be done first."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self._turn = 0

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)

    def idle(self) -> list[Member]:
        """Those who wait for work, beginning after the one who got the last batch."""
        turn = self._turn
        return [member for member in (*self.members[turn:], *self.members[:turn]) if member.idle]

    def holding(self) -> list[Member]:
        """Those who compute and hold nothing yet; who began first will be done first."""
        return sorted(
            (member for member in self.members if member.may_hold),
            key=lambda member: member.carried[0].attempts[0].started_at,
        )

    def untried(self, member: Member, request: Request) -> bool:
        """A request goes back to a worker it failed on only when no other one is there."""
        if not request.attempts or not request.failed_on(member.id):
            return True
        return all(request.failed_on(other.id) for other in self.members if other.alive)

    def anyone_but(self, member: Member) -> bool:
        """Whether another one serves."""
        return any(other.alive for other in self.members if other is not member)

    def served(self, member: Member) -> None:
        """It got a batch: the next turn is its neighbour's."""
        self._turn = (self.members.index(member) + 1) % len(self.members)

    def remove(self, member: Member) -> None:
        index = self.members.index(member)
        del self.members[index]
        self._turn -= index < self._turn

    def capacity(self, heard_since: float) -> float | None:
        """Requests a second that those who were heard of since can answer, by what they did lately; None: not known."""
        away = (MemberState.EJECTED, MemberState.LEAVING)
        present = (member for member in self.members if member.heard_at >= heard_since and member.state not in away)
        # The same to the last bit on every Python, which `sum` is not.
        return math.fsum(1 / member.pace.item_s for member in present if member.pace.item_s) or None
