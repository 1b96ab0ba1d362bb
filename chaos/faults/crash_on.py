"""A text is poison to a node: computing it ends the process at once, without an answer to anybody."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from chaos.clusters.cluster import Cluster, SelfInflicting, Startable
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.arguments import text_problems
from chaos.faults.fault import Evidence, Impossible, Injection, about, parameters
from chaos.faults.inflicted import Infliction, inflicting
from chaos.faults.on_node import OnNode
from chaos.system_under_test import SystemUnderTest


@dataclass(frozen=True, slots=True)
class CrashOn(OnNode):
    """In all lives of the node, until it is healed.

    A text that is never sent kills nobody: what the load carries is for the workload to say, `sending(text, at=3)`.
    """

    text: str = field(metadata=about("an input that contains it kills"))

    kind: ClassVar[str] = "crash_on"
    inverse: ClassVar[str] = "detoxify"
    label: ClassVar[str] = "poisoned"
    needs: ClassVar[type] = SelfInflicting
    shown_by: ClassVar[str] = "the node itself says that this text kills it; how often it did is among the figures"

    def problems(self) -> Iterator[str]:
        yield from text_problems("text", self.text)

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:  # noqa: ARG002 - whatever they are
        """Nobody: who dies of it is soon back."""
        return ()

    def on(self, cluster: Cluster, target: str) -> Injection:
        node = inflicting(cluster, target, self.kind)
        if node.node.supervision is None:
            raise Impossible(
                f"{target} would stay dead: nobody starts it again when it kills itself; "
                "give it `supervision`, as bundled(restart_after_s=1) does"
            )
        return CrashOnInjection(self, node)


class CrashOnInjection:
    def __init__(self, fault: CrashOn, node: SelfInflicting) -> None:
        self._node = node
        self._infliction = Infliction(node, fault.kind, parameters(fault))

    async def inject(self) -> None:
        await self._infliction.begin()

    async def evidence(self, within_s: float) -> Evidence:  # noqa: ARG002 - one look is all it takes
        """Being deadly is enough: of several nodes under one poison, the system is to save all but the first few."""
        in_force, deaths = self._infliction.look()
        return Evidence(
            bit=in_force,
            evidence=f"{self._node.node.name} says that the text {'kills it' if in_force else 'does it no harm'}, "
            f"and died of it {deaths} times",
            figures={"in_force": in_force, "deaths": deaths},
        )

    async def heal(self) -> None:
        """Returns once the node is ready again, should it just have died of it."""
        await self._infliction.end()
        if isinstance(self._node, Startable):
            await self._node.start()


def crash_on(target: str, *, text: str) -> Aimed:
    """Have a node die of every input that contains this text, until `detoxify`."""
    return Aimed(CrashOn(text), target)


def detoxify(target: str) -> AimedHealing:
    """Let a node live on whatever it computes, after `crash_on`."""
    return AimedHealing(CrashOn.inverse, target)
