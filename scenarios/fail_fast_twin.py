"""What fail_fast_worker.py does, for a simulation: it says that it is well and refuses every batch at once."""

import asyncio

from chaos.clusters.simulated.grpc_server import Caller, serve
from chaos.clusters.simulated.grpc_wire import Failed, Infer, Status, Told
from chaos.clusters.simulated.process import Process


class FailFast:
    def __init__(self, process: Process) -> None:
        self._process = process

    def health(self, call: int) -> Told:
        return Told(call, ok=True, instance="", crash_rate=0.0)

    def infer(self, caller: Caller, call: Infer) -> None:
        self._process.log("refused")
        caller.send(Failed(call.call, Status.INTERNAL, "there is no model here"))

    def abandon(self, caller: Caller, call: int | None) -> None:
        """Nothing is ever under way."""


async def main(process: Process) -> int:
    serve(FailFast(process), process)
    await asyncio.Event().wait()  # until it is ended
    return 0
