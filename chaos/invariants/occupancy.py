"""Who was at work when, by the coordinator's own account: what its request lines say of attempts, joined with its
opinions of its workers. All times are seconds of the log's clock.

Read in whole arrays, for there may be a million attempts, and once, for more than one invariant asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from reports.logs import CoordinatorLog, RequestLine
from reports.record import Record

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


def occupancy_of(record: Record, coordinator: str) -> Occupancy:
    """By the log of that node; of one that logged nothing where none was kept."""
    return record.once(_occupancy, coordinator)


def _occupancy(record: Record, coordinator: str) -> Occupancy:
    return Occupancy(record.coordinator_log(coordinator) or CoordinatorLog())


@dataclass(frozen=True)
class Occupancy:
    """Workers and what they had in their hands, by one log."""

    log: CoordinatorLog

    @cached_property
    def suspected(self) -> frozenset[str]:
        """The texts, as far as they are shown, that were in a batch which cost a worker."""
        return frozenset(line.input for line in self.log.requests for each in line.attempts if each.cause == CUT)

    @cached_property
    def unsuspected(self) -> Sequence[RequestLine]:
        """Those whose text never was."""
        suspects = self.suspected
        return [line for line in self.log.requests if line.input not in suspects] if suspects else self.log.requests

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Of the batch of each attempt, in the order of logging."""
        import numpy as np  # noqa: PLC0415 - a tenth of a second, which collecting tests need not wait for

        return np.array([each.size for line in self.log.requests for each in line.attempts], np.int64)

    @cached_property
    def largest(self) -> int:
        """Of these sizes; 0 where no attempt was logged."""
        import numpy as np  # noqa: PLC0415 - see above

        return int(np.max(self.sizes, initial=0))

    def waited_in_vain(self, *, carrying: int, after_s: float, slack_s: float) -> tuple[Waited, ...]:
        """Those of the unsuspected that waited for their first attempt, from `after_s` after they were admitted, more
        than `slack_s` while some worker that was up carried at most `carrying` batches.
        """
        import numpy as np  # noqa: PLC0415 - see above

        judged = self.unsuspected
        if not judged:
            return ()
        begin, length = self._free(carrying)
        if not len(begin):
            return ()
        total = np.concatenate([[0.0], np.cumsum(length)])

        def free_until(times: NDArray[np.float64]) -> NDArray[np.float64]:
            """How long, up to each time, somebody had been free."""
            at = np.searchsorted(begin, times, side="right")
            last = np.maximum(at - 1, 0)
            inside = np.minimum(times - begin[last], length[last])
            return np.where(at > 0, total[last] + inside, 0.0)

        admitted, sent = self._waits
        due = admitted + after_s
        waited = free_until(np.maximum(sent, due)) - free_until(due)
        return tuple(Waited(judged[at], float(waited[at])) for at in np.flatnonzero(waited > slack_s).tolist())

    @cached_property
    def _waits(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of the unsuspected, when each was admitted and when its first attempt began, or it ended without one."""
        import numpy as np  # noqa: PLC0415 - see above

        admitted = np.array([each.admitted_at for each in self.unsuspected])
        sent = np.array([each.attempts[0].sent_at if each.attempts else each.ended_at for each in self.unsuspected])
        return admitted, sent

    def _free(self, carrying: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """When stretches began in which some worker was up and carried so few, and how long they were."""
        import numpy as np  # noqa: PLC0415 - see above

        until = max((each.ended_at for each in self.log.requests), default=0.0)
        begins, ends = [], []
        for times, loads in self._loads:
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

    @cached_property
    def _loads(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """For each worker, moments in order and how many batches it carries from each on; each attempt is a part of
        one.
        """
        import numpy as np  # noqa: PLC0415 - see above

        opinions = sorted(_opinions(self.log).items())
        numbers = {worker: number for number, (worker, _) in enumerate(opinions)}
        attempts = [each for line in self.log.requests for each in line.attempts]
        whose = np.array([numbers.get(each.worker, -1) for each in attempts], np.int64)
        sent = np.array([each.sent_at for each in attempts])
        ended = np.array([each.ended_at for each in attempts])
        parts = 1 / self.sizes
        if suspects := self.suspected:
            # A text that may kill is given to a worker alone, and nothing beside it until it is back.
            may_kill = np.array([line.input in suspects for line in self.log.requests for _ in line.attempts], bool)
            parts[may_kill & (self.sizes == 1)] = AWAY
        loads = []
        for number, (_, (changed, steps)) in enumerate(opinions):
            own = whose == number
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
