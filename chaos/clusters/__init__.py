"""Running clusters: a system under test brought to life somewhere, with handles to break it by.

cluster.py   the protocols that faults, nemesis and experiment act on, the same for every substrate; start here
local.py     a process per node and a proxy per edge, on this machine: local_node.py, local_edge.py
docker.py    a container per node and one for all proxies, in a network of their own: docker_node.py, docker_proxy.py,
             docker_network.py; docker_process.py is the program of one container, docker_state.py what is said of
             it, docker_published.py a probe of it, docker_engine.py what runs them all, docker_reaper.py sweeps up
             after a harness that was killed
compose.py   the containers of a Compose project that is up: compose_project.py, compose_node.py, compose_edge.py
simulated/   the bundled system in virtual time, in this very process (its own map inside)

process_node.py  what nodes have in common whose program runs somewhere, as a process or in a container
start.py       bringing up whatever a cluster is made of
starvation.py  a process that gets a share of a processor
orders.py      what a node is told to inflict on itself, and confession.py: what it says that it does
image.py       what containers are made from, built once for each content
"""
