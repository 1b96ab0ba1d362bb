"""`pytest -m bench`: speed, always as a ratio to something measured in the same run on the same machine.

bare.py              the limit: the model alone, as many processes as cores, no serving
closed_loop.py       a fixed number of connections, each with one request under way
test_throughput.py   the running system beside its limit
test_simulation.py   simulated schedules a minute, and virtual time beside that of a library

answering.py            a server that costs nothing, so that what is measured is the load generator
test_load_generator.py  whether requests leave when they are due
test_collecting.py      how long `pytest --collect-only` takes for the scenarios
"""
