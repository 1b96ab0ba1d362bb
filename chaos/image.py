"""What the containers of a node are made from, as a value; chaos/clusters/docker/image.py builds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Image:
    """A container image that is built when it is needed, once for each content of what it is built from.

    `context` is all that the build can see: places in it, and the file, folder or bytes that are there; one of the
    places is `Dockerfile`. `target` is the stage of it that is meant. The build argument `PYTHON_IMAGE` has the value
    that the environment has under this name.
    """

    name: str
    context: Mapping[str, Path | bytes]
    target: str = ""
