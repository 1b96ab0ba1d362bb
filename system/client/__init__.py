"""The load client: requests over HTTP when they are due, and a summary of what became of them.

__main__.py    `python -m system.client`: settings from the environment, for a container; start here
settings.py    what the environment may say
measurement.py one measurement from its order to its summary; shared with everybody who drives this client
pattern.py     when requests are sent: in bursts, at random at a rate, or back to back by a number of clients
sentences.py   what they ask
load.py        sends them; sends none twice, as it measures the system and does not make up for it
outcome.py     what became of one request, and the table that says so
tally.py       running totals
summary.py     the figures at the end, for people and as JSON
progress.py    the figures meanwhile, in place at a terminal and line by line elsewhere

    pattern ─► load ─► POST /infer ─► outcome ─► tally ─► progress, summary
"""
