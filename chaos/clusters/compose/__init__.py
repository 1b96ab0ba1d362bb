"""The containers of a Compose project that is up.

cluster.py   takes it over for a run and gives it back; start here
claim.py     by one run at a time
project.py   which containers it has, and whether they are what a scenario is about
node.py      one of them as a node
edge.py      a connection between two, without a proxy
"""
