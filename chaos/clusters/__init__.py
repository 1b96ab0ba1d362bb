"""Running clusters: a system under test brought to life somewhere, with handles to break it by.

cluster.py   the protocols that faults, nemesis and experiment act on, the same for every substrate; start here
local/       a process per node and a proxy per edge, on this machine
docker/      a container per node and one for all proxies, in a network of their own
compose/     the containers of a Compose project that is up
simulated/   the bundled system in virtual time, in this very process

start.py         bringing up whatever a cluster is made of
process_node.py  what nodes have in common whose program runs somewhere, as a process or in a container
starvation.py    a process that gets a share of a processor
orders.py        what a node is told to inflict on itself, and confession.py: what it says that it does
"""
