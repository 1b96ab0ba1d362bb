"""Everything that can be broken: one fault per file, named after its kind, with its inverse and its evidence.

fault.py       what a fault is, and how one is found by its kind; start here
aim.py         the notation of scenarios: verb, target, time
on_node.py     what faults on nodes have in common
on_edge.py     what faults on edges have in common
arguments.py   what can be wrong with parameters
inflicted.py   what faults have in common that a node inflicts on itself
toxics.py      of these, the most: toxics that come and go together
slowdown.py    edges that toxics slow down, with the evidence that the node behind is not slow
detour.py      and the evidence that an edge is broken while the node behind it is not

crash.py         crash / restart                a node is killed
terminate.py     terminate / restart            a node is told to end, and may finish what it has accepted
pause.py         pause / resume                 a node stands still
starve_cpu.py    starve_cpu / feed_cpu          a node gets a share of a processor
limit_memory.py  limit_memory / unlimit_memory  a node gets little memory
disconnect.py    disconnect / reconnect         a node loses its network, and its address
slow_model.py    slow_model / quicken_model     a node computes slowly
crash_on.py      crash_on / detoxify            a text kills a node
fail_rpc.py      fail_rpc / pass_rpc            a call of a node fails
latency.py       latency / quicken              an edge is slow
bandwidth.py     bandwidth / widen              an edge carries few bytes a second
slice.py         slice / join                   an edge carries bytes in small pieces
blackhole.py     blackhole / unplug             an edge swallows bytes
reset.py         reset / settle                 an edge resets connections
slow_close.py    slow_close / close_promptly    the end of a connection arrives late
limit_data.py    limit_data / unlimit_data      a connection is closed after so many bytes
down.py          down / up                      an edge refuses connections
flap.py          flap / steady                  an edge goes down and up
partition.py     partition / repair             a set of edges swallows bytes
"""

from chaos.faults.bandwidth import bandwidth, widen
from chaos.faults.blackhole import blackhole, unplug
from chaos.faults.crash import crash, restart
from chaos.faults.crash_on import crash_on, detoxify
from chaos.faults.disconnect import disconnect, reconnect
from chaos.faults.down import down, up
from chaos.faults.fail_rpc import fail_rpc, pass_rpc
from chaos.faults.flap import flap, steady
from chaos.faults.latency import latency, quicken
from chaos.faults.limit_data import limit_data, unlimit_data
from chaos.faults.limit_memory import limit_memory, unlimit_memory
from chaos.faults.partition import partition, repair
from chaos.faults.pause import pause, resume
from chaos.faults.reset import reset, settle
from chaos.faults.slice import join, slice  # noqa: A004 - its name everywhere
from chaos.faults.slow_close import close_promptly, slow_close
from chaos.faults.slow_model import quicken_model, slow_model
from chaos.faults.starve_cpu import feed_cpu, starve_cpu
from chaos.faults.terminate import terminate

__all__ = [
    "bandwidth",
    "blackhole",
    "close_promptly",
    "crash",
    "crash_on",
    "detoxify",
    "disconnect",
    "down",
    "fail_rpc",
    "feed_cpu",
    "flap",
    "join",
    "latency",
    "limit_data",
    "limit_memory",
    "partition",
    "pass_rpc",
    "pause",
    "quicken",
    "quicken_model",
    "reconnect",
    "repair",
    "reset",
    "restart",
    "resume",
    "settle",
    "slice",
    "slow_close",
    "slow_model",
    "starve_cpu",
    "steady",
    "terminate",
    "unlimit_data",
    "unlimit_memory",
    "unplug",
    "up",
    "widen",
]
