"""What a probe through a published port means.

The engine itself takes every connection to a port that it publishes, and cuts it when nobody listens in the container.
Whether it was refused is therefore asked of the container's own address, which a machine reaches whose own engine it
is; on any other a refusal stays a cut.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from chaos.probes import Probe, ProbeOutcome, ProbeResult, TcpProbe, attempt

LEAST_S: Final = 0.05


async def attempt_published(
    probe: Probe, published: str, inside: Callable[[], Awaitable[str]], *, timeout_s: float
) -> ProbeResult:
    """`inside` asks for the `host:port` in the cluster's network that is published as `published`."""
    result = await attempt(probe, published, timeout_s=timeout_s)
    if result.outcome is not ProbeOutcome.CUT or (place := await inside()).startswith(":"):
        return result
    listens = await attempt(TcpProbe(), place, timeout_s=max(LEAST_S, timeout_s - result.seconds))
    if listens.outcome is not ProbeOutcome.REFUSED:
        return result
    return ProbeResult(ProbeOutcome.REFUSED, result.seconds + listens.seconds)
