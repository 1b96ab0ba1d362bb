"""Asks a coordinator all the time, in one thread for all pages and viewers together.

So that five open pages cost the coordinator what one does. What is asked is bounded, too: of the requests that ended
only those that are new, every two seconds where they are many, and never more than a small share of the time is spent
on answering.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson
import requests

from reports.batches import SIZES, BatchCount
from reports.live import Sample, same_life
from reports.request_log import Ended, merged

EVERY_S: Final = 0.5
LONGEST_S: Final = 2.5  # between two samples, however slow the answers; a longer time counts as a gap
SHARE: Final = 0.02  # of the time that the coordinator may spend on answering this
COUNTED_EVERY: Final = 4  # samples; batches are counted in /metrics
COUNTED: Final = (f"{SIZES}_count", f"{SIZES}_sum")  # all of its samples would cost ten times as much
LOGGED_EVERY: Final = 4  # samples, where more than `FEW` requests end from one to the next
FEW: Final = 20
PATIENCE_S: Final = (1.0, 2.0)  # to connect, to be answered
KEPT: Final = 5000  # ended requests, as many as the coordinator remembers by default
REMEMBERED_S: Final = 900.0
MARGIN: Final = 50  # ended requests that are asked for again, for those that end while the answers are on their way


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known now. `problem` tells why nothing newer is; None while the coordinator answers.

    `newest` is in full; `samples`, oldest first, lack their pending requests.
    """

    newest: Sample | None
    samples: tuple[Sample, ...]
    batches: tuple[BatchCount, ...]
    log: tuple[Ended, ...]
    problem: str | None


class Watch:
    """Watches one coordinator until `stop`. `seen` may be read from any thread."""

    def __init__(self, url: str, api_key: str | None = None, clock: Callable[[], float] = time.time) -> None:
        self.url: Final = url
        self._http = requests.Session()
        self._http.trust_env = False  # a proxy for the outside world is none for a coordinator next door
        if api_key is not None:
            self._http.headers["X-API-Key"] = api_key
        self._clock = clock
        self._samples: deque[Sample] = deque()
        self._batches: deque[BatchCount] = deque()
        self._log: tuple[Ended, ...] = ()
        self._logged: Sample | None = None  # up to which what ended is in the log
        self._rounds = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {url}", daemon=True)
        self.seen = Seen(None, (), (), (), None)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Close the connections that are kept open; the next look opens new ones."""
        self._http.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            began = time.monotonic()
            self.look()
            took_s = time.monotonic() - began
            self._stopped.wait(min(LONGEST_S, max(EVERY_S, took_s / SHARE)) - took_s)

    def look(self) -> None:
        """Ask once, and put what was answered into `seen`."""
        try:
            status = orjson.loads(self._get("/status"))
            if not isinstance(status, dict):
                raise TypeError("its /status is no object")  # noqa: TRY301 - told below, with all that is like it
            self._learn(Sample.of_status(status, self._clock()))
        except requests.RequestException as problem:
            self._missed(_words(problem))
        except (KeyError, TypeError, ValueError) as problem:
            self._missed(f"what answers there is no coordinator: {type(problem).__name__} {problem}")

    def _learn(self, newest: Sample) -> None:
        logged = self._logged
        new = KEPT if logged is None or not same_life(logged, newest) else newest.ended - logged.ended
        if new and (new <= FEW or new == KEPT or self._rounds % LOGGED_EVERY == 0):
            answer = orjson.loads(self._get("/recent_requests", limit=min(KEPT, new + MARGIN)))
            self._log = merged([Ended.of_json(each) for each in answer], self._log, KEPT)
            self._logged = newest
        if self._rounds % COUNTED_EVERY == 0:
            counted = self._get("/metrics", **{"name[]": COUNTED})
            self._batches.append(BatchCount.of_metrics(counted.decode(), newest.at_s))
        self._rounds += 1
        self._samples.append(replace(newest, pending=()))
        for kept in (self._samples, self._batches):
            while kept and kept[0].at_s < newest.at_s - REMEMBERED_S:
                kept.popleft()
        self.seen = Seen(newest, tuple(self._samples), tuple(self._batches), self._log, None)

    def _missed(self, problem: str) -> None:
        self.seen = replace(self.seen, problem=problem)

    def _get(self, path: str, **query: int | Sequence[str]) -> bytes:
        answer = self._http.get(f"{self.url}{path}", params=query, timeout=PATIENCE_S)
        answer.raise_for_status()
        return answer.content


def _words(problem: requests.RequestException) -> str:
    match problem:
        case requests.HTTPError() if problem.response is not None and problem.response.status_code in (401, 403):
            return "it wants an API key: set COORDINATOR_API_KEY"
        case requests.HTTPError() if problem.response is not None:
            return f"it answers with status {problem.response.status_code}"
        case requests.Timeout():
            return f"no answer within {PATIENCE_S[1]:g} s"
        case requests.ConnectionError():
            return "nobody listens there"
        case _:
            return type(problem).__name__
