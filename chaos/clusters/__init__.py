"""Running clusters: a system under test brought to life somewhere, with handles to break it by.

cluster.py   the protocols that faults, nemesis and experiment act on, the same for every substrate; start here
local.py     a process per node and a proxy per edge, on this machine: local_node.py, local_edge.py
simulated/   the bundled system in virtual time, in this very process (its own map inside)

starvation.py  a process that gets a share of a processor
orders.py      what a node is told to inflict on itself, and confession.py: what it says that it does
"""
