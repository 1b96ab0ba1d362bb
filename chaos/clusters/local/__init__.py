"""A process per node and a proxy per edge, on this machine.

cluster.py  what starts and ends them; start here
node.py     one process, with what breaks it
edge.py     one proxy
"""
