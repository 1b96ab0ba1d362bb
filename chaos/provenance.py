"""Where a run came from: versions, commit and machine, for run.json."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from chaos.toxiproxy.release import VERSION as TOXIPROXY

DISTRIBUTIONS: Final = {"brownout": "brownout", "onnxruntime": "onnxruntime", "grpc": "grpcio"}
GIT_S: Final = 5.0


def provenance(project: Path) -> dict[str, Any]:
    """The same for all runs of a session. `project` is the folder whose commit counts."""
    return {
        "versions": {
            "python": platform.python_version(),
            **{name: _version(distribution) for name, distribution in DISTRIBUTIONS.items()},
            "toxiproxy": TOXIPROXY,
        },
        "git": _git(project),
        "machine": {"cores": os.cpu_count(), "platform": platform.platform()},
    }


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None  # a system that is not ours need not have our system's libraries


def _git(project: Path) -> dict[str, Any] | None:
    """None outside a repository, or without git."""
    commit = _ask_git(project, "rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit, "dirty": _ask_git(project, "status", "--porcelain", "--untracked-files=no") != ""}


def _ask_git(project: Path, *question: str) -> str | None:
    try:
        answer = subprocess.run(
            ("git", "-C", str(project), *question),  # noqa: S607 - whichever git the person at the keyboard uses
            capture_output=True,
            text=True,
            timeout=GIT_S,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
