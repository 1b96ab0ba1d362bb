"""Makes the run directories that tests read, by running what they show: python -m tests.runs.made FOLDER [KIND ...]

A run whose verdict is another than the one it is to show (on a busy machine some are INCONCLUSIVE) is run again. What
names the machine or its folders is written over. Left out is the report, which is drawn from the rest, what the proxy
logged, and of some runs one of the two forms that a history is kept in.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from rich.console import Console

from chaos.bundled import bundled
from chaos.case import Case
from chaos.exploring.in_laboratory import in_laboratory
from chaos.faults import crash
from chaos.invariants import no_loss, recovers_within
from chaos.laboratory import Laboratory
from chaos.provenance import provenance
from chaos.schedule import Schedule
from chaos.standard import standard
from chaos.substrate import Substrate, launcher, timekeeper
from chaos.workload import poisson
from reports.directory import RunDirectory
from tests.planted.broken import broken
from tests.planted.hunt import COORDINATOR, WORKER, hunt
from tests.runs.kept import VERDICTS

PROJECT: Final = Path(__file__).parents[2]
SEED: Final = 11
TRIES: Final = 5
RATE: Final = 20
TABLES: Final = ("history.parquet", "requests.parquet", "status.parquet")
LINES: Final = ("history.jsonl",)
LARGEST_BYTES: Final = 200_000  # of one of them


@dataclass(frozen=True, slots=True)
class Kind:
    """What is run where. `left_out` are files that its directory does without."""

    substrate: Substrate
    case: Case
    left_out: tuple[str, ...] = ()
    shrunk_from: Mapping[str, Any] | None = None


def held() -> Kind:
    schedule = Schedule.of([crash("worker1").between(1.5, 2.5)])
    return Kind(Substrate.LOCAL, Case(bundled(), poisson(RATE, 5), schedule, SEED, standard()))


def violated() -> Kind:
    """A coordinator that gives up what a killed worker held."""
    system = broken("no_redirect", coordinator=COORDINATOR, worker=WORKER)
    schedule = Schedule.of([crash("worker1").between(1, 2)])
    return Kind(Substrate.LOCAL, Case(system, poisson(RATE, 4), schedule, SEED, standard()), TABLES)


def inconclusive() -> Kind:
    """A worker that does not come back: nobody can say how long it takes to recover from that."""
    schedule = Schedule.of([crash("worker1").at(2)])
    return Kind(
        Substrate.LOCAL, Case(bundled(), poisson(RATE, 4), schedule, SEED, (no_loss(), recovers_within(2))), LINES
    )


def shrunk() -> Kind:
    """A coordinator that counts late answers twice, met by chance under several faults and made small."""
    with tempfile.TemporaryDirectory() as folder:
        caught = hunt("late_answers_count", 1, Path(folder))
    if caught is None:
        raise SystemExit("the hunt for a planted bug found none")
    return Kind(Substrate.SIMULATED, caught.failure.case, TABLES, caught.failure.shrunk_from)


def docker() -> Kind:
    return Kind(Substrate.DOCKER, held().case, LINES)


KINDS: Final[Mapping[str, Callable[[], Kind]]] = MappingProxyType(
    {each.__name__: each for each in (held, violated, inconclusive, shrunk, docker)}
)


def make(name: str, folder: Path) -> Path:
    """Run it until it shows what it is to show."""
    kind = KINDS[name]()
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory() as runs:
            laboratory = Laboratory(
                substrate=kind.substrate.value,
                launch=launcher(kind.substrate, Console(stderr=True)),
                runs=Path(runs),
                seed=SEED,
                provenance=of_anywhere(provenance(PROJECT)),
                in_time=timekeeper(kind.substrate),
            )
            replay = f"brownout replay tests/runs/directories/{name}"
            runner = in_laboratory(laboratory, scenario=name, test=name, replay=replay, shrunk_from=kind.shrunk_from)
            trial = runner.run(kind.case)
            if trial.directory is None or trial.verdict is not VERDICTS[name]:
                why = "; ".join(each.message for each in trial.findings if each.verdict is trial.verdict)
                sys.stderr.write(f"{name}: {trial.verdict.value}, once more: {why}\n")
                continue
            kept = folder / name
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(trial.directory, kept)
            tidy(kept, runs, kind.left_out)
            return kept
    raise SystemExit(f"{name}: not {VERDICTS[name].value} in {TRIES} runs")


def of_anywhere(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without what names the machine, and the work tree that it happened to be run in."""
    kept = {name: each for name, each in facts.items() if name != "git"}
    return {**kept, "machine": {"cores": facts["machine"]["cores"]}}


def tidy(run: Path, runs: str, left_out: Sequence[str]) -> None:
    """Write over where all this is on this machine, and leave out what is not needed."""
    directory = RunDirectory(run)
    directory.report.unlink()
    (directory.logs / "toxiproxy.log").unlink(missing_ok=True)
    there = {runs: "/runs", str(PROJECT): "/brownout", sys.prefix: "/venv", sysconfig.get_path("stdlib"): "/python"}
    for path in (each for each in run.rglob("*") if each.suffix in (".json", ".jsonl", ".log")):
        content = path.read_text(encoding="utf-8", errors="surrogateescape")
        if not content:
            path.unlink()
            continue
        for place, name in sorted(there.items(), key=lambda each: -len(each[0])):
            content = content.replace(place, name)
        path.write_text(content, encoding="utf-8", errors="surrogateescape")
    directory.write_tables(directory.read_history())
    for name in left_out:
        (run / name).unlink()


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0])
    for name in arguments[1:] or KINDS:
        kept = make(name, folder)
        size = sum(each.stat().st_size for each in kept.rglob("*") if each.is_file())
        sys.stdout.write(f"{kept}: {VERDICTS[name].value}, {size / 1000:.0f} kB\n")
        if size > LARGEST_BYTES:
            raise SystemExit(f"{kept} is larger than {LARGEST_BYTES / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
