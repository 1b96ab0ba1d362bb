"""Where the models that do not ship with the project come from, and where they are kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

HUGGING_FACE: Final = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class Source:
    """A hub or a mirror of it, and a folder of this machine."""

    endpoint: str = HUGGING_FACE
    cache: Path | None = None
    """None: a folder of this user's own, shared by all projects."""


HUB: Final = Source()
