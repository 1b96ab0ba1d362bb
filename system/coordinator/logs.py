"""The coordinator's log lines: one for each request that ended, one for each change of membership."""

from __future__ import annotations

from structlog.typing import FilteringBoundLogger

from system.coordinator.core.account import changed_line, ended_line
from system.coordinator.core.errors import NotAdmitted
from system.coordinator.core.flight import Flight
from system.coordinator.core.ledger import Entry
from system.coordinator.core.member import Member, MemberState
from system.coordinator.core.request import Attempt, Request


class LogListener:
    """Writes what the dispatcher tells; implements its `Listener`."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log

    def request_refused(self, refusal: NotAdmitted) -> None: ...

    def batch_sent(self, flight: Flight) -> None: ...

    def attempt_ended(self, request: Request, attempt: Attempt) -> None: ...

    def request_ended(self, request: Request, entry: Entry) -> None:
        self._log.info("request", **ended_line(request, entry))

    def member_changed(self, member: Member, before: MemberState, reason: str) -> None:
        self._log.info("membership", **changed_line(member, before, reason))
