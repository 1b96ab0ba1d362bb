"""All that `brownout doctor` looks at, in the order in which it is shown."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from brownout.finding import Finding, State
from brownout.software import docker, docker_compose, go, pythons, toxiproxy
from brownout.surroundings import cores, embedded_model, memory, port

COORDINATOR_PORT: Final = 8000
LIVE_PAGE_PORT: Final = 8501
NEEDED_LOCALLY: Final = ("python", "memory", "toxiproxy-server", "embedded model")
COLOURS: Final = {State.FINE: "green", State.MISSING: "bold red", State.ABSENT: "yellow"}


@dataclass(frozen=True, slots=True)
class Examination:
    findings: tuple[Finding, ...]
    substrates: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        """Whether the local substrate is."""
        return all(each.state is State.FINE for each in self.substrates if each.name == "local")

    def to_json(self) -> dict[str, Any]:
        return {
            "usable": self.usable,
            "findings": [asdict(each) for each in self.findings],
            "substrates": [asdict(each) for each in self.substrates],
        }

    def __rich__(self) -> RenderableType:
        parts: list[RenderableType] = [_table("this machine", self.findings), _table("substrate", self.substrates)]
        for heading, state in (
            ("To mend:", State.MISSING),
            ("Not here, and fetched or asked for only by what needs them:", State.ABSENT),
        ):
            if mends := [each for each in self.findings if each.mend and each.state is state]:
                parts.append(Text(heading, "bold"))
                parts += [Text(f"  {each.name}: {each.mend}") for each in mends]
        return Group(*parts)


def examine() -> Examination:
    """Look at everything once."""
    findings = (
        pythons(),
        cores(),
        memory(),
        toxiproxy(),
        go(),
        docker(),
        docker_compose(),
        port(COORDINATOR_PORT, "brownout up", "brownout up --port 0"),
        port(LIVE_PAGE_PORT, "its live page", "brownout up --dashboard-port 0"),
        embedded_model(),
    )
    return Examination(findings, substrates_of(findings))


def substrates_of(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Where clusters can run, given what was found."""
    lacking = [each.name for each in findings if each.name in NEEDED_LOCALLY and each.state is State.MISSING]
    local = (
        Finding("local", State.MISSING, f"cannot be used: {', '.join(lacking)}")
        if lacking
        else Finding("local", State.FINE, "can be used")
    )
    engine = all(each.state is State.FINE for each in findings if each.name == "Docker engine")
    docker = (
        Finding("docker", local.state, local.found)
        if engine
        else Finding("docker", State.ABSENT, "cannot be used: Docker engine")
    )
    return (local, Finding("simulated", State.FINE, "can be used"), docker)


def _table(title: str, findings: tuple[Finding, ...]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in (title, "", "found"):
        table.add_column(heading, overflow="fold")
    for each in findings:
        table.add_row(Text(each.name), Text(each.state.value, COLOURS[each.state]), Text(each.found))
    return table
