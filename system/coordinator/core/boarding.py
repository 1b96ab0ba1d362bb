"""Who may share the next batch to one worker: the oldest first, as far as nothing keeps them apart."""

from __future__ import annotations

from typing import Final

from system.coordinator.core.budget import Budget
from system.coordinator.core.flight import Release
from system.coordinator.core.member import Member
from system.coordinator.core.request import Request
from system.coordinator.core.roster import Roster
from system.coordinator.core.suspicion import Suspects

# Half of what a worker takes in one message; a text of MAX_BODY_BYTES at its largest still fits.
BATCH_BYTES: Final = 8 * 1024 * 1024


class Boarding:
    """One batch being put together. A `Passage` of the queue; `requests` is who boarded."""

    def __init__(
        self, member: Member, seats: int, *, roster: Roster, suspects: Suspects, budget: Budget, now: float
    ) -> None:
        self.requests: list[Request] = []
        self.alone = False
        self.short_of_budget = False
        self._member = member
        self._seats = seats
        self._roster = roster
        self._suspects = suspects
        self._budget = budget
        self._now = now
        self._bytes = 0

    @property
    def full(self) -> bool:
        return self.alone or len(self.requests) >= self._seats

    def board(self, request: Request) -> bool:
        if not self._roster.untried(self._member, request):
            return False
        if self.requests and self._bytes + request.size > BATCH_BYTES:
            return False
        suspected = self._suspects.suspected(request.text, self._now)
        if suspected and not self._may_ride(request):
            return False
        alone = suspected or request.alone
        if alone and (self.requests or self._member.carried):
            return False
        # Asked last, for this is where it is paid.
        if request.owes_retry and not self._budget.spend(self._now):
            self.short_of_budget = True
            return False
        request.owes_retry = False
        self.alone = alone
        self._bytes += request.size
        self.requests.append(request)
        return True

    def _may_ride(self, request: Request) -> bool:
        """A suspect does not travel while a twin does: each would count the other's deaths as its own."""
        if self._suspects.accused(request.text, self._now) or not self._suspects.may_ride(self._member):
            return False
        return not any(
            flight.released is Release.ALONE and flight.requests[0].text == request.text
            for member in self._roster
            for flight in member.flights
        )
