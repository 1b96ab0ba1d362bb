"""A container per node and one for all proxies, in a network of their own.

cluster.py    what starts and ends them; start here
node.py       one container as a node, with what breaks it
process.py    the program of one container, and state.py: what the engine says of it
proxy.py      Toxiproxy in a container
network.py    what they are joined by
published.py  a probe of a port that the engine publishes
image.py      what containers are made from, built once for each content
belongings.py what a cluster makes there, and that it goes
engine.py     what runs them all, and presence.py: whether it is still the same
reaper.py     sweeps up after a harness that was killed
"""
