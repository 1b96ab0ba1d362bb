"""What travels on an HTTP connection between a client and the coordinator: whole requests and replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HEAD_BYTES = 200  # of a request or reply without its body, about


@dataclass(slots=True)
class HttpRequest:
    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def size(self) -> int:
        return HEAD_BYTES + len(self.body)


@dataclass(slots=True)
class HttpReply:
    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def size(self) -> int:
        return HEAD_BYTES + len(self.body)
