"""What it costs a coordinator under full load to be watched by no, one and five dashboards: answers, and CPU for each.

Ratios to being watched by none, round by round, with the interval that `brownout compare` would draw. Watchers share
the cores with coordinator, workers and load, so that answers are lost to what they compute themselves, too; how much
that is stands beside. The coordinator's CPU for each answer is free of it.

What one costs is less than a machine wavers. So there are many as well, and what they cost is told of one: by the
share of their questions that one asks, for each answer.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import orjson
import psutil
import pytest
import requests

from reports.compare import USUAL, interval
from tests.bench.watching import watched
from tests.brownout.running_up import running_up

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

WATCHERS: Final = (0, 1, 5, 25)
ONE, MANY = WATCHERS[1], WATCHERS[-1]
# Each stands once in each place, and once behind each of the others.
ORDERS: Final = tuple(tuple(WATCHERS[(first + step) % 4] for step in (0, 1, 3, 2)) for first in range(4))
CONNECTIONS: Final = 16
SECONDS: Final = float(os.environ.get("BENCH_SECONDS", "4"))
ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "12"))  # each order three times
MOST: Final = 0.02


@dataclass(frozen=True, slots=True)
class Measured:
    """`asked` is how many answers a second had other addresses than /infer; `watching_cpu` a share of one core."""

    rate: float
    cpu_ms: float
    asked: float
    watching_cpu: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """Geometric mean of the rounds' own ratios, and its interval."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float], base: Sequence[float]) -> Ratio:
        logs, bases = [math.log(each) for each in values], [math.log(each) for each in base]
        low, high = interval(bases, logs, USUAL, paired=True)
        return cls(math.exp(statistics.fmean(logs) - statistics.fmean(bases)), math.exp(low), math.exp(high))

    def share(self, part: float) -> Ratio:
        """Of what it is more than 1, a part."""
        return Ratio(*(1 + part * (each - 1) for each in (self.mean, self.low, self.high)))

    def __str__(self) -> str:
        return f"{self.mean - 1:+.1%} ({self.low - 1:+.1%} to {self.high - 1:+.1%})"


def test_what_being_watched_costs_a_coordinator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: dict[int, list[Measured]] = {count: [] for count in WATCHERS}
    with running_up(tmp_path) as up:
        coordinator = psutil.Process(up.pids["coordinator"])
        measured(up.url, coordinator, 0)  # what is slow once
        for order in islice(cycle(ORDERS), ROUNDS):
            for count in order:
                rows[count].append(measured(up.url, coordinator, count))
    base = rows[0]
    cpu = {
        count: Ratio.of([each.cpu_ms for each in row], [each.cpu_ms for each in base]) for count, row in rows.items()
    }
    none, one, many = (
        statistics.median(each.asked / each.rate for each in rows[count]) for count in (0, ONE, MANY)
    )  # per answer, for so is the CPU
    of_one = cpu[MANY].share((one - none) / (many - none))
    with capsys.disabled():
        print(f"\n{CONNECTIONS} connections, {os.cpu_count()} cores, {ROUNDS} rounds of {SECONDS:g} s, medians")
        for count, row in rows.items():
            rate, cpu_ms, asked, watching = (
                statistics.median(getattr(each, name) for each in row)
                for name in ("rate", "cpu_ms", "asked", "watching_cpu")
            )
            print(
                f"watched by {count} ({asked:.1f} asked/s, which take {watching:.1%} of a core themselves): "
                f"{rate:.0f} answers/s {Ratio.of([each.rate for each in row], [each.rate for each in base])}, "
                f"{cpu_ms:.3f} ms of the coordinator's CPU for each {cpu[count]}"
            )
        print(f"by what {MANY} cost, one costs {of_one} of that CPU")
    assert of_one.mean - 1 < MOST


def measured(url: str, coordinator: psutil.Process, count: int) -> Measured:
    host, _, port = url.removeprefix("http://").partition(":")
    load = (sys.executable, "-m", "tests.bench.closed_loop", host, port, str(CONNECTIONS), str(SECONDS))
    with watched(url, count) as watchers:
        watching = psutil.Process(watchers.pid)
        before, busy, spent = counted(url), cpu_s(watching), cpu_s(coordinator)
        rate = orjson.loads(subprocess.run(load, capture_output=True, check=True).stdout)
        spent, busy, after = cpu_s(coordinator) - spent, cpu_s(watching) - busy, counted(url)
    assert rate["failed"] == 0
    answered, asked = (now - then for now, then in zip(after, before, strict=True))
    took_s = answered / rate["rps"]
    return Measured(rate["rps"], 1000 * spent / answered, (asked - answered) / took_s, busy / took_s)


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def counted(url: str) -> tuple[float, float]:
    """Requests that were answered, and answers to whatever was asked."""
    names = ("brownout_requests_completed_total", "brownout_http_answers_total")
    said = requests.get(f"{url}/metrics", params={"name[]": names}, timeout=10).text.splitlines()
    completed, answers = (sum(float(line.split()[-1]) for line in said if line.startswith(name)) for name in names)
    return completed, answers
