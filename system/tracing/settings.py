"""The variables of OpenTelemetry that a process checks; its SDK reads these and the others itself."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class TracingSettings(BaseSettings):
    """Part of the settings of every process that can trace. An empty variable counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    otel_exporter_otlp_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="where traces go, like http://host:4318; needs brownout[otel]",
    )
    otel_exporter_otlp_protocol: Literal["http/protobuf"] = Field(
        default="http/protobuf", description="http/protobuf, the one that is spoken"
    )

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _exportable(cls, value: str | None) -> str | None:
        if value is not None and not _installed("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"):
            raise ValueError("OpenTelemetry is not installed: install the extra `otel`, as by pip install '.[otel]'")
        return value


def _installed(*modules: str) -> bool:
    try:
        return all(find_spec(module) is not None for module in modules)
    except ModuleNotFoundError:  # what it is part of is not there either
        return False
