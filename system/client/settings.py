"""What the client is told by its environment. Times in seconds."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from system.client import sentences
from system.client.measurement import Order, checked_url
from system.client.pattern import Bursts


class ClientSettings(BaseSettings):
    """Defaults are part of the contract. An empty variable counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    coordinator_url: str = Field(default="http://127.0.0.1:8000", description="an address like http://host:port")
    bursts: int = Field(default=0, ge=0, description="how many bursts, 0 for no end")
    burst_size: int = Field(default=20, ge=1, le=100_000, description="requests in one burst, 1 to 100000")
    burst_interval: float = Field(
        default=2.0, gt=0, le=3600, description="seconds from the start of one burst to the next, up to 3600"
    )
    timeout: float = Field(
        default=20.0,
        gt=0,
        le=3600,
        description="seconds each answer is waited for, up to 3600; more than the coordinator's 5 x WORKER_TIMEOUT",
    )
    patience: float = Field(
        default=30.0, ge=0, le=3600, description="seconds the coordinator may take to appear at all, 0 to 3600"
    )
    seed: int | None = Field(default=None, description="an integer, to repeat the order of sentences")
    inputs: Path | None = Field(
        default=None, description='a file with a sentence a line, or .jsonl with a "text" a line'
    )

    @field_validator("coordinator_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        return checked_url(value)

    @field_validator("inputs")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None:
            sentences.read(value)
        return value

    @property
    def order(self) -> Order:
        return Order(
            url=self.coordinator_url,
            pattern=Bursts(self.burst_size, self.burst_interval, self.bursts or None),
            sentences=sentences.BUILT_IN if self.inputs is None else sentences.read(self.inputs),
            timeout_s=self.timeout,
            patience_s=self.patience,
            seed=self.seed,
        )
