"""Whether runs differ, as far as can be told: figures of each, their difference, and how sure it is.

Two ways, and both end in one of three words:

- **Sets of runs** (here). Each run is one value of each measure. The interval around the difference of the means comes
  from a bootstrap over runs; "different" takes a permutation test as well, whose rate of false alarms is exact however
  few runs there are. Runs of two sets that took turns are compared pair by pair, so that a machine that slows down hits
  both sides.
- **One run on each side** (`reports.seconds`). What varies is then the seconds within them, which are resampled. That
  tells whether these two runs differ, and nothing about the next two.

"different" is said where the interval leaves out zero; "no difference shown" where it holds zero and is narrow enough
that anything larger than `resolution` would have been seen; everything else is "too noisy to tell". What is said about
each measure is right in all but one of twenty comparisons of equals; of six measures, then, one in four comparisons
of equals has one that looks different.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from statistics import fmean
from typing import Any, Final

from reports.measure import ENOUGH, figures
from reports.noise import noise
from reports.record import Record

PAIRS: Final = 6  # with five, even the clearest of differences is a coincidence once in sixteen times
APART: Final = 4  # runs on each side that did not take turns; with three, once in ten
RESAMPLES: Final = 2_000
SEED: Final = 0  # the same runs always compare the same


@dataclass(frozen=True, slots=True)
class Rules:
    """How sure to be, and which share of the first side's mean a difference must have to matter."""

    confidence: float = 0.95
    resolution: float = 0.1

    @property
    def alpha(self) -> float:
        return 1 - self.confidence


USUAL: Final = Rules()


class Conclusion(StrEnum):
    DIFFERENT = "different"
    NONE_SHOWN = "no difference shown"
    TOO_NOISY = "too noisy to tell"


@dataclass(frozen=True, slots=True)
class Measure:
    """`floor` is a difference too small to matter, in the measure's own unit, where a share of the mean is smaller."""

    name: str
    unit: str
    floor: float


