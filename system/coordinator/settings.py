"""The coordinator's settings, read from the environment. Times in seconds, sizes in bytes."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from system.coordinator.addresses import FORMS, Addresses
from system.coordinator.api_keys import ApiKeySettings
from system.coordinator.core.policy import Policy
from system.coordinator.discretion import DiscretionSettings
from system.tls.settings import ChannelTlsSettings, ServerTlsSettings
from system.tracing.settings import TracingSettings


class CoordinatorSettings(ApiKeySettings, ServerTlsSettings, ChannelTlsSettings, DiscretionSettings, TracingSettings):
    """Defaults are part of the contract."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    workers: Annotated[Addresses, NoDecode] = Field(
        default="worker1:50051,worker2:50051,worker3:50051",
        validate_default=True,
        description=f"{FORMS}, separated by commas",
    )
    dns_interval: float = Field(
        default=5.0, gt=0, le=3600, description="seconds from one look-up of a dns:/// name to the next, up to 3600"
    )
    worker_timeout: float = Field(
        default=3.0,
        gt=0,
        le=3600,
        description="seconds one attempt may take, up to 3600; a client waits five times this",
    )
    batch_size: int = Field(default=3, ge=1, le=1024, description="most requests in one batch, 1 to 1024")
    batch_timeout: float = Field(
        default=0.15, ge=0, le=60, description="seconds the oldest request waits for a fuller batch, 0 to 60"
    )
    request_log_size: int = Field(
        default=5000, ge=0, le=1_000_000, description="ended requests that are remembered, 0 to 1000000"
    )
    queue_limit: int = Field(
        default=5000, ge=1, le=1_000_000, description="requests that may wait before more are refused, 1 to 1000000"
    )
    queue_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=1024,
        le=17_179_869_184,
        description="bytes of text that may wait before more is refused, 1024 to 17179869184",
    )
    queue_wait: float = Field(
        default=1.0,
        ge=0,
        le=3600,
        description="seconds a new request may have to wait during an overload, 0 to 3600",
    )
    max_attempts: int = Field(
        default=8, ge=1, le=100, description="attempts of one request that may have been executed, 1 to 100"
    )
    retry_budget: float = Field(
        default=0.2,
        ge=0,
        le=10,
        description="retries and hedges as a share of the traffic, 0 to 10; beyond it they wait",
    )
    hedge_after: float = Field(
        default=0.0,
        ge=0,
        le=0.999,
        description="quantile of the usual time after which a batch is tried on a second worker too, 0 (off) to 0.999",
    )
    eject_error_rate: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of failed batches that has a worker left out for a while, 0 (off) to 1",
    )
    eject_slowness: float = Field(
        default=5.0,
        ge=0,
        le=1000,
        description="times slower than the others that has a worker left out for a while, 0 (off) to 1000",
    )
    eject_time: float = Field(
        default=5.0, ge=0, le=3600, description="seconds a worker is left out, longer each time in a row, 0 to 3600"
    )
    poison_kills: int = Field(
        default=2, ge=2, le=100, description="workers that one text may kill before it is refused, 2 to 100"
    )
    quarantine: float = Field(
        default=300.0, ge=0, le=86_400, description="seconds such a text is refused at once, 0 to 86400"
    )
    max_body_bytes: int = Field(
        default=262_144, ge=1024, le=8_388_608, description="bytes of the largest request body, 1024 to 8388608"
    )
    idempotency_keys: int = Field(
        default=10_000, ge=1, le=1_000_000, description="answers remembered by Idempotency-Key, 1 to 1000000"
    )
    idempotency_ttl: float = Field(
        default=600.0, gt=0, le=86_400, description="seconds they are remembered, up to 86400"
    )
    canary_ttl: float = Field(
        default=1.0, ge=0, le=60, description="seconds that /readyz trusts an answer, a client's or a canary's, 0 to 60"
    )
    header_timeout: float = Field(
        default=10.0, gt=0, le=3600, description="seconds the head of a request may take to arrive, up to 3600"
    )
    body_timeout: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="seconds its body may take to arrive, or an answer to be taken, up to 3600",
    )
    max_connections: int = Field(
        default=8192, ge=1, le=1_000_000, description="clients that may be connected at once, 1 to 1000000"
    )
    heartbeat_interval: float = Field(
        default=0.25, gt=0, le=60, description="seconds from one health check of a worker to the next, up to 60"
    )
    heartbeat_timeout: float = Field(
        default=0.5,
        gt=0,
        le=60,
        description="seconds without an answer to a health check that count as silence, up to 60",
    )
    drain_timeout: float = Field(
        default=20.0, ge=0, le=3600, description="seconds that admitted requests get to finish at shutdown, 0 to 3600"
    )
    host: str = Field(default="127.0.0.1", description="a host name or address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="a port from 0 (any free one) to 65535")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)] = Field(
        default="info", description="debug, info, warning or error"
    )
    seed: int | None = Field(default=None, description="an integer, to repeat the draw of request ids")

    @field_validator("workers", mode="before")
    @classmethod
    def _read_workers(cls, value: object) -> object:
        return Addresses.read(value) if isinstance(value, str) else value

    @property
    def policy(self) -> Policy:
        return Policy(**{field.name: getattr(self, field.name) for field in fields(Policy)})
