"""The coordinator's core: plain asyncio that knows neither HTTP nor gRPC.

It takes its clock from the running loop (`loop.time()`), its `random.Random` and its workers as arguments, so that a
simulation runs this very code in virtual time.

                     ┌─ queue ──┐   batch    ┌─ flight ─┐
    infer(text) ───▶ │ oldest   │ ─────────▶ │ worker1  │ ──▶ answer ──▶ ledger
                     │ first    │            │ worker2  │
                     └────▲─────┘            └────┬─────┘
                          └──── redirect ─────────┘  the attempt failed, or its worker fell silent

worker.py       what a worker is to the core: infer a batch, check health; and how an attempt fails
request.py      one client's input on its way: attempts, state, the future that its client awaits
errors.py       how a request can end without an answer; each knows its HTTP status
queue.py        who waits, oldest first
member.py       the core's opinion of one worker: up, suspected, down, on trial
roster.py       whose turn it is: round robin among the idle, then who will be done first
ledger.py       the counters that balance, what is pending, what was answered lately
policy.py       the knobs
listener.py     who is told: of each request that ended, of each change of opinion
dispatcher.py   start here: admits, batches, dispatches, redirects, settles
heartbeat.py    asks each worker for its health and tells the dispatcher
"""
