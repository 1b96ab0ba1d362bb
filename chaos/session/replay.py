"""The command that runs a scenario again, from where and in the way that the session at hand was started."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest


def replay_command(test: pytest.Item, *, substrate: str, seed: int) -> str:
    """For a shell in the directory that pytest was started in."""
    config = test.config
    directory = config.invocation_params.dir
    file, *names = test.nodeid.split("::")
    # Of a worker of xdist, the session that started it counts.
    argv: Sequence[str] = getattr(config, "workerinput", {}).get("mainargv", sys.argv)
    # A test of another kind, left out of a plain run as well, is chosen by what chose it this time.
    mark = "chaos" if test.get_closest_marker("chaos") else config.getoption("markexpr")
    chosen = ["-m", mark, "--substrate", substrate, "--chaos-seed", str(seed)]
    if config.getoption("--without-faults"):
        chosen.append("--without-faults")
    where = os.path.relpath(config.rootpath / file, directory)
    return shlex.join((*pytest_program(argv[0], directory), *chosen, "::".join((where, *names))))


def pytest_program(
    started: str, directory: Path, *, python: str = sys.executable, environment: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """`pytest` where that is what a shell would find and what was `started`, else this interpreter with its module."""
    # Inside of tox the PATH leads into an environment that the shell outside knows nothing of.
    path = "" if "TOX_ENV_NAME" in environment else environment.get("PATH", os.defpath)
    if Path(started).name == "pytest" and shutil.which("pytest", path=path) == str(directory / started):
        return ("pytest",)
    if shutil.which(Path(python).name, path=path) == python:
        return (Path(python).name, "-m", "pytest")
    inside = Path(python).is_relative_to(directory)
    return (str(Path(python).relative_to(directory)) if inside else python, "-m", "pytest")
