"""The Docker engine: whether one answers, what of ours is in it, and getting rid of that.

Whatever a cluster makes carries the label `brownout` with the cluster's own id, so that it is found whoever lost it.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from docker import DockerClient
from docker.errors import APIError, DockerException, NotFound
from docker.utils import parse_host
from requests.exceptions import RequestException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.docker_client import DockerClient as Connection
from testcontainers.core.docker_client import get_docker_host
from urllib3.exceptions import HTTPError

from chaos.clusters.cluster import ClusterProblem

LABEL: Final = "brownout"
OWNER: Final = "brownout.owner"  # label: the process whose cluster it is, as `pid@world`
ANSWER_S: Final = 30.0  # of the engine, for one call; it may have much to do at once
UNIX: Final = "unix://"
HELD: Final = (403, 409)  # what is being removed by somebody else, or has something on it that is
HELD_S: Final = 10.0
BETWEEN_S: Final = 0.1
DEFAULT_HOST: Final = f"{UNIX}/var/run/docker.sock"
ON_THIS_MACHINE: Final = ("http+unix", "npipe")  # how a client calls an engine that it reaches by a file
THIS_MACHINE: Final = ("127.0.0.1", "localhost", "::1")
ENDS: Final = (RequestException, HTTPError)  # of a connection; the second while an answer is read bit by bit
FAILURES: Final = (DockerException, *ENDS)  # all that a call to an engine may end in
MENDS: Final = {  # by what an engine says in its refusal
    "address already in use": "somebody else took that port in this very moment; run this again",
    "port is already allocated": "another container took that port in this very moment; run this again",
    "non-overlapping IPv4 address pool": "there are too many networks; `docker network prune` removes unused ones",
    "no space left on device": "its disk is full; `docker system prune` removes what nobody uses",
}


class EngineMissing(ClusterProblem):
    """No engine answers that could be used; the message says why, and what would mend it."""

    def __init__(self, found: str, mend: str) -> None:
        super().__init__(f"{found}\n  {mend}")
        self.found = found
        self.mend = mend


class EngineLost(ClusterProblem):
    """The engine that a run began with is not there any more."""

    def __init__(self, problem: object) -> None:
        super().__init__(
            f"the Docker engine was lost: {problem}\n"
            "  see that it runs (`docker info`), and run this again; what is left in it is removed once it answers"
        )


def connect() -> DockerClient:
    """To the engine that the environment names, or else the one of this machine. Raises EngineMissing."""
    # Its reaper is an image that must be pulled; what we make is swept by label, also when we are killed.
    testcontainers_config.ryuk_disabled = True
    host = get_docker_host() or DEFAULT_HOST  # a context may name it too
    try:
        if _is_elsewhere(host):
            raise EngineMissing(
                f"the Docker engine at {host} is another machine's, and what it publishes is to be had there alone",
                "run the harness there, or use an engine of this machine: see DOCKER_HOST, and `docker context ls`",
            )
        _knock(host)
        engine = Connection(timeout=int(ANSWER_S)).client
    except (*FAILURES, OSError, ValueError) as problem:  # the last of an address that is none
        raise _missing(problem, host) from problem
    try:
        engine.ping()
    except FAILURES as problem:
        engine.close()
        raise _missing(problem, host) from problem
    return engine


def _is_elsewhere(host: str) -> bool:
    """Whether 127.0.0.1 there, where ports are published, is not that of here."""
    at = urlsplit(parse_host(host))
    return at.scheme not in ON_THIS_MACHINE and at.hostname not in THIS_MACHINE


def _knock(host: str) -> None:
    """Raise OSError where nobody listens; the client itself would leave the socket of a failure open."""
    if host.startswith(UNIX):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(ANSWER_S)
            door.connect(host.removeprefix(UNIX))


def _missing(problem: Exception, host: str) -> EngineMissing:
    said = str(problem)
    if "Permission denied" in said or "PermissionError" in said:
        return EngineMissing(
            f"the Docker engine is here, and this user may not use it: {said}",
            "sudo usermod --append --groups docker $USER, and log in again",
        )
    if host == DEFAULT_HOST:
        mend = "start it (sudo systemctl start docker), or install one"
    else:
        mend = f"{host} leads nowhere, which DOCKER_HOST or `docker context` names"
    return EngineMissing(f"no Docker engine answers: {said}", mend)


def mends(said: str) -> list[str]:
    """What helps against what an engine complains of, where that is known."""
    return [mend for sign, mend in MENDS.items() if sign in said]


@contextmanager
def obeying(what: str) -> Iterator[None]:
    """What an engine's refusal, or its end, means to a cluster."""
    try:
        yield
    except APIError as problem:
        said = str(problem.explanation or problem)
        raise ClusterProblem("\n  ".join([f"{what}: {said}", *mends(said)])) from problem
    except DockerException as problem:
        raise ClusterProblem(f"{what}: {problem}") from problem
    except ENDS as problem:
        raise EngineLost(problem) from problem


def sweep(engine: DockerClient, label: str) -> list[str]:
    """Remove all containers, networks and volumes with this label (`name` or `name=value`); says what there was."""
    found: list[str] = []
    wanted = {"label": label}
    for container in engine.containers.list(all=True, filters=wanted, ignore_removed=True):
        found.append(f"container {container.name}")
        _remove(partial(container.remove, force=True, v=True))
    for kind, there in (
        ("network", engine.networks.list(filters=wanted)),
        ("volume", engine.volumes.list(filters=wanted)),
    ):
        for each in there:
            found.append(f"{kind} {each.name}")
            _remove(each.remove)
    return found


def _remove(remove: Callable[[], object]) -> None:
    """Returns once it is gone, whoever has removed it: somebody else may sweep too."""
    until = time.monotonic() + HELD_S
    while True:
        try:
            remove()
        except NotFound:
            return
        except APIError as problem:
            if problem.status_code not in HELD or time.monotonic() > until:
                raise
            time.sleep(BETWEEN_S)
        else:
            return


def sweep_lost(engine: DockerClient) -> Iterator[str]:
    """Remove what clusters left whose harness no longer lives, as far as this process can tell; yields what it was.

    Raises ClusterProblem with all that could not be removed, once all that could is.
    """
    world = _world()
    if world is None:
        return
    labels = {
        label
        for container in engine.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
        for label in _lost(container.labels, world)
    } | {
        label
        for network in engine.networks.list(filters={"label": OWNER})
        for label in _lost(network.attrs["Labels"], world)
    }
    problems: list[str] = []
    for label in sorted(labels):
        try:
            with obeying(label):
                yield from sweep(engine, label)
        except EngineLost:
            raise
        except ClusterProblem as problem:
            problems.append(str(problem))
    if problems:
        raise ClusterProblem("\n".join(problems))


def owner() -> str:
    """Of what this process makes."""
    return f"{os.getpid()}@{_world() or 'unknown'}"


def _lost(labels: dict[str, Any], world: str) -> list[str]:
    pid, _, where = labels[OWNER].partition("@")
    return [] if where != world or _lives(int(pid)) else [f"{LABEL}={labels[LABEL]}"]


def _lives(pid: int) -> bool:
    """Whether it does is asked by a signal: /proc may show nobody but one's own."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _world() -> str | None:
    """In which a number means one process: this boot of this machine, and this namespace of such numbers.

    Sessions in containers share an engine without seeing each other's processes. None where it cannot be told, as on
    what is not Linux.
    """
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:  # noqa: PTH123
            return f"{boot.read().strip()}/{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116
    except OSError:
        return None