MEASURES: Final = (
    Measure("goodput", "answers/s", 0.5),
    Measure("p50", "ms", 1.0),
    Measure("p99", "ms", 2.0),
    Measure("recovery", "s", 0.1),
    Measure("retries", "per request", 0.005),
    Measure("lost", "of requests", 0.001),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run came to, by the name of the measure; `noisy` is why nothing should be concluded from it."""

    run: str
    started: str
    values: Mapping[str, float]
    noisy: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Of the second side less the first, with its interval; `surely` is whether it may be called one.

    `coincidence` is the share of relabellings that show as large a one; None where nothing was relabelled.
    """

    first: float
    second: float
    low: float
    high: float
    surely: bool
    coincidence: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure on two sides. `low` to `high` is the interval of the difference, second side less first.

    All None where a side has no value at all. `why` says what stands behind a conclusion that is not of the interval.
    """

    measure: str
    unit: str
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    conclusion: Conclusion
    why: str = ""

    @property
    def looks_different(self) -> bool:
        """Whether the interval alone would say so."""
        return self.low is not None and self.high is not None and leaves_out_zero(self.low, self.high)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"conclusion": self.conclusion.value}


def leaves_out_zero(low: float, high: float) -> bool:
    """Whether an interval shows a difference, of whichever sign; one of NaN shows none."""
    return low > 0 or high < 0


def sample(record: Record, run: str, *, recovery_s: float | None = None) -> Sample:
    """`recovery_s` is what an invariant measured, where there was anything to recover from."""
    requests, found, disturbed = record.requests, figures(record.requests, record.moments), noise(record)
    measured = {
        "goodput": found.goodput_rps,
        "p50": found.p50_ms,
        "p99": found.p99_ms if found.ok >= ENOUGH else None,
        "recovery": recovery_s,
        "retries": found.retries / found.requests if requests else None,
        "lost": (found.failed + found.unknown) / found.requests if requests else None,
    }
    return Sample(
        run,
        str(record.facts.get("started", "")),
        {name: value for name, value in measured.items() if value is not None},
        None if disturbed is None else disturbed.spoils_rates,
    )


def take_turns(first: Sequence[Sample], second: Sequence[Sample]) -> bool:
    """Whether the runs of two sets were interleaved: one of each before the next of either."""
    if len(first) != len(second):
        return False
    order = sorted([*((each.started, 0) for each in first), *((each.started, 1) for each in second)])
    return all({side for _, side in order[at : at + 2]} == {0, 1} for at in range(0, len(order), 2))


def compare_sets(first: Sequence[Sample], second: Sequence[Sample], rules: Rules = USUAL) -> tuple[Comparison, ...]:
    """Each measure, pair by pair where the runs took turns."""
    paired = take_turns(first, second)
    first, second = (sorted(each, key=lambda one: one.started) for each in (first, second))
    noisy = next((f"{each.run}: {each.noisy}" for each in (*first, *second) if each.noisy), None)
    compared = []
    for measure in MEASURES:
        left = [each.values[measure.name] for each in first if measure.name in each.values]
        right = [each.values[measure.name] for each in second if measure.name in each.values]
        whole = paired and len(left) == len(first) and len(right) == len(second)
        compared.append(unless_noisy(_of_runs(measure, left, right, rules, paired=whole), noisy))
    return tuple(compared)


def _of_runs(
    measure: Measure, first: Sequence[float], second: Sequence[float], rules: Rules, *, paired: bool
) -> Comparison:
    if not first or not second:
        return unknown(measure, first, second, "nothing was measured on one side")
    enough = len(first) >= PAIRS if paired else min(len(first), len(second)) >= APART
    if not enough:
        needed = f"{PAIRS} pairs" if paired else f"{APART} runs on each side"
        return unknown(measure, first, second, f"{min(len(first), len(second))} runs; {needed} are needed")
    low, high = interval(first, second, rules, paired=paired)
    coincidence = _coincidence(first, second, paired=paired) if leaves_out_zero(low, high) else None
    surely = coincidence is not None and coincidence <= rules.alpha
    return concluded(measure, Difference(fmean(first), fmean(second), low, high, surely, coincidence), rules)


def interval(first: Sequence[float], second: Sequence[float], rules: Rules, *, paired: bool) -> tuple[float, float]:
    """Of the mean of the second side less that of the first."""
    if (
        len({b - a for a, b in zip(first, second, strict=True)}) == 1
        if paired
        else len({*first}) == len({*second}) == 1
    ):
        same = second[0] - first[0]
        return same, same  # nothing varies, so nothing can be resampled
    return bootstrapped(
        (first, second),
        lambda a, b, axis: b.mean(axis=axis) - a.mean(axis=axis),
        rules,
        RESAMPLES,
        paired=paired,
        vectorized=True,
    )


def bootstrapped(
    samples: Sequence[Sequence[float]],
    statistic: Callable[..., Any],
    rules: Rules,
    resamples: int,
    *,
    vectorized: bool,
    paired: bool = False,
) -> tuple[float, float]:
    """The interval of that statistic by the percentiles of its resamples; as of `scipy.stats.bootstrap`."""
    from scipy.stats import bootstrap  # noqa: PLC0415 - half a second, which reports without comparisons need not wait

    found = bootstrap(
        samples,
        statistic,
        paired=paired,
        vectorized=vectorized,
        confidence_level=rules.confidence,
        n_resamples=resamples,
        method="percentile",
        rng=SEED,
    ).confidence_interval
    return float(found.low), float(found.high)


def _coincidence(first: Sequence[float], second: Sequence[float], *, paired: bool) -> float:
    """How often a difference this large comes of equals: the share of relabellings that show one."""
    from scipy.stats import permutation_test  # noqa: PLC0415 - see above

    return float(
        permutation_test(
            (first, second),
            lambda a, b, axis: b.mean(axis=axis) - a.mean(axis=axis),
            permutation_type="samples" if paired else "independent",
            vectorized=True,
            n_resamples=9_999,
            rng=SEED,
        ).pvalue
    )


def concluded(measure: Measure, found: Difference, rules: Rules) -> Comparison:
    """In one of the three words."""
    seen = max(rules.resolution * abs(found.first), measure.floor)
    if found.surely:
        conclusion = Conclusion.DIFFERENT
    elif -seen <= found.low and found.high <= seen:
        conclusion = Conclusion.NONE_SHOWN
    else:
        conclusion = Conclusion.TOO_NOISY
    why = f"a difference of {seen:.3g} {measure.unit} would matter"
    if found.coincidence is not None:
        why = f"among equals {found.coincidence:.0%} of relabellings differ as much; {why}"
    return Comparison(
        measure.name,
        measure.unit,
        found.first,
        found.second,
        found.second - found.first,
        found.low,
        found.high,
        conclusion,
        "" if found.surely else why,
    )


def unknown(measure: Measure, first: Sequence[float], second: Sequence[float], why: str) -> Comparison:
    """Of sides that say too little."""
    left, right = (fmean(side) if side else None for side in (first, second))
    difference = None if left is None or right is None else right - left
    return Comparison(measure.name, measure.unit, left, right, difference, None, None, Conclusion.TOO_NOISY, why)


def unless_noisy(found: Comparison, noisy: str | None) -> Comparison:
    """Nothing is different because of a machine that was in the way."""
    if noisy is None or found.conclusion is not Conclusion.DIFFERENT:
        return found
    return replace(found, conclusion=Conclusion.TOO_NOISY, why=noisy)
