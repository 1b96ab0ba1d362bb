"""What a worker is told by its environment."""

import socket
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from system.models import catalogue


class SettingsError(Exception):
    """The message names every wrong variable, its value, and what is allowed."""


def _lower(value: Any) -> Any:  # noqa: ANN401 - before validation a value is anything
    return value.lower() if isinstance(value, str) else value


class WorkerSettings(BaseSettings):
    """One field a variable, in upper case. A description says what is allowed, for people who got it wrong.

    An empty variable counts as unset: Compose files pass `${CRASH_RATE:-}` on.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    worker_id: str = Field(
        default_factory=socket.gethostname, max_length=100, description="a name of at most 100 characters"
    )
    host: str = Field(default="127.0.0.1", description="a host name or address to listen on")
    port: int = Field(default=50051, ge=0, le=65535, description="a port from 0 (any free one) to 65535")
    crash_rate: float = Field(default=0.0, ge=0, le=1, description="probability of a crash per batch, 0 to 1")
    max_delay: float = Field(
        default=0.0, ge=0, le=3600, description="seconds, 0 to 3600; a batch waits a uniform share of them"
    )
    seed: int | None = Field(default=None, description="an integer, to repeat the draws of CRASH_RATE and MAX_DELAY")
    model: str = Field(
        default=catalogue.EMBEDDED, description=f"{', '.join(sorted(catalogue.CATALOGUE))}, or a directory"
    )
    drain_timeout: float = Field(
        default=10.0, ge=0, le=3600, description="seconds, 0 to 3600, that running calls get to finish at shutdown"
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        default="info", description="debug, info, warning or error"
    )


def load() -> WorkerSettings:
    """Read the environment; raise SettingsError with all problems at once."""
    try:
        return WorkerSettings()
    except ValidationError as error:
        lines = [
            f"  - {name.upper()}={problem['input']!r}: allowed is {WorkerSettings.model_fields[name].description}"
            for problem in error.errors()
            for name in (str(problem["loc"][0]),)
        ]
        raise SettingsError("\n".join(["these settings are wrong:", *lines])) from error
