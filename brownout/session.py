"""What was done by hand in one `brownout up --chaos`, as a case that `brownout run` and `brownout replay` take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import aiohttp
import orjson

from chaos.case import Case
from chaos.hands import LEAD_S, Hands
from chaos.standard import standard
from chaos.workload import poisson

AFTERWARDS_S: Final = 4.0  # of load after the last fault, to see service return
USUAL_RPS: Final = 20.0  # where nobody sent anything worth repeating; that of `brownout run`
LEAST_RPS: Final = 1.0
EVERY_S: Final = 1.0
PATIENCE_S: Final = 1.0
SEED: Final = 1


class Session:
    """Counts what is sent meanwhile, so that the case is under the load that the faults were seen under."""

    def __init__(self, hands: Hands) -> None:
        self.hands: Final = hands
        self.began_at: Final = time.time() - hands.now_s  # seconds since the epoch, where the windows count from
        self._sent: list[tuple[float, int]] = []  # seconds of the session, requests that the system has been sent

    @property
    def broke(self) -> bool:
        return bool(self.hands.windows)

    async def count(self) -> None:
        """Until cancelled. A coordinator that is gone or starts anew makes a gap."""
        cluster = self.hands.cluster
        (told_at,) = cluster.system.pages
        async with cluster.observe(told_at) as page:
            while True:
                try:
                    async with asyncio.timeout(PATIENCE_S):
                        _, body = await page.read()
                    self._sent.append((self.hands.now_s, int(orjson.loads(body)["tasks_submitted"])))
                except (aiohttp.ClientError, KeyError, OSError, TypeError, ValueError):
                    pass
                await asyncio.sleep(EVERY_S)

    def rate(self) -> float:
        """Requests a second from shortly before the first fault until now; the usual where there was hardly any."""
        windows = self.hands.windows
        from_s = windows[0].injected_s - LEAD_S if windows else 0.0
        sent = [each for each in self._sent if each[0] >= from_s]
        pairs = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(sent)]
        whole = [(seconds, requests) for seconds, requests in pairs if requests >= 0]
        elapsed_s = sum(seconds for seconds, _ in whole)
        rate = sum(requests for _, requests in whole) / elapsed_s if elapsed_s else 0.0
        return round(rate, 1) if rate >= LEAST_RPS else USUAL_RPS

    def to_json(self) -> Mapping[str, Any]:
        """Raises NoCase where the system could not be made again."""
        schedule = self.hands.schedule()
        workload = poisson(self.rate(), schedule.end_s + AFTERWARDS_S)
        case = Case(self.hands.cluster.system, workload, schedule, SEED, standard())
        return case.to_json() | {"violated": [], "found": {"substrate": self.hands.cluster.substrate, "by": "hand"}}
