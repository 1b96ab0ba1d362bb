"""`pytest -m endurance`: the promises again, so often or for so long that what is rare shows up. Figures, not moments.

capacity.py        what the system can answer on this machine now; loads are a share of it
redirects.py       what faults cost the requests that they hit
coordinator.py     memory, descriptors and tasks of a running coordinator, over time
conftest.py        where figures go
test_means.py      all of these, in a plain run

test_redirects.py  one worker killed, or silent, again and again
test_outage.py     no worker at all for four seconds
test_killed.py     a session killed outright at random moments: who is left, what can be read
test_soak.py       a random fault every ten seconds, for twenty minutes

The environment makes them shorter, to try the code itself: ENDURANCE_REPEATS=2 ENDURANCE_MINUTES=0.5. On a machine that
is busy with other things ENDURANCE_MAX_DELAY=0.2 has workers wait instead of compute.
"""
