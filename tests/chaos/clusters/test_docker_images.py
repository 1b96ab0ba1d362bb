"""Whoever waits for an image sees what for; a build that ends badly says what would mend it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from docker import DockerClient
from urllib3.exceptions import ProtocolError

from chaos.clusters.cluster import ClusterProblem
from chaos.clusters.docker.engine import EngineLost
from chaos.clusters.docker.image import LABEL, ensure
from chaos.image import Image

ROOT: Final = Path(__file__).parents[3]
SESSION_S: Final = 120.0
SCENARIO: Final = """
import os
from dataclasses import replace
import pytest
from chaos.image import Image
from chaos.workload import constant
from tests.chaos.relay import back, relay, with_node

base = os.environ.get("PYTHON_IMAGE", "python:3.12-slim-bookworm")
IMAGE = Image("brownout/test-said", {"Dockerfile": f"FROM {base}\\nCOPY file /file\\n".encode(), "file": b"CONTENT"})

@pytest.mark.chaos
async def test_it_goes_on(experiment):
    system = with_node(relay(), replace(back("back1"), image=IMAGE))
    (await experiment(constant(rate=20, seconds=1, inputs=["good"]), system=system)).holds()
"""


def remove(engine: DockerClient, name: str) -> None:
    for each in engine.images.list(name):
        engine.images.remove(each.id, force=True)


def test_a_session_says_what_it_builds(engine: DockerClient, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    (tmp_path / "test_scenario.py").write_text(SCENARIO.replace("CONTENT", uuid4().hex))
    arguments = ("-p", "no:cacheprovider", "-m", "chaos", "--substrate", "docker", "--runs-dir", str(tmp_path / "runs"))
    try:
        told = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=SESSION_S,
            check=False,
        ).stdout
        assert "\n  building brownout/test-said:" in told, told
    finally:
        remove(engine, "brownout/test-said")


def test_what_was_built_is_found_by_its_label(engine: DockerClient) -> None:
    """By one that containers of a cluster do not have as their own: those would pass for left behind."""
    try:
        tag = ensure(
            Image("brownout/test-label", {"Dockerfile": b"FROM scratch\nCOPY file /file\n", "file": b""}),
            engine,
            lambda _: None,
        )
        assert [tag] in [each.tags for each in engine.images.list(filters={"label": LABEL})]
        assert engine.images.get(tag).labels == {LABEL: "brownout/test-label"}
    finally:
        remove(engine, "brownout/test-label")


def saying(*steps: Mapping[str, str] | Exception) -> Any:
    def build(**_named: Any) -> Iterator[Mapping[str, str]]:
        for step in steps:
            if isinstance(step, Exception):
                raise step
            yield step

    return build


@pytest.mark.parametrize(
    ("steps", "kind", "match"),
    [
        ([ProtocolError("Connection broken")], EngineLost, "docker info"),
        ([{"error": "write /x: no space left on device"}], ClusterProblem, "docker system prune"),
        ([], ClusterProblem, "is not here(?s:.)*docker info"),
    ],
    ids=["the engine ends", "its disk is full", "it ends without a word"],
)
def test_a_build_that_ends_badly_says_what_would_mend_it(
    steps: list[Mapping[str, str] | Exception],
    kind: type[ClusterProblem],
    match: str,
    engine: DockerClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine.api, "build", saying({"stream": "Step 1/2 : FROM scratch"}, *steps))
    image = Image("brownout/test-broken", {"Dockerfile": f"FROM scratch\n# {uuid4()}\n".encode()})
    with pytest.raises(kind, match=match):
        ensure(image, engine, lambda _: None)
