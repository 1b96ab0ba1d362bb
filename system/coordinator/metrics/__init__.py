"""What Prometheus is told of a coordinator; docs/observability.md lists every series.

exposition.py   start here: the registry, and what one scrape answers
told.py         counters and histograms of what the core tells its listener
edge.py         answers by their status, and connections that got none
state.py        gauges and the books, read off the dispatcher at each scrape
lag.py          how late the event loop is, which every request shares

Labels are drawn from closed sets (causes, states, classes of error) or name a present member, never a request or a
text; the series of a worker that left are dropped.
"""
