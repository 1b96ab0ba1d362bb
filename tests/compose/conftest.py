"""Whether there is what a Compose project takes: once, before the first is started."""

from __future__ import annotations

import subprocess

import pytest

from tests.docker_engine import docker_engine, docker_is_missing


@pytest.fixture(scope="session", autouse=True)
def _engine_and_compose() -> None:
    asked = ["docker", "compose", "version"]
    with docker_engine():
        try:
            subprocess.run(asked, capture_output=True, check=True, timeout=60)
        except (OSError, subprocess.SubprocessError) as problem:
            said = (getattr(problem, "stderr", None) or b"").decode(errors="replace").strip()
            docker_is_missing(f"there is no Compose: {said or problem}")
