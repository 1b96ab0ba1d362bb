"""What each way to fail means: for the request, for the worker, for the text. The one table of it.

cause         executed?      the request             the worker                        the text
───────────   ────────────   ─────────────────────   ───────────────────────────────   ─────────────────────
NOT_SENT      certainly not  goes on, free of charge is down                           -
NOT_SERVING   certainly not  goes on, free of charge is down until it serves           -
CUT           maybe          spends a retry          is down                           may have killed it, if begun
SILENT        maybe          spends a retry          is suspected                      -
TOO_SLOW      maybe          spends a retry          is down                           -
REFUSED       no answer      spends a retry          is down if it refuses in a row    travels alone from now
OVERTAKEN     maybe          is answered already     -                                 -
NOBODY_WAITS  maybe          has ended               -                                 -
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from system.coordinator.core.worker import Cause


@dataclass(frozen=True, slots=True)
class Rule:
    """`costs`: counts towards MAX_ATTEMPTS and spends from the retry budget. `takes_down`: the worker gets no more."""

    costs: bool
    takes_down: bool


RULES: Final[Mapping[Cause, Rule]] = MappingProxyType(
    {
        Cause.NOT_SENT: Rule(costs=False, takes_down=True),
        Cause.NOT_SERVING: Rule(costs=False, takes_down=True),
        Cause.CUT: Rule(costs=True, takes_down=True),
        Cause.SILENT: Rule(costs=True, takes_down=False),
        Cause.TOO_SLOW: Rule(costs=True, takes_down=True),
        Cause.REFUSED: Rule(costs=True, takes_down=False),
        Cause.OVERTAKEN: Rule(costs=False, takes_down=False),
        Cause.NOBODY_WAITS: Rule(costs=False, takes_down=False),
    }
)
