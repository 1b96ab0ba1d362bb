"""The environments of coordinator and worker, as far as a simulation of them has a use for it.

Defaults are those of system/coordinator/settings.py and system/worker/settings.py; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Final, TypeVar

from chaos.clusters.cluster import ClusterProblem
from system.coordinator.core.policy import Policy

# What has no meaning here, whatever it is set to.
POINTLESS: Final = frozenset(
    {
        *("HOST", "PORT", "LOG_LEVEL", "METRICS_PORT", "MODEL", "HEADER_TIMEOUT", "BODY_TIMEOUT", "MAX_CONNECTIONS"),
        *("WORKER_ID", "WORKERS", "DNS_INTERVAL", "MISHAPS_FILE", "PYTHONPATH"),
    }
)


@dataclass(frozen=True, slots=True)
class CoordinatorSettings:
    """Times in seconds, sizes in bytes. `policy` has the knobs of the core."""

    policy: Policy = field(default_factory=Policy)
    max_body_bytes: int = 262_144
    idempotency_keys: int = 10_000
    idempotency_ttl: float = 600.0
    canary_ttl: float = 1.0
    drain_timeout: float = 20.0
    seed: int | None = None

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> CoordinatorSettings:
        """Raises ClusterProblem with everything that cannot be simulated."""
        knobs = _defaults(Policy)
        own = {name: default for name, default in _defaults(cls).items() if name != "policy"}
        given = _read("coordinator", environment, knobs | own)
        policy = Policy(**{name: value for name, value in given.items() if name in knobs})
        return cls(policy, **{name: value for name, value in given.items() if name in own})


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Times in seconds."""

    worker_id: str
    crash_rate: float = 0.0
    max_delay: float = 0.0
    crash_on: str | None = None
    seed: int | None = None
    max_concurrent_batches: int = 64
    drain_timeout: float = 10.0

    @classmethod
    def read(cls, name: str, environment: Mapping[str, str]) -> WorkerSettings:
        """Raises ClusterProblem with everything that cannot be simulated."""
        own = {field: default for field, default in _defaults(cls).items() if field != "worker_id"}
        return cls(environment.get("WORKER_ID", name), **_read(name, environment, own))


OPTIONAL: Final = {"seed": int, "crash_on": str}
"""The types of those that need not be set at all."""

Settings = TypeVar("Settings")


def _defaults(kind: type[Any]) -> dict[str, Any]:
    return {each.name: each.default for each in fields(kind) if each.default is not MISSING or each.name == "policy"}


def _read(node: str, environment: Mapping[str, str], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that `environment` has. An empty variable counts as unset."""
    given = {name: value for name, value in environment.items() if value and name not in POINTLESS}
    problems = list(_problems(given, defaults))
    if problems:
        raise ClusterProblem("\n".join(f"{node}: {each}" for each in problems))
    return {name.lower(): _type(name.lower(), defaults)(value) for name, value in given.items()}


def _problems(given: Mapping[str, str], defaults: Mapping[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        if name.lower() not in defaults:
            yield f"{name} is nothing that the simulated substrate knows"
            continue
        try:
            _type(name.lower(), defaults)(value)
        except ValueError:
            yield f"{name}={value!r} is not {_type(name.lower(), defaults).__name__}"


def _type(name: str, defaults: Mapping[str, Any]) -> type[Any]:
    return OPTIONAL.get(name) or type(defaults[name])
