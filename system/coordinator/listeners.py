"""Several listeners of the core, told one after the other."""

from __future__ import annotations

from system.coordinator.core.errors import NotAdmitted
from system.coordinator.core.flight import Flight
from system.coordinator.core.ledger import Entry
from system.coordinator.core.listener import Listener
from system.coordinator.core.member import Member, MemberState
from system.coordinator.core.request import Attempt, Request


class Listeners:
    """Implements `Listener` for all of them, in their order."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = listeners

    def request_refused(self, refusal: NotAdmitted) -> None:
        for listener in self._listeners:
            listener.request_refused(refusal)

    def batch_sent(self, flight: Flight) -> None:
        for listener in self._listeners:
            listener.batch_sent(flight)

    def attempt_ended(self, request: Request, attempt: Attempt) -> None:
        for listener in self._listeners:
            listener.attempt_ended(request, attempt)

    def request_ended(self, request: Request, entry: Entry) -> None:
        for listener in self._listeners:
            listener.request_ended(request, entry)

    def member_changed(self, member: Member, before: MemberState, reason: str) -> None:
        for listener in self._listeners:
            listener.member_changed(member, before, reason)
