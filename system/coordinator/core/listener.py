"""Who is told what happens in the core."""

from __future__ import annotations

from typing import Protocol

from system.coordinator.core.errors import NotAdmitted
from system.coordinator.core.flight import Flight
from system.coordinator.core.ledger import Entry
from system.coordinator.core.member import Member, MemberState
from system.coordinator.core.request import Attempt, Request


class Listener(Protocol):
    """What happens in the core, for whoever keeps logs, metrics or traces. Called on the event loop: be quick."""

    def request_refused(self, refusal: NotAdmitted) -> None: ...

    def batch_sent(self, flight: Flight) -> None: ...

    def attempt_ended(self, request: Request, attempt: Attempt) -> None:
        """Once for each attempt of each request, before `request_ended` if it is the one that answers."""
        ...

    def request_ended(self, request: Request, entry: Entry) -> None: ...

    def member_changed(self, member: Member, before: MemberState, reason: str) -> None: ...
