"""The catalogue of the documentation leaves nothing out."""

from dataclasses import fields

from chaos import invariants
from chaos.faults.fault import ABOUT, fault_class, kinds
from chaos.invariants.invariant import Factory
from chaos.reference import page


def test_everything_there_is_has_its_place() -> None:
    sections = {line.removeprefix("### ") for line in page().splitlines() if line.startswith("### ")}
    factories = {name for name in invariants.__all__ if isinstance(getattr(invariants, name), Factory)}
    assert sections >= {*kinds(), *factories, "constant", "poisson", "burst", "ramp", "closed", "hostile"}


def test_only_containers_can_be_limited_in_their_memory_or_lose_their_network() -> None:
    faults, _, _ = page().partition("## Workloads")
    only = {each.split("\n", 1)[0] for each in faults.split("### ") if "- substrates: docker\n" in each}
    assert only == {"limit_memory", "disconnect"}
    assert faults.count("- substrates: simulated, local, docker\n") == len(kinds()) - len(only)


def test_every_parameter_says_what_it_is() -> None:
    for kind in kinds():
        assert all(each.metadata[ABOUT] for each in fields(fault_class(kind)))  # type: ignore[arg-type]
