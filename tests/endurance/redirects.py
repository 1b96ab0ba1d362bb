"""What faults cost the requests that they hit. Pure functions over finished runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from chaos.invariants import answered_once
from chaos.run import Run
from reports.history import OpType, Request
from reports.measure import latencies_ms, quantile
from reports.record import Record
from reports.verdict import Verdict

# After a healing: a queue that the fault left behind is its doing too.
AFTERMATH_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Redirects:
    """Latencies in milliseconds: of the requests that were redirected, and of those that no fault was near."""

    requests: int
    lost: int
    duplicated: int
    redirected_ms: tuple[float, ...]
    undisturbed_ms: tuple[float, ...]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Self:
        records = [run.record for run in runs]
        requests = [request for record in records for request in record.requests]
        return cls(
            requests=len(requests),
            lost=sum(request.outcome is not OpType.OK for request in requests),
            duplicated=sum(map(duplicated, records)),
            redirected_ms=tuple(latencies_ms(request for request in requests if request.retries)),
            undisturbed_ms=tuple(
                latencies_ms(
                    request for record in records for request in record.requests if _undisturbed(record, request)
                )
            ),
        )

    def to_json(self) -> dict[str, Any]:
        usual_ms = quantile(self.undisturbed_ms, 0.5)
        extra_ms = [] if usual_ms is None else [latency_ms - usual_ms for latency_ms in self.redirected_ms]
        return {
            "requests": self.requests,
            "lost": self.lost,
            "duplicated": self.duplicated,
            "redirected": len(self.redirected_ms),
            "undisturbed_p50_ms": _rounded(usual_ms),
            "undisturbed_p99_ms": _rounded(quantile(self.undisturbed_ms, 0.99)),
            "redirected_p50_ms": _rounded(quantile(self.redirected_ms, 0.5)),
            "redirected_p99_ms": _rounded(quantile(self.redirected_ms, 0.99)),
            "redirected_max_ms": _rounded(max(self.redirected_ms, default=None)),
            "extra_p50_ms": _rounded(quantile(extra_ms, 0.5)),
            "extra_p99_ms": _rounded(quantile(extra_ms, 0.99)),
        }


def duplicated(record: Record) -> int:
    """Answers that somebody's account has more than once."""
    finding = answered_once().judge(record)
    return len(finding.evidence) if finding.verdict is Verdict.VIOLATED else 0


def _undisturbed(record: Record, request: Request) -> bool:
    until_s = record.history.duration_s if request.completed_s is None else request.completed_s
    near = any(window.overlaps(request.due_s, until_s, grace_s=AFTERMATH_S) for window in record.windows)
    return not request.retries and not near


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
