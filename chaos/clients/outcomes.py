"""What is known about a request after what came back: ok, fail or info, in one table.

    ok      certainly answered
    fail    certainly not done and never will be: the harness could ask again without doing anything twice
    info    unknown; it may have been done, may yet be done, or may never be

When in doubt it is info. A failure taken for unknown costs a little precision; an unknown taken for a failure would let
the harness prove things that are not so.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import aiohttp

from reports.history import OpType

BY_STATUS: Final[Mapping[int, OpType]] = MappingProxyType(
    {
        200: OpType.OK,
        408: OpType.INFO,  # gave up on a request it had begun to take in; how far it got is not said
        499: OpType.INFO,  # a proxy's word for a client that went away
        503: OpType.FAIL,  # refused on arrival; a system that accepts first and says 503 later breaks its contract
    }
)
BY_STATUS_CLASS: Final[Mapping[int, OpType]] = MappingProxyType(
    {
        2: OpType.INFO,  # not the promised answer, and not a refusal either
        3: OpType.INFO,  # redirects are not followed: where to is not the system under test
        4: OpType.FAIL,  # refused for what it is: 400, 413, 422, 429
        5: OpType.INFO,  # 500, 502, 504: accepted, and then something went wrong
    }
)


def of_status(status: int) -> OpType:
    """What an HTTP status alone says."""
    return BY_STATUS.get(status) or BY_STATUS_CLASS.get(status // 100, OpType.INFO)


def of_error(problem: Exception, *, sent: bool) -> OpType:
    """What a request that met `problem` came to; `sent` is whether a first byte of it may have left."""
    match problem:
        # No connection, no request, whatever `sent` says.
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError() | ConnectionRefusedError():
            return OpType.FAIL
        case _:
            return OpType.INFO if sent else OpType.FAIL


def describe(problem: Exception) -> str:
    """One line for the `error` of an op: what kind of problem, and its own words if it has any."""
    words = str(problem).strip()
    return f"{type(problem).__name__}: {words}" if words else type(problem).__name__
