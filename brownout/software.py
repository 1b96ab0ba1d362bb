"""Programs that other people wrote: which are here, in which version, and whether they work."""

import os
import platform
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

from brownout.finding import Finding, State
from chaos.toxiproxy.find import VARIABLE, look
from chaos.toxiproxy.release import VERSION

SUPPORTED: Final = ((3, 11), (3, 12), (3, 13))
ANSWER_S: Final = 10.0


def pythons() -> Finding:
    """The one that runs this, and the others on PATH that tox would test with."""
    running = sys.version_info[:2]
    others = [f"{major}.{minor}" for major, minor in SUPPORTED if shutil.which(f"python{major}.{minor}")]
    found = f"{platform.python_version()} runs this; on PATH: {', '.join(others) or 'no other supported one'}"
    if running >= SUPPORTED[0]:
        return Finding("python", State.FINE, found)
    return Finding("python", State.MISSING, found, "install Python 3.11 or newer")


def toxiproxy() -> Finding:
    """Looked for in every place where a run would look, but neither fetched nor built."""
    search = look()
    if search.server is None:
        mend = f"{sys.executable} -m chaos.toxiproxy"
        if os.environ.get(VARIABLE):  # meant as it is: nothing else is tried when a scenario runs
            return Finding(
                "toxiproxy-server", State.MISSING, "; ".join(search.passed_over), f"unset {VARIABLE}; {mend}"
            )
        found = "not here yet; the first scenario downloads it, or builds it with Go, in up to a minute"
        return Finding("toxiproxy-server", State.ABSENT, found, mend)
    said = _ask(search.server, "--version")
    version = re.search(r"\d+\.\d+\.\d+", said or "")
    return Finding("toxiproxy-server", State.FINE, f"{version[0] if version else VERSION} at {search.server}")


def go() -> Finding:
    """Only wanted where toxiproxy-server must be built."""
    said = _program("go", "version")
    if said is None:
        return Finding("Go", State.ABSENT, "not on PATH; builds toxiproxy-server where no release can be fetched")
    return Finding("Go", State.FINE, said)


def docker() -> Finding:
    """The engine, not only the client."""
    if shutil.which("docker") is None:
        return Finding("Docker engine", State.ABSENT, "no docker on PATH", "https://docs.docker.com/engine/install/")
    # Takes long to import.
    from chaos.clusters.docker.engine import EngineMissing, connect  # noqa: PLC0415

    try:
        with closing(connect()) as engine:
            return Finding("Docker engine", State.FINE, str(engine.version()["Version"]))
    except EngineMissing as missing:
        return Finding("Docker engine", State.ABSENT, missing.found, missing.mend)


def docker_compose() -> Finding:
    """The plugin of the client."""
    said = _program("docker", "compose", "version", "--short")
    if said is None:
        return Finding(
            "Docker Compose", State.ABSENT, "no `docker compose`", "https://docs.docker.com/compose/install/linux/"
        )
    return Finding("Docker Compose", State.FINE, said)


def _program(name: str, *arguments: str) -> str | None:
    path = shutil.which(name)
    return None if path is None else _ask(Path(path), *arguments)


def _ask(program: Path, *arguments: str) -> str | None:
    """What it prints; None when it fails, hangs or prints nothing."""
    try:
        answer = subprocess.run(
            (program, *arguments), capture_output=True, text=True, errors="replace", timeout=ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None if answer.returncode == 0 else None
