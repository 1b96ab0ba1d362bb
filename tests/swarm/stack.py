"""A swarm of one node that is this test's own, and the stack in it, out of the file that users start."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from docker import DockerClient
from docker.errors import APIError

from chaos.clusters.docker.engine import LABEL, connect

ROOT: Final = Path(__file__).parent.parent.parent
OURS: Final = {LABEL: "swarm"}
STACK_LABEL: Final = "com.docker.stack.namespace"
TASK_LABEL: Final = "com.docker.swarm.task.id"  # of what a swarm itself runs
GATEWAY: Final = "docker_gwbridge"  # a network that an engine makes for its first swarm, and leaves behind
LOOPBACK: Final = "127.0.0.1"
BUILD_S: Final = 600.0
COMMAND_S: Final = 120.0
GONE_S: Final = 60.0  # a task has up to 25 s to drain
IMAGES: Final = {"COORDINATOR_IMAGE": "brownout/coordinator:swarm", "WORKER_IMAGE": "brownout/worker:swarm"}
NEXT: Final = "-next"
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class NotOurs(Exception):
    """The engine is part of a swarm that nobody here made, or runs somebody's containers; it is left alone."""


@contextmanager
def own_swarm() -> Iterator[DockerClient]:
    """Raises EngineMissing or NotOurs. One that a test of ours left behind, as its label says, is left first."""
    engine = connect()
    try:
        state = engine.info()["Swarm"]["LocalNodeState"]
        if state != "inactive" and not _is_ours(engine):
            raise NotOurs(f"the engine is in a swarm already ({state}) that is not a test's; docker swarm leave")
        _runs_nothing_else(engine)
        _leave(engine)
        with new_swarm(engine, labels=OURS):
            yield engine
    finally:
        engine.close()


@contextmanager
def new_swarm(engine: DockerClient, *, labels: Mapping[str, str]) -> Iterator[None]:
    """Of an engine that is in none; it is as before when the scope is left. Raises NotOurs."""
    _runs_nothing_else(engine)
    had_gateway = bool(engine.networks.list(names=[GATEWAY]))
    # Nobody else can join: what a swarm's nodes talk by is open on the loopback interface only.
    engine.swarm.init(advertise_addr=LOOPBACK, listen_addr=f"{LOOPBACK}:2377", labels=dict(labels))
    try:
        yield
    finally:
        _leave(engine)
        if not had_gateway:
            for network in engine.networks.list(names=[GATEWAY]):
                network.remove()


def _runs_nothing_else(engine: DockerClient) -> None:
    """Raises NotOurs. See moby/moby#45144: an engine that leaves a swarm forgets the names in all its networks."""
    there = engine.containers.list(ignore_removed=True)
    if running := [each.name for each in there if TASK_LABEL not in each.labels]:
        raise NotOurs(f"leaving a swarm would take their names from {', '.join(running)}: docker stop them first")


def _is_ours(engine: DockerClient) -> bool:
    try:
        engine.swarm.reload()
    except APIError:
        return False  # a node that manages nothing: of somebody's swarm
    labels: Mapping[str, str] = engine.swarm.attrs["Spec"].get("Labels") or {}
    return labels.get(LABEL) == OURS[LABEL]


def _leave(engine: DockerClient) -> None:
    if engine.info()["Swarm"]["LocalNodeState"] != "inactive":
        engine.swarm.leave(force=True)


@dataclass(frozen=True, slots=True)
class Stack:
    """`ports` are those of its coordinators, on this machine."""

    engine: DockerClient
    name: str
    ports: tuple[int, int]

    @property
    def urls(self) -> dict[str, str]:
        return {f"coordinator{at}": f"http://{LOOPBACK}:{port}" for at, port in enumerate(self.ports, 1)}

    @contextmanager
    def deployed(self) -> Iterator[None]:
        """Whatever way it is left, no container or network of it is there afterwards."""
        environment = {"PORT1": str(self.ports[0]), "PORT2": str(self.ports[1]), **IMAGES}
        file = ("--compose-file", "deploy/swarm/stack.yml")
        try:
            # The images are this machine's: no registry is asked for what they are called.
            run(
                "docker",
                "stack",
                "deploy",
                "--resolve-image",
                "never",
                "--detach=true",
                *file,
                self.name,
                environment=environment,
            )
            yield
        finally:
            run("docker", "stack", "rm", self.name)
            self._await_gone()

    def _await_gone(self) -> None:
        mine = {"label": f"{STACK_LABEL}={self.name}"}

        def gone() -> bool:
            # Listed as they are: one that is looked into may be gone by then.
            containers = self.engine.containers.list(all=True, filters=mine, sparse=True)
            return not containers and not self.engine.networks.list(filters=mine)

        asyncio.run(until(gone, within_s=GONE_S, what="the stack's containers and networks are gone"))

    def scale(self, service: str, replicas: int) -> None:
        """Returns once it is told, not once it is done."""
        run("docker", "service", "scale", "--detach=true", f"{self.name}_{service}={replicas}")

    async def update(self, service: str, image: str) -> None:
        """Returns once every task runs the image; raises where the update was paused or rolled back."""
        told = ("--no-resolve-image", "--detach=true", "--image", image)
        await asyncio.to_thread(run, "docker", "service", "update", *told, f"{self.name}_{service}")

        def completed() -> bool:
            found = self.engine.services.get(f"{self.name}_{service}").attrs
            state = (found.get("UpdateStatus") or {}).get("State")
            assert state in {None, "updating", "completed"}, found["UpdateStatus"]
            return state == "completed" and found["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] == image

        await until(completed, within_s=180.0, what=f"{service} runs {image}")

    def running(self, service: str) -> dict[str, str]:
        """Image by task, of those that are meant to run and do."""
        tasks = self.engine.services.get(f"{self.name}_{service}").tasks(filters={"desired-state": "running"})
        return {
            task["ID"]: task["Spec"]["ContainerSpec"]["Image"] for task in tasks if task["Status"]["State"] == "running"
        }


@contextmanager
def images(engine: DockerClient) -> Iterator[None]:
    """Of the system, and of each another one to change to; those are gone afterwards."""
    base = [f"PYTHON_IMAGE={os.environ['PYTHON_IMAGE']}"] if os.environ.get("PYTHON_IMAGE") else []
    arguments = [each for argument in base for each in ("--build-arg", argument)]
    nexts = [f"{image}{NEXT}" for image in IMAGES.values()]
    for target, image in zip(("coordinator", "worker"), IMAGES.values(), strict=True):
        run("docker", "build", "--quiet", *arguments, "--target", target, "--tag", image, ".", within_s=BUILD_S)
        run("docker", "build", "--quiet", "--tag", f"{image}{NEXT}", "-", stdin=f"FROM {image}\nLABEL revision=next\n")
    try:
        yield
    finally:
        for image in nexts:
            engine.images.remove(image, force=True)


def run(*command: str, stdin: str = "", within_s: float = COMMAND_S, environment: Mapping[str, str] = NOTHING) -> str:
    """What it prints; raises with what it complains of."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr[-3000:]}"
    return done.stdout


async def until(condition: Callable[[], Any], *, within_s: float, what: str) -> None:
    """Polls in a thread: what it asks may take its time, and a load goes on meanwhile."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + within_s
    while not await asyncio.to_thread(condition):
        assert clock() < deadline, f"not within {within_s:g} s: {what}"
        await asyncio.sleep(0.3)
