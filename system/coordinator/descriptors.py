"""Room for connections among the files that a process may have open."""

from __future__ import annotations

import resource
from typing import Final

# Workers' channels, logs, listening sockets, what libraries open.
OWN: Final = 256


def make_room(connections: int) -> int:
    """How many connections there is room for, up to `connections`; the process's soft limit is raised for them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OWN
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < possible:
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
    return max(1, possible - OWN)
