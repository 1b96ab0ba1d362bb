"""Container images of nodes, built when they are asked for in a content that was not built before.

The tag of an image is the hash of everything it is built from: whoever changes a line gets another image, and whoever
changes nothing waits for nothing.
"""

import io
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from docker import DockerClient
from docker.errors import APIError, ImageNotFound

from chaos.clusters.cluster import ClusterProblem
from chaos.clusters.docker.engine import mends, obeying
from chaos.image import Image

BASE: Final = "PYTHON_IMAGE"  # environment, and build argument: what Dockerfiles with Python in them start from
LABEL: Final = "brownout.image"  # of no other sort of thing: its containers have the labels of an image, too
LEFT_OUT: Final = "__pycache__"
PLAIN: Final = 0o644
LAST_WORDS: Final = 12  # lines of a build that failed


def ensure(image: Image, engine: DockerClient, say: Callable[[str], None]) -> str:
    """The tag of the image, which is there when this returns. Blocks; raises ClusterProblem."""
    arguments = {BASE: os.environ[BASE]} if os.environ.get(BASE) else {}
    files = sorted(_files(image.context))
    tag = f"{image.name}:{_digest(files, image.target, arguments)}"
    if not _is_here(tag, engine):
        _build(tag, _packed(files), image.target, arguments, engine=engine, say=say)
    return tag


def pull(name: str, engine: DockerClient, say: Callable[[str], None]) -> str:
    """An image that exists, fetched unless it is here. Blocks; raises ClusterProblem."""
    if _is_here(name, engine):
        return name
    say(f"fetching image {name}")
    with obeying(f"image {name}"):
        try:
            engine.images.pull(name)
        except APIError as problem:
            mend = "build or load it, or name one that is here (`docker images` lists them)"
            raise ClusterProblem(f"image {name} is not here and cannot be fetched: {problem}\n{mend}") from problem
    return name


def _is_here(name: str, engine: DockerClient) -> bool:
    with obeying(f"image {name}"):
        try:
            engine.images.get(name)
        except ImageNotFound:
            return False
        return True


def _files(context: Mapping[str, Path | bytes]) -> Iterator[tuple[str, int, bytes]]:
    """Each file's place in the context, its permissions, and what is in it."""
    for place, source in context.items():
        if isinstance(source, bytes):
            yield place, PLAIN, source
        elif source.is_dir():
            for path in source.rglob("*"):
                within = path.relative_to(source)
                if path.is_file() and LEFT_OUT not in within.parts:
                    yield f"{place}/{within.as_posix()}", _mode(path), path.read_bytes()
        else:
            yield place, _mode(source), source.read_bytes()


def _mode(path: Path) -> int:
    """As it is, so that the engine knows again what it was sent by others, but readable: whoever it is copied for."""
    return path.stat().st_mode & 0o777 | 0o444


def _digest(files: list[tuple[str, int, bytes]], target: str, arguments: Mapping[str, str]) -> str:
    total = sha256(repr((target, sorted(arguments.items()))).encode())
    for place, mode, content in files:
        total.update(f"{place} {mode:o} {len(content)} ".encode())
        total.update(content)
    return total.hexdigest()[:16]


def _packed(files: list[tuple[str, int, bytes]]) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for place, mode, content in files:
            entry = tarfile.TarInfo(place)
            entry.size = len(content)
            entry.mode = mode
            archive.addfile(entry, io.BytesIO(content))
    packed.seek(0)
    return packed


def _build(
    tag: str,
    context: io.BytesIO,
    target: str,
    arguments: Mapping[str, str],
    *,
    engine: DockerClient,
    say: Callable[[str], None],
) -> None:
    say(f"building {tag}, which takes a minute or two the first time")
    said: list[str] = []
    with obeying(f"image {tag} cannot be built"):
        steps = engine.api.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            target=target or None,
            buildargs=dict(arguments),
            labels={LABEL: tag.partition(":")[0]},
            rm=True,
            forcerm=True,  # the container of a step that failed, too
            decode=True,
        )
        for step in steps:
            said += _told(step)
            if "error" in step:
                raise ClusterProblem("\n".join([f"image {tag} cannot be built:", *said[-LAST_WORDS:], _mend(said)]))
            if said and said[-1].startswith("Step ") and "stream" in step:
                say(f"building {tag}: {said[-1]}")
    if not _is_here(tag, engine):  # an engine that ends may close what it says as if it had said everything
        raise ClusterProblem(
            "\n".join(
                [
                    f"image {tag} is not here, its build ended without a word:",
                    *said[-LAST_WORDS:],
                    "see that the engine runs (`docker info`), and run this again",
                ]
            )
        )


def _told(step: Mapping[str, Any]) -> list[str]:
    return str(step.get("stream") or step.get("error") or "").strip().splitlines()


def _mend(said: list[str]) -> str:
    last = " ".join(said[-2:])
    if known := mends(last):
        return "\n".join(known)
    if any(sign in last for sign in ("no such host", "pull access denied", "connection refused", "i/o timeout")):
        return f"the base image cannot be had; set {BASE} to one with Python that is here (`docker images` lists them)"
    return "mend what the build complains of, and run this again"
