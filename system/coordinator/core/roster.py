"""Whose turn it is: the members in the order in which they are offered the next batch."""

from __future__ import annotations

from collections.abc import Sequence

from system.coordinator.core.member import Member
from system.coordinator.core.request import Request


class Roster:
    """Round robin among the idle; behind busy ones, those who will be done first."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        self._turn = 0

    def idle(self) -> list[Member]:
        """Those who wait for work, beginning after the one who got the last batch."""
        turn = self._turn % len(self._members)
        return [member for member in (*self._members[turn:], *self._members[:turn]) if member.idle]

    def holding(self) -> list[Member]:
        """Those who compute and hold nothing yet; who began first will be done first."""
        return sorted(
            (member for member in self._members if member.may_hold),
            key=lambda member: member.carried[0].attempts[0].started_at,
        )

    def suits(self, member: Member, request: Request) -> bool:
        """A request goes back to a worker it failed on only when no other one is there."""
        if not request.attempts or not request.failed_on(member.id):
            return True
        return all(request.failed_on(other.id) for other in self._members if other.alive)

    def served(self, member: Member) -> None:
        """It got a batch: the next turn is its neighbour's."""
        self._turn = self._members.index(member) + 1
