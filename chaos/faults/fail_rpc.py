"""A call of a node fails though nothing else does: before it was computed, or after, when the answer is thrown away."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, SelfInflicting
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.arguments import choice_problems, number_problems
from chaos.faults.fault import Evidence, Injection, about, parameters
from chaos.faults.inflicted import Infliction, inflicting
from chaos.faults.on_node import OnNode
from chaos.system_under_test import SystemUnderTest

STATUSES: Final = (  # of gRPC, in the order of their numbers; OK is no failure
    *("CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"),
    *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"),
    *("INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)


@dataclass(frozen=True, slots=True)
class FailRpc(OnNode):
    """Calls for work are counted in each life of the node, from the injection on; health checks are none."""

    nth: int = field(default=1, metadata=about("the first call that fails, counted from 1"))
    times: int = field(default=1, metadata=about("how many calls in a row fail, at least 1"))
    status: str = field(default="UNAVAILABLE", metadata=about("the name of the gRPC status that they end with"))
    computed: bool = field(default=False, metadata=about("whether they are computed first, and their answers lost"))

    kind: ClassVar[str] = "fail_rpc"
    inverse: ClassVar[str] = "pass_rpc"
    label: ClassVar[str] = "fails calls"
    needs: ClassVar[type] = SelfInflicting
    shown_by: ClassVar[str] = "the node itself says that this is in force, and that a call has failed of it since"

    def problems(self) -> Iterator[str]:
        yield from number_problems("nth", self.nth, least=1)
        yield from number_problems("times", self.times, least=1)
        yield from choice_problems("status", self.status, STATUSES)
        yield from choice_problems("computed", self.computed, (True, False))

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:  # noqa: ARG002 - whatever they are
        """Nobody: other calls are answered."""
        return ()

    def on(self, cluster: Cluster, target: str) -> Injection:
        return FailRpcInjection(self, inflicting(cluster, target, self.kind))


class FailRpcInjection:
    def __init__(self, fault: FailRpc, node: SelfInflicting) -> None:
        self._node = node
        self._infliction = Infliction(node, fault.kind, parameters(fault))

    async def inject(self) -> None:
        await self._infliction.begin()

    async def evidence(self, within_s: float) -> Evidence:  # noqa: ARG002 - the nemesis looks again and again
        """A window in which no such call came has bitten nobody."""
        in_force, failed = self._infliction.look()
        return Evidence(
            bit=in_force and failed > 0,
            evidence=f"{self._node.node.name} says that it {'fails' if in_force else 'does not fail'} calls, "
            f"and failed {failed} of them",
            figures={"in_force": in_force, "failed": failed},
        )

    async def heal(self) -> None:
        await self._infliction.end()


def fail_rpc(
    target: str, *, nth: int = 1, times: int = 1, status: str = "UNAVAILABLE", computed: bool = False
) -> Aimed:
    """Fail `times` calls of a node, beginning with the `nth` from now on, until `pass_rpc`."""
    return Aimed(FailRpc(nth, times, status, computed), target)


def pass_rpc(target: str) -> AimedHealing:
    """Let every call of a node pass again, after `fail_rpc`."""
    return AimedHealing(FailRpc.inverse, target)
