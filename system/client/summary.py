"""What a load came to."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from system.client.tally import Tally, quantile


@dataclass(frozen=True, slots=True)
class Summary:
    """sent = answered + failed + unanswered; the last only where the load was stopped before its end."""

    url: str
    pattern: str
    seed: int
    seconds: float
    stopped: bool
    sent: int
    answered: int
    failed: int
    unanswered: int
    throughput_rps: float
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    retries: int
    retried_requests: int
    failures: dict[str, int]
    examples: dict[str, str]
    answered_by_worker: dict[str, int]

    @classmethod
    def of(cls, tally: Tally, *, url: str, pattern: str, seed: int, seconds: float, stopped: bool) -> Self:
        p50, p90, p99, longest = (_ms(quantile(tally.latencies_s, share)) for share in (0.5, 0.9, 0.99, 1.0))
        return cls(
            url=url,
            pattern=pattern,
            seed=seed,
            seconds=round(seconds, 3),
            stopped=stopped,
            sent=tally.sent,
            answered=tally.answered,
            failed=tally.failed,
            unanswered=tally.outstanding,
            throughput_rps=round(tally.answered / seconds, 2) if seconds > 0 else 0.0,
            p50_ms=p50,
            p90_ms=p90,
            p99_ms=p99,
            max_ms=longest,
            retries=tally.retries,
            retried_requests=tally.retried,
            failures={kind.value: number for kind, number in sorted(tally.failures.items())},
            examples={kind.value: said for kind, said in sorted(tally.examples.items())},
            answered_by_worker=dict(sorted(tally.by_worker.items())),
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __rich__(self) -> RenderableType:
        figures = Table.grid(padding=(0, 2))
        figures.add_column(style="dim")
        figures.add_column()
        for name, figure in self._rows():
            figures.add_row(name, figure)
        return Group(Text("stopped early; so far:" if self.stopped else "done", "bold"), figures)

    def _rows(self) -> list[tuple[str, Text]]:
        unanswered = f", {self.unanswered} not answered yet" if self.unanswered else ""
        rows = [
            ("load", Text(f"{self.pattern} (seed {self.seed})")),
            ("sent", Text(f"{self.sent} in {self.seconds:.1f} s{unanswered}")),
            ("answered", Text(f"{self.answered}, {self.throughput_rps:.1f}/s")),
            ("latency", Text(self._latency())),
            ("retries", Text(f"{self.retries}, in {self.retried_requests} requests")),
            ("failed", Text(str(self.failed), "bold red" if self.failed else "green")),
        ]
        rows += [(f"  {kind}", Text(f"{number}  {self.examples[kind]}")) for kind, number in self.failures.items()]
        rows += [
            (f"  {worker}", Text(f"{number} answers, {number / self.answered:.0%}"))
            for worker, number in self.answered_by_worker.items()
        ]
        return rows

    def _latency(self) -> str:
        if self.max_ms is None:
            return "no answer to measure"
        return f"p50 {self.p50_ms:.0f} ms, p90 {self.p90_ms:.0f} ms, p99 {self.p99_ms:.0f} ms, max {self.max_ms:.0f} ms"


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)
