"""Batches over time: how many, how large. From a coordinator's counters, or from what workers logged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

SIZES: Final = "brownout_batch_size"


@dataclass(frozen=True, slots=True)
class BatchCount:
    """What a coordinator has counted by one moment: batches sent, and requests in them."""

    at_s: float
    batches: int
    requests: int

    @classmethod
    def of_metrics(cls, text: str, at_s: float) -> Self:
        """From the text of /metrics. Raises ValueError where it is none; counts nothing where it has no batches."""
        # Parsing all of it takes milliseconds; the one family that is wanted is a few lines.
        lines = "\n".join(line for line in text.splitlines() if SIZES in line)
        totals = dict.fromkeys(("_count", "_sum"), 0.0)
        for family in text_string_to_metric_families(lines + "\n"):
            for sample in family.samples:
                suffix = sample.name.removeprefix(SIZES)
                if suffix in totals:
                    totals[suffix] += sample.value
        return cls(at_s, int(totals["_count"]), int(totals["_sum"]))


@dataclass(frozen=True, slots=True)
class BatchBucket:
    """Batches sent in [start_s, end_s), and the mean of their sizes; None where there was none."""

    start_s: float
    end_s: float
    batches: int
    mean_size: float | None


def batches_between(counts: Sequence[BatchCount], *, gap_s: float) -> tuple[BatchBucket, ...]:
    """What was sent from each count to the next. Nothing across a gap, nor where another process counts anew."""
    buckets = []
    for before, after in pairwise(counts):
        batches, requests = after.batches - before.batches, after.requests - before.requests
        if after.at_s - before.at_s > gap_s or batches < 0 or requests < 0:
            continue
        buckets.append(BatchBucket(before.at_s, after.at_s, batches, requests / batches if batches else None))
    return tuple(buckets)


def batches_over_time(
    sizes: Iterable[tuple[float, int]], buckets: Sequence[tuple[float, float]]
) -> tuple[BatchBucket, ...]:
    """Batches (when, how many requests) in buckets that follow each other; those outside of all are left out."""
    if not buckets:
        return ()
    told = np.fromiter(sizes, dtype=[("at", np.float64), ("size", np.int64)])
    told = told[(told["at"] >= buckets[0][0]) & (told["at"] <= buckets[-1][1])]
    place = np.searchsorted([start for start, _ in buckets], told["at"], side="right") - 1
    counts = np.bincount(place, minlength=len(buckets)).tolist()
    sums = np.bincount(place, weights=told["size"], minlength=len(buckets)).tolist()
    return tuple(
        BatchBucket(start, end, count, total / count if count else None)
        for (start, end), count, total in zip(buckets, counts, sums, strict=True)
    )
