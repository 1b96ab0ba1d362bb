"""A Compose project is broken by one run at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import platformdirs
from filelock import FileLock, Timeout

from chaos.clusters.cluster import ClusterProblem

FOLDER: Final = "compose"  # in this user's own cache, one file for each project


@contextmanager
def claimed(project: str) -> Iterator[None]:
    """Of this user's sessions nobody else has it meanwhile. Raises ClusterProblem where somebody has."""
    folder = platformdirs.user_cache_path("brownout") / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(folder / f"{project}.lock").acquire(timeout=0)
    except Timeout as taken:
        raise ClusterProblem(
            f"another session has the Compose project {project} now, and what both break neither can judge\n"
            "  run this again when that one is over, or on a project of its own (docker compose --project-name)"
        ) from taken
    with lock:
        yield
