"""Everything that can be broken: one fault per file, named after its kind, with its inverse and its evidence.

fault.py       what a fault is, and how one is found by its kind; start here
aim.py         the notation of scenarios: verb, target, time
on_node.py     what faults on nodes have in common
on_edge.py     what faults on edges have in common
toxics.py      of these, the most: toxics that come and go together
detour.py      and the evidence that an edge is broken while the node behind it is not

crash.py       crash / restart      a node is killed
terminate.py   terminate / restart  a node is told to end, and may finish what it has accepted
pause.py       pause / resume       a node stands still
latency.py     latency / quicken    an edge is slow
blackhole.py   blackhole / unplug   an edge swallows bytes
reset.py       reset / settle       an edge resets connections
down.py        down / up            an edge refuses connections
"""

from chaos.faults.blackhole import blackhole, unplug
from chaos.faults.crash import crash, restart
from chaos.faults.down import down, up
from chaos.faults.latency import latency, quicken
from chaos.faults.pause import pause, resume
from chaos.faults.reset import reset, settle
from chaos.faults.terminate import terminate

__all__ = [
    "blackhole",
    "crash",
    "down",
    "latency",
    "pause",
    "quicken",
    "reset",
    "restart",
    "resume",
    "settle",
    "terminate",
    "unplug",
    "up",
]
