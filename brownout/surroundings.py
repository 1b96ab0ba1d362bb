"""What the machine itself offers: cores, memory, ports, and the model that comes with the distribution."""

import os
from typing import Final

import psutil

from brownout.finding import Finding, State
from brownout.port import flaw_of, holder_of
from system.models import catalogue

GIBIBYTE: Final = 1024**3
# Three workers and a coordinator take 0.6 GiB together; the rest is room for what drives them.
NEEDED_BYTES: Final = GIBIBYTE


def cores() -> Finding:
    """Those that this process may use, which in a container are fewer than the machine has."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if usable == 1:
        return Finding("cores", State.FINE, "1; workers will share it, and throughput promises may not hold")
    return Finding("cores", State.FINE, f"{usable} usable")


def memory() -> Finding:
    """What may still be taken, not what is built in."""
    offered = psutil.virtual_memory()
    found = f"{offered.available / GIBIBYTE:.1f} GiB available of {offered.total / GIBIBYTE:.1f} GiB"
    if offered.available < NEEDED_BYTES:
        return Finding("memory", State.MISSING, found, "close programs until 1 GiB is available")
    return Finding("memory", State.FINE, found)


def port(number: int, purpose: str, instead: str) -> Finding:
    """Whether the default port of `purpose` is free; tests and scenarios take any free port and do not care."""
    name = f"port {number}"
    flaw = flaw_of(number)
    if flaw is None:
        return Finding(name, State.FINE, f"free for {purpose}")
    holder = holder_of(number)
    found = f"{flaw}, {holder}" if holder else flaw
    return Finding(name, State.ABSENT, found, instead or f"stop what listens on {number}")


def embedded_model() -> Finding:
    """Its files, each with the sha256 that the catalogue promises."""
    try:
        model = catalogue.read(catalogue.EMBEDDED)
    except catalogue.ModelError as problem:
        return Finding("embedded model", State.MISSING, str(problem), "reinstall brownout")
    size = (len(model.graph) + len(model.tokenizer)) / 1e6
    return Finding("embedded model", State.FINE, f"{model.name}, {size:.1f} MB, sha256 as published")
