"""What the dashboard takes from its environment. All problems are reported at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

NAMES: Final[Mapping[str, str]] = {
    "COORDINATOR_URL": "where the coordinator listens, like http://host:port (default http://127.0.0.1:8000)",
    "COORDINATOR_API_KEY": "one of its API keys, if it asks for any",
    "RUNS_DIR": "the directory of the runs to show (default reports/runs)",
    "DETECTION_FILE": "which planted bugs were caught (default reports/detection.json)",
    "HOST": "the name or address to listen on (default 127.0.0.1)",
    "PORT": "the port to listen on (default 8501)",
    "FIRST_PAGE": "live or runs (default live)",
    "CONTROL_URL": "set by brownout up --chaos: where the system is broken, on this machine alone",
    "CONTROL_TOKEN": "set by brownout up --chaos: what lets this page do that",
}

LOOPBACKS: Final = ("127.0.0.1", "::1", "localhost")


class BadSettings(ValueError):
    """Everything that is wrong, a line each."""


@dataclass(frozen=True, slots=True)
class Settings:
    url: str
    api_key: str | None
    runs: Path
    detection: Path
    host: str
    port: int
    first_page: str
    control: tuple[str, str] | None = None  # where to break the system, and the token for it

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Raises BadSettings."""
        given = {name: environment.get(name, "").strip() for name in NAMES}
        problems = []
        url = (given["COORDINATOR_URL"] or "http://127.0.0.1:8000").rstrip("/")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            problems.append(f"COORDINATOR_URL={url!r}: not an address like http://host:port")
        port = given["PORT"] or "8501"
        if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            problems.append(f"PORT={port!r}: not a port from 1 to 65535")
        first = given["FIRST_PAGE"] or "live"
        if first not in ("live", "runs"):
            problems.append(f"FIRST_PAGE={first!r}: neither live nor runs")
        host = given["HOST"] or "127.0.0.1"
        problems += _control_problems(given["CONTROL_URL"], given["CONTROL_TOKEN"], host)
        if problems:
            raise BadSettings("\n".join(problems))
        runs = Path(given["RUNS_DIR"] or "reports/runs").absolute()
        return cls(
            url=url,
            api_key=given["COORDINATOR_API_KEY"] or None,
            runs=runs,
            detection=Path(given["DETECTION_FILE"] or "reports/detection.json").absolute(),
            host=host,
            port=int(port),
            first_page=first,
            control=(given["CONTROL_URL"], given["CONTROL_TOKEN"]) if given["CONTROL_URL"] else None,
        )


def _control_problems(url: str, token: str, host: str) -> Iterator[str]:
    """Who sees a page that breaks things must be on this machine, and so must be what it breaks."""
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in LOOPBACKS:
        yield f"CONTROL_URL={url!r}: not an address of this machine like http://127.0.0.1:port"
    if not token:
        yield "CONTROL_URL is set, and CONTROL_TOKEN is not"
    if host not in LOOPBACKS:
        yield f"HOST={host!r} would let others break the system; with CONTROL_URL it is 127.0.0.1"
