"""`brownout up --chaos`: the same system with a proxy on each of its connections, and somebody's hands on it.

    clients ─► proxy ─► coordinator ─► proxy ─► worker1 …        live page ─► control ─► faults
                                                                  (this machine alone, with a token)

It is the harness's own cluster, so whatever a scenario can break can be broken here, in the same way and with the same
evidence. However it ends, what was broken is healed and everything that was started is gone.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console

from brownout.control import Control
from brownout.exit_code import ExitCode
from brownout.live_page import LivePage
from brownout.log_follower import following
from brownout.session import Session
from chaos.bundled import COORDINATOR, PORT, bundled
from chaos.clusters.local.cluster import LocalCluster
from chaos.hands import Hands
from chaos.problems import HarnessProblem
from chaos.system_under_test import SystemUnderTest
from chaos.toxiproxy.find import find
from chaos.toxiproxy.narration import narration
from system.coordinator.settings import CoordinatorSettings
from system.worker.settings import WorkerSettings

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
RESTART_AFTER_S: Final = 1.0  # of a worker that CRASH_RATE ended; who is killed from outside stays dead until healed
EXITS_EVERY_S: Final = 0.5
SAVED: Final = "session.json"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`page` is the port of the live page, None for none; `environment` is what settings are taken from."""

    port: int
    page: int | None
    workers: int
    logs: Path
    verbose: bool
    environment: Mapping[str, str]


def system_of(wanted: Wanted) -> SystemUnderTest:
    """With the settings of the environment. Raises InvalidSystem."""
    given = {name: value for name, value in wanted.environment.items() if value}
    theirs = {*PORT, "WORKERS", "WORKER_TIMEOUT", "WORKER_ID", "MISHAPS_FILE"}  # which the harness sets itself
    coordinator, worker = (
        {name: given[name] for field in kind.model_fields if (name := field.upper()) in given and name not in theirs}
        for kind in (CoordinatorSettings, WorkerSettings)
    )
    return bundled(
        wanted.workers,
        worker_timeout_s=float(given.get("WORKER_TIMEOUT", CoordinatorSettings.model_fields["worker_timeout"].default)),
        restart_after_s=RESTART_AFTER_S,
        coordinator=coordinator,
        worker=worker,
    )


class Breaking:
    """Holds the cluster while it runs; the first signal heals and ends it, a second one ends it at once."""

    def __init__(self, wanted: Wanted, say: Callable[[str], None]) -> None:
        self._wanted = wanted
        self._say = say
        self._signals = 0

    async def run(self) -> ExitCode:
        loop = asyncio.get_running_loop()
        serving = asyncio.create_task(self._serve())
        for number in SIGNALS:
            loop.add_signal_handler(number, self._on_signal, serving)
        await asyncio.wait([serving])
        if not serving.cancelled():
            serving.result()
        self._say("killed" if self._signals > 1 else "stopped")
        return ExitCode.INTERRUPTED if self._signals > 1 else ExitCode.OK

    def _on_signal(self, serving: asyncio.Task[None]) -> None:
        """Whatever is in a scope that is cancelled while it ends is killed by it."""
        self._signals += 1
        if self._signals == 1:
            self._say("healing and stopping; once more (Ctrl-C) kills")
        serving.cancel()

    async def _serve(self) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            system = system_of(self._wanted)
        except ValueError as problem:
            raise HarnessProblem(f"WORKER_TIMEOUT: {problem}") from problem
        with narration(Console(stderr=True)) as narrate:
            toxiproxy = await asyncio.to_thread(find, say=narrate)
        async with AsyncExitStack() as scopes:
            self._say(f"starting a coordinator, {self._wanted.workers} workers and a proxy on each connection")
            self._say(f"logs in {self._wanted.logs}")
            self._clear_logs(system)
            if self._wanted.verbose:
                # Around the cluster, whose nodes write the last lines while they are being ended.
                logs = tuple(self._wanted.logs / f"{node.name}.log" for node in system.nodes)
                await scopes.enter_async_context(following(logs, self._say))
            cluster = await scopes.enter_async_context(
                LocalCluster(system, logs=self._wanted.logs, toxiproxy=toxiproxy, entry_port=self._wanted.port)
            )
            hands = await scopes.enter_async_context(Hands(cluster))
            session = Session(hands)
            scopes.callback(self._save, session)
            control = await scopes.enter_async_context(Control(session, self._say))
            self._say(f"ready after {clock() - began:.1f} s: {cluster.entry}  (pids {await _pids(cluster)})")
            self._say(f"load: brownout load {cluster.entry}     Ctrl-C heals what was broken, and stops")
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(cluster.watch())
                    tasks.create_task(session.count())
                    tasks.create_task(self._tell_exits(cluster))
                    if self._wanted.page is not None:
                        page = self._page(f"http://{cluster.direct(COORDINATOR)}", control, self._wanted.page)
                        tasks.create_task(page.keep())
            except* HarnessProblem as problems:
                raise HarnessProblem("\n".join(map(str, problems.exceptions))) from None

    def _page(self, coordinator: str, control: Control, port: int) -> LivePage:
        environment = {**self._wanted.environment, "CONTROL_URL": control.url, "CONTROL_TOKEN": control.token}
        return LivePage(self._wanted.logs, environment, coordinator, port, self._say)

    def _clear_logs(self, system: SystemUnderTest) -> None:
        try:
            self._wanted.logs.mkdir(parents=True, exist_ok=True)
            for name in (*(f"{node.name}.log" for node in system.nodes), "toxiproxy.log", SAVED):
                (self._wanted.logs / name).unlink(missing_ok=True)
        except OSError as problem:
            raise HarnessProblem(
                f"logs cannot be written to {self._wanted.logs}: {problem.strerror}; "
                "choose another directory: brownout up --logs DIR"
            ) from problem

    async def _tell_exits(self, cluster: LocalCluster) -> None:
        told = 0
        while True:
            for each in cluster.unexpected_exits()[told:]:
                told += 1
                self._say(f"{each.node} {each.state} though nobody had ended it; Heal everything starts it again")
            await asyncio.sleep(EXITS_EVERY_S)

    def _save(self, session: Session) -> None:
        """What was broken by hand is worth more than the system it was done to."""
        if not session.broke:
            return
        path = self._wanted.logs / SAVED
        with suppress(OSError):
            path.write_bytes(orjson.dumps(session.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
            self._say(f"the session again: brownout replay {os.path.relpath(path)}")


async def _pids(cluster: LocalCluster) -> str:
    lives = {name: (await node.state()).life for name, node in cluster.nodes.items()}
    return ", ".join(f"{name} {life.removeprefix('pid ')}" for name, life in lives.items())
