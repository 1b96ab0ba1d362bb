"""Who was at work when, by the coordinator's own account: what its request lines say of attempts, joined with its
opinions of its workers. All times are seconds of the log's clock.

Read in whole arrays, for there may be a million attempts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reports.logs import CoordinatorLog, RequestLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UP: Final = "up"
CUT: Final = "cut"
AWAY: Final = 1000.0  # batches that a worker which is not up counts as carrying
ALMOST: Final = 0.01  # of a batch; thirds do not add up to one


@dataclass(frozen=True, slots=True)
class Waited:
    """A request whose first attempt could have begun earlier: for how long it waited all the same."""

    line: RequestLine
    seconds: float


def waited_in_vain(
    log: CoordinatorLog, *, carrying: int, after_s: float, slack_s: float, judged: Sequence[RequestLine]
) -> tuple[Waited, ...]:
    """Those of `judged` that waited for their first attempt, from `after_s` after they were admitted, more than
    `slack_s` while some worker that was up carried at most `carrying` batches.
    """
    import numpy as np  # noqa: PLC0415 - a tenth of a second, which collecting tests need not wait for

    if not judged:
        return ()
    begin, length = _free(log, carrying)
    if not len(begin):
        return ()
    total = np.concatenate([[0.0], np.cumsum(length)])

    def free_until(times: NDArray[np.float64]) -> NDArray[np.float64]:
        """How long, up to each time, somebody had been free."""
        at = np.searchsorted(begin, times, side="right")
        last = np.maximum(at - 1, 0)
        inside = np.minimum(times - begin[last], length[last])
        return np.where(at > 0, total[last] + inside, 0.0)

    admitted = np.array([each.admitted_at for each in judged]) + after_s
    sent = np.array([each.attempts[0].sent_at if each.attempts else each.ended_at for each in judged])
    waited = free_until(np.maximum(sent, admitted)) - free_until(admitted)
    return tuple(Waited(judged[at], float(waited[at])) for at in np.flatnonzero(waited > slack_s).tolist())


def suspected(log: CoordinatorLog) -> frozenset[str]:
    """The texts, as far as they are shown, that were in a batch which cost a worker."""
    return frozenset(line.input for line in log.requests for attempt in line.attempts if attempt.cause == CUT)


def _free(log: CoordinatorLog, carrying: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When stretches began in which some worker was up and carried so few, and how long they were."""
    import numpy as np  # noqa: PLC0415 - see above

    until = max((each.ended_at for each in log.requests), default=0.0)
    begins, ends = [], []
    for times, loads in _loads(log):
        if not len(times):
            continue
        few = loads <= carrying + ALMOST
        edges = np.append(times[1:], max(until, times[-1]))
        begins.append(times[few])
        ends.append(edges[few])
    if not begins:
        return np.array([]), np.array([])
    times = np.concatenate([*begins, *ends])
    steps = np.concatenate([np.ones(sum(map(len, begins))), -np.ones(sum(map(len, ends)))])
    order = np.lexsort((-steps, times))  # a stretch that begins where another ends continues it
    times, free = times[order], np.cumsum(steps[order])
    some = free > 0
    first = some & ~np.concatenate([[False], some[:-1]])
    last = ~some & np.concatenate([[False], some[:-1]])
    return times[first], times[last] - times[first]


def _loads(log: CoordinatorLog) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """For each worker, moments in order and how many batches it carries from each on; each attempt is a part of one."""
    import numpy as np  # noqa: PLC0415 - see above

    suspects = suspected(log)
    attempts = [(line, attempt) for line in log.requests for attempt in line.attempts]
    whose = np.array([attempt.worker for _, attempt in attempts])
    sent = np.array([attempt.sent_at for _, attempt in attempts])
    ended = np.array([attempt.ended_at for _, attempt in attempts])
    # A text that may kill is given to a worker alone, and nothing beside it until it is back.
    parts = np.array(
        [AWAY if attempt.size == 1 and line.input in suspects else 1 / attempt.size for line, attempt in attempts]
    )
    loads = []
    for worker, (changed, steps) in sorted(_opinions(log).items()):
        own = whose == worker
        times = np.concatenate([changed, sent[own], ended[own]])
        weights = np.concatenate([steps, parts[own], -parts[own]])
        order = np.argsort(times, kind="stable")
        loads.append((times[order], AWAY + np.cumsum(weights[order])))
    return loads


def _opinions(log: CoordinatorLog) -> dict[str, tuple[list[float], list[float]]]:
    """For each worker, when it came up or went, and what it counts as carrying from then on, less or more."""
    states: dict[str, str] = {}
    opinions: dict[str, tuple[list[float], list[float]]] = {}
    for change in log.memberships:
        before, states[change.worker] = states.get(change.worker), change.state
        times, steps = opinions.setdefault(change.worker, ([], []))
        if (change.state == UP) is not (before == UP):
            times.append(change.at)
            steps.append(-AWAY if change.state == UP else AWAY)
    return opinions
