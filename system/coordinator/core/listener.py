"""Who is told what happens in the core."""

from __future__ import annotations

from typing import Protocol

from system.coordinator.core.ledger import Entry
from system.coordinator.core.member import Member, MemberState
from system.coordinator.core.request import Request


class Listener(Protocol):
    """What happens in the core, for whoever keeps logs."""

    def request_ended(self, request: Request, entry: Entry) -> None: ...

    def member_changed(self, member: Member, before: MemberState, reason: str) -> None: ...
