"""A node that is one process of this machine."""

import asyncio
from collections.abc import Callable
from typing import Final

from chaos.clusters.cluster import NodeState, Phase, UnexpectedExit
from chaos.clusters.orders import Orders
from chaos.clusters.process_node import ProcessNode
from chaos.clusters.starvation import Starvation
from chaos.probes import ProbeResult
from chaos.processes.ports import listener
from chaos.processes.process import OsProcess
from chaos.processes.process import Phase as ProcessPhase
from chaos.system_under_test import Node

PHASES: Final = {
    ProcessPhase.NEW: Phase.NEW,
    ProcessPhase.RUNNING: Phase.RUNNING,
    ProcessPhase.STOPPED: Phase.PAUSED,
    ProcessPhase.EXITED: Phase.EXITED,
}


class LocalNode(ProcessNode):
    """Can be starved too."""

    def __init__(
        self,
        node: Node,
        process: OsProcess,
        address: str,
        *,
        orders: Orders,
        on_exit: Callable[[UnexpectedExit], None],
        on_theft: Callable[[str], None],
    ) -> None:
        """`on_theft` is told of an exit that came of a stranger who listens on the node's port."""
        super().__init__(node, process, address, orders=orders, on_exit=on_exit)
        self._of_this_machine = process
        self._starvation = Starvation(process)
        self._on_theft = on_theft

    async def state(self) -> NodeState:
        state = self._of_this_machine.state
        by_signal = "" if state.ended_by is None else f"ended by {state.ended_by.name}"
        by_itself = "" if state.code is None else f"exit code {state.code}"
        return NodeState(
            phase=PHASES[state.phase],
            life=f"pid {self._of_this_machine.pid}",
            killed=state.ended_by is not None and state.ended_by.name == "SIGKILL",
            code=state.code,
            detail=by_signal or by_itself,
        )

    async def pause(self) -> None:
        self._starvation.held = True
        await super().pause()

    async def resume(self) -> None:
        self._starvation.held = False
        await super().resume()

    async def starve(self, share: float) -> None:
        await self._starvation.begin(share)

    async def feed(self) -> None:
        await self._starvation.end()

    async def processor_share(self, within_s: float) -> float:
        return await self._starvation.share(within_s)

    async def recover(self) -> None:
        await self.feed()
        await super().recover()

    async def stop(self) -> None:
        await self._starvation.end()
        await super().stop()

    async def _told(self, last: ProbeResult | None) -> str:
        return "; ".join(filter(None, (await super()._told(last), self._stranger())))

    async def _robbed(self) -> bool:
        # Tens of milliseconds, in which the load goes on.
        if (stolen := await asyncio.to_thread(self._stranger)) is None:
            return False
        self._on_theft(f"{stolen}\n{self._process.log_tail()}")
        return True

    def _stranger(self) -> str | None:
        """Who, other than this node, listens on its port."""
        group, port = self._of_this_machine.pid, int(self._address.rpartition(":")[2])
        who = None if group is None else listener(port, beside=group)
        return None if who is None else f"port {port} of {self._node.name} was taken by {who}"
