"""The inference system of this project as a system under test, exactly as `brownout up` runs it."""

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from chaos.bundled_image import bundled_image
from chaos.clients.client import InferClient, RoamingInferClient
from chaos.probes import GrpcEmptyCallProbe, GrpcHealthProbe, HttpProbe
from chaos.recipe import remakeable
from chaos.system_under_test import CLIENT, Edge, InvalidSystem, Node, StatusPage, Supervision, SystemUnderTest

COORDINATOR: Final = "coordinator"
CRASH_EXIT_CODE: Final = 70  # of a worker that CRASH_RATE or CRASH_ON ends
INFLICTED: Final = frozenset({"crash_on", "fail_rpc", "slow_model"})  # by a worker, on itself, when it is told to
# Of the coordinator, said all the same: a system that somebody else set up is compared with what is said.
DEFAULTS: Final[Mapping[str, str]] = MappingProxyType({"BATCH_SIZE": "3", "BATCH_TIMEOUT": "0.15"})
# Of a worker, as good as not set: the troubles that it makes for itself.
UNTROUBLED: Final[Mapping[str, str]] = MappingProxyType({"CRASH_RATE": "0", "CRASH_ON": "", "MAX_DELAY": "0"})
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
PORT: Final[Mapping[str, str]] = MappingProxyType({"HOST": "{host}", "PORT": "{port}"})


@remakeable
def bundled(
    workers: int = 3,
    *,
    coordinators: int = 1,
    worker_timeout_s: float = 3.0,
    request_timeout_s: float | None = None,
    restart_after_s: float | None = None,
    coordinator: Mapping[str, str] = NOTHING,
    worker: Mapping[str, str] = NOTHING,
) -> SystemUnderTest:
    """`coordinator` and `worker` are further settings, as environment variables (`{"BATCH_SIZE": "8"}`).

    Several `coordinators`, coordinator1 and so on, share the workers and know nothing of each other; clients then ask
    the next one when one does not answer.
    `request_timeout_s` is what clients give each request; None leaves them the system's own five worker timeouts.
    `restart_after_s` is for workers that crash on purpose, by a setting of theirs; None: they are not expected to.
    Raises InvalidSystem with everything that is wrong.
    """
    times = {"worker_timeout_s": worker_timeout_s}
    if request_timeout_s is not None:
        times["request_timeout_s"] = request_timeout_s
    if problems := tuple(_problems(workers, coordinators, times, coordinator, worker)):
        raise InvalidSystem("\n".join(["the bundled system cannot be set up:", *(f"  - {each}" for each in problems)]))
    names = [f"worker{number}" for number in range(1, workers + 1)]
    doors = [COORDINATOR] if coordinators == 1 else [f"{COORDINATOR}{at}" for at in range(1, coordinators + 1)]
    client = InferClient(timeout_s=request_timeout_s)
    return SystemUnderTest(
        name="brownout",
        nodes=(
            *(
                Node(
                    door,
                    ("{python}", "-m", "system.coordinator"),
                    {
                        **PORT,
                        "WORKERS": ",".join(f"{name}={{{name}}}" for name in names),
                        "WORKER_TIMEOUT": f"{worker_timeout_s:g}",
                        **_literally({**DEFAULTS, **coordinator}),
                    },
                    readiness=HttpProbe("/readyz"),
                    image=bundled_image(COORDINATOR),
                )
                for door in doors
            ),
            *(
                Node(
                    name,
                    ("{python}", "-m", "system.worker"),
                    {**PORT, "WORKER_ID": name, "MISHAPS_FILE": "{mishaps}", **_literally(worker)},
                    defaults=UNTROUBLED,
                    readiness=GrpcHealthProbe(),
                    inflicts=INFLICTED,
                    work=GrpcEmptyCallProbe("/inference.InferenceService/Infer"),
                    capacity=1.0,
                    supervision=None if restart_after_s is None else Supervision(CRASH_EXIT_CODE, restart_after_s),
                    image=bundled_image("worker"),
                )
                for name in names
            ),
        ),
        edges=(
            *(Edge(CLIENT, door) for door in doors),
            *(Edge(door, name) for door in doors for name in names),
        ),
        client=client if coordinators == 1 else RoamingInferClient(client),
        settings=times,
        observe=StatusPage(COORDINATOR, "/status")
        if coordinators == 1
        else tuple(StatusPage(door, "/status") for door in doors),
    )


def _problems(
    workers: int,
    coordinators: int,
    times: Mapping[str, float],
    coordinator: Mapping[str, str],
    worker: Mapping[str, str],
) -> Iterator[str]:
    for name, number in (("workers", workers), ("coordinators", coordinators)):
        if number < 1:
            yield f"{name} {number} is less than 1"
    for name, seconds in times.items():
        if not (math.isfinite(seconds) and seconds > 0):
            yield f"{name} {seconds} is not a positive number of seconds"
    for whose, given, ours in (
        (COORDINATOR, coordinator, {*PORT, "WORKERS", "WORKER_TIMEOUT"}),
        ("worker", worker, {*PORT, "WORKER_ID", "MISHAPS_FILE"}),
    ):
        yield from (f"{whose} setting {name} is set by the harness itself" for name in sorted(ours & given.keys()))


def _literally(settings: Mapping[str, str]) -> dict[str, str]:
    """As templates that stand for themselves."""
    return {name: value.replace("{", "{{").replace("}", "}}") for name, value in settings.items()}
