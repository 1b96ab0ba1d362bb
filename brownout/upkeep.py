"""One `brownout up` from its arguments to its exit code: what it says, and which signal does what."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import platformdirs
from rich.console import Console

from brownout import port as ports
from brownout.exit_code import ExitCode
from brownout.fleet import Fleet, FleetProblem, Plan, running
from brownout.live_page import LivePage
from brownout.log_follower import following
from brownout.screen import Screen
from chaos.problems import HarnessProblem
from chaos.processes.ports import PortReservation

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
DECIDED: Final = {"PORT": "--port", "WORKERS": "--workers"}  # settings that an option of this command replaces
GUARDS: Final = ("API_KEYS", "API_KEYS_FILE", "TLS_CERT", "TLS_KEY", "TLS_CLIENT_CA", "WORKER_TLS_CA")


def keep_up(
    *, port: int, page: int | None, workers: int, logs: Path | None, verbose: bool, chaos: bool = False
) -> ExitCode:
    """Run the system until a signal comes or it cannot go on; with a live page at port `page`, None for none.

    With `chaos` it can be broken from that page.
    """
    console = Console()
    try:
        with _settled(port) as settled, _page_settled(page) as page_settled:
            logs = logs or platformdirs.user_log_path("brownout") / f"up-{settled}"
            plan = Plan.of_environment(port=settled, workers=workers, logs=logs.absolute())
            _refuse_guards(plan)
            if chaos:
                return asyncio.run(_breaking(plan, console, page=page_settled, verbose=verbose))
            return asyncio.run(Upkeep(plan, console, page=page_settled, verbose=verbose).run())
    except HarnessProblem as problem:
        _say(Console(stderr=True), str(problem))
        return ExitCode.COULD_NOT_RUN


async def _breaking(plan: Plan, console: Console, *, page: int | None, verbose: bool) -> ExitCode:
    # Proxies and faults are of no use to who only wants the system.
    from brownout.breakable import Breaking, Wanted  # noqa: PLC0415

    wanted = Wanted(plan.port, page, plan.workers, plan.logs, verbose, plan.environment)
    return await Breaking(wanted, partial(_say, console)).run()


class Upkeep:
    """Holds the fleet while it runs; the first signal ends it in order, the second at once."""

    def __init__(self, plan: Plan, console: Console, *, page: int | None = None, verbose: bool) -> None:
        self._plan = plan
        self._page = page
        self._verbose = verbose
        self._console = console
        self._say: Callable[[str], None] = partial(_say, console)
        self._signals = 0
        self._fleet: Fleet | None = None
        self._killing: asyncio.Task[None] | None = None

    async def run(self) -> ExitCode:
        loop = asyncio.get_running_loop()
        serving = asyncio.create_task(self._serve())
        for number in SIGNALS:
            loop.add_signal_handler(number, self._on_signal, serving)
        await asyncio.wait([serving])
        if self._killing is not None:
            await self._killing
            self._say("killed")
            return ExitCode.INTERRUPTED
        if not serving.cancelled():
            serving.result()
        self._say("stopped")
        return ExitCode.OK

    def _on_signal(self, serving: asyncio.Task[None]) -> None:
        self._signals += 1
        if self._signals == 1:
            self._say("draining; once more (Ctrl-C) kills")
            serving.cancel()
        elif self._fleet is not None and self._killing is None:
            self._killing = asyncio.create_task(self._fleet.kill())

    async def _serve(self) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        async with AsyncExitStack() as scopes:
            if self._verbose:
                await scopes.enter_async_context(following(self._plan.log_files, self._say))
            self._fleet = fleet = await scopes.enter_async_context(running(self._plan, self._say))
            self._say(f"starting a coordinator and {self._plan.workers} workers; logs in {self._plan.logs}")
            for name, option in DECIDED.items():
                if self._plan.environment.get(name):
                    self._say(f"{name} in the environment is not used here; {option} is")
            await fleet.start()
            fleet.supervise()
            self._say(f"ready after {clock() - began:.1f} s: {fleet.url}  (pids {_pids(fleet)})")
            self._say(f"""try: curl {fleet.url}/infer --json '{{"input": "what a lovely day"}}'""")
            self._say(f"load: brownout load {fleet.url}     Ctrl-C stops")
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(fleet.outlive_coordinator())
                    tasks.create_task(fleet.outlive_workers())
                    tasks.create_task(Screen(fleet, self._console).show())
                    if self._page is not None:
                        page = LivePage(self._plan.logs, self._plan.environment, fleet.url, self._page, self._say)
                        tasks.create_task(page.keep())
            except* FleetProblem as problems:
                raise FleetProblem("\n".join(map(str, problems.exceptions))) from None


@contextmanager
def _settled(port: int, option: str = "up --port") -> Iterator[int]:
    """The port itself if it is free, or for 0 one that is kept free for us meanwhile. Raises PortTaken."""
    if port:
        ports.check(port, option)
        yield port
    else:
        with PortReservation() as reserved:
            yield reserved.port


@contextmanager
def _page_settled(port: int | None) -> Iterator[int | None]:
    if port is None:
        yield None
    else:
        with _settled(port, "up --dashboard-port") as settled:
            yield settled


def _refuse_guards(plan: Plan) -> None:
    """Raises FleetProblem for settings that would keep this command itself from asking /readyz and /status."""
    if guards := [name for name in GUARDS if plan.environment.get(name)]:
        raise FleetProblem(
            f"brownout up runs without API keys and TLS, on this machine alone, but {', '.join(guards)} is set; "
            "unset it, or start python -m system.coordinator and python -m system.worker with it"
        )


def _say(console: Console, sentence: str) -> None:
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _pids(fleet: Fleet) -> str:
    return ", ".join(f"{process.name} {process.pid}" for process in fleet.processes)
