"""What the engine says of a container's program, in the words of processes and of nodes."""

from collections.abc import Mapping
from signal import Signals
from typing import Any, Final

from chaos.clusters.cluster import OUT_OF_MEMORY, NodeState
from chaos.clusters.cluster import Phase as NodePhase
from chaos.processes.process import Phase, ProcessState

MIB: Final = 1024 * 1024
BY_SIGNAL: Final = {128 + number: number for number in (Signals.SIGKILL, Signals.SIGTERM)}  # as an init reports them
PHASES: Final = {
    "created": Phase.NEW,
    "running": Phase.RUNNING,
    "paused": Phase.STOPPED,
    "exited": Phase.EXITED,
    "dead": Phase.EXITED,
    "removing": Phase.EXITED,
}
NODE_PHASES: Final = {
    Phase.NEW: NodePhase.NEW,
    Phase.RUNNING: NodePhase.RUNNING,
    Phase.STOPPED: NodePhase.PAUSED,
    Phase.EXITED: NodePhase.EXITED,
}


def process_state(told: Mapping[str, Any]) -> ProcessState:
    """From the `State` of its answer; an empty one before the first life and after the last."""
    phase = PHASES.get(told.get("Status", "created"), Phase.RUNNING)
    if phase is not Phase.EXITED or "ExitCode" not in told:
        return ProcessState(phase)
    code: int = told["ExitCode"]
    ended_by = BY_SIGNAL.get(code)
    return ProcessState(phase, code=code) if ended_by is None else ProcessState(phase, ended_by=ended_by)


def node_state(told: Mapping[str, Any]) -> NodeState:
    """The same with what only the engine knows: which life this is, and a lack of memory."""
    state = process_state(told)
    details = [f"by {state.ended_by.name}"] if state.ended_by else []
    details += [] if state.code is None else [f"exit code {state.code}"]
    # Of a life that goes on, the engine still says what the one before it ended for.
    details += [OUT_OF_MEMORY] if told.get("OOMKilled") and state.phase is Phase.EXITED else []
    return NodeState(
        phase=NODE_PHASES[state.phase],
        life=f"container started {told.get('StartedAt', 'never')}",
        killed=state.ended_by is Signals.SIGKILL,
        code=state.code,
        detail=", ".join(details),
    )


def death(told: Mapping[str, Any]) -> str:
    """How it ended that nobody here ended, and what may be behind it."""
    state = process_state(told["State"])
    if told["State"].get("OOMKilled"):
        limit = told["HostConfig"].get("Memory", 0)
        has = f" with the {limit / MIB:g} MiB that it may have" if limit else ""
        return f"{state}, {OUT_OF_MEMORY}{has},"
    if state.ended_by is Signals.SIGKILL:
        return f"{state} by somebody else (the kernel does it where memory is short; see `docker info`)"
    return str(state)
