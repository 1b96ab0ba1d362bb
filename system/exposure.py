"""Whether a process can be reached by more than its own machine."""

from __future__ import annotations

from ipaddress import ip_address

from structlog.typing import FilteringBoundLogger


def warn(log: FilteringBoundLogger, host: str, *, authenticated: bool, remedy: str) -> None:
    """One line where anybody who reaches `host` may use what listens there."""
    if not (authenticated or is_loopback(host)):
        log.warning("whoever reaches this address may use it", host=host, remedy=remedy)


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
