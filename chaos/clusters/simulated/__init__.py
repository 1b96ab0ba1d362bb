"""The bundled system in virtual time: one Python process, no socket, and a run of thirty seconds in a tenth of one.

    client ─▶ link ─▶ coordinator: http_server ─ the coordinator's own core ─ worker_link ─ channel ─▶ link ─▶ worker
              with toxics                                                                             with toxics

simulate.py      start here: a run as a function of workload, schedule, system and seed
cluster.py       nodes and edges as faults, nemesis and experiment know them: node.py, edge.py; probing.py asks them

loop.py          virtual time, and whose code it is that runs
virtual_time.py  a coroutine carried out in it
process.py       one life of a node, which can stand still, be told to end, be killed
chance.py        what is left to chance, from one seed
log.py           what a node logged

link.py          the way to a node, straight or through a proxy
connection.py    what goes through it, one way and the other
stages.py        what each toxic does to it

coordinator.py   the program around the core: its life and its log
http_server.py   its HTTP edge; http_client.py is the client's side of it, http_wire.py what travels
worker_link.py   a worker to the core; channel.py is gRPC below it, grpc_wire.py what travels
worker.py        the program of a worker: one lane, misfortunes, drain; grpc_server.py is its side of the wire
oracle.py        what its model says
settings.py      what both are told by their environment

Everything that could differ from one process to the next is drawn from the run's seed or kept in an order: the same run
leaves the same history, to the byte, on every Python and whatever the hash seed.
"""
