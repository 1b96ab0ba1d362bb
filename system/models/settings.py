"""What the environment may say of models that are downloaded."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from system.models.source import HUGGING_FACE, Source


class SourceSettings(BaseSettings):
    """Under the names that the field gives them. An empty variable counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    model_cache: Path | None = Field(
        default=None, description="a folder for downloaded models; unset: in the cache of this user"
    )
    hf_endpoint: str = Field(
        default=HUGGING_FACE, pattern=r"^https?://\S+$", description="the address of the hub, or of a mirror of it"
    )

    @property
    def source(self) -> Source:
        return Source(self.hf_endpoint, self.model_cache)
