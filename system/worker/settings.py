"""What a worker is told by its environment. Times in seconds."""

import socket
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from system.models import catalogue
from system.models.settings import SourceSettings
from system.tls.settings import ServerTlsSettings
from system.tracing.settings import TracingSettings


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class WorkerSettings(ServerTlsSettings, SourceSettings, TracingSettings):
    """Defaults are part of the contract. An empty variable counts as unset: Compose files pass `${CRASH_RATE:-}` on."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    worker_id: str = Field(
        default_factory=socket.gethostname, min_length=1, max_length=100, description="a name of 1 to 100 characters"
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="a name or address of this machine")
    port: int = Field(default=50051, ge=0, le=65535, description="0 (any free port) to 65535")
    metrics_port: int | None = Field(
        default=None, ge=0, le=65535, description="a port from 0 (any free one) to 65535 for Prometheus; unset: none"
    )
    crash_rate: float = Field(default=0.0, ge=0, le=1, description="0 to 1, the probability of a crash per batch")
    max_delay: float = Field(
        default=0.0, ge=0, le=3600, description="0 to 3600 s, of which each batch waits a share drawn uniformly"
    )
    crash_on: str | None = Field(default=None, description="a text; an input that contains it kills the worker")
    mishaps_file: Path | None = Field(
        default=None,
        description="a file that says, while it runs, which faults to inflict; for tests",
    )
    seed: int | None = Field(default=None, description="an integer that repeats the draws of CRASH_RATE and MAX_DELAY")
    model: str = Field(
        default=catalogue.EMBEDDED, description=f"{', '.join(sorted(catalogue.CATALOGUE))}, or a directory"
    )
    max_concurrent_batches: int = Field(
        default=64, ge=1, le=10_000, description="1 to 10000 batches at once, after which more are refused"
    )
    drain_timeout: float = Field(
        default=10.0, ge=0, le=3600, description="0 to 3600 s, which running calls get at shutdown"
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        default="info", description="debug, info, warning or error"
    )
