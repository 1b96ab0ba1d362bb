"""The coordinator's core: plain asyncio that knows neither HTTP nor gRPC.

It takes its clock from the running loop (`loop.time()`), its `random.Random` and its workers as arguments, so that a
simulation runs this very code in virtual time.

               ┌─ door ─┐   ┌─ queue ──┐  boarding   ┌─ flight ─┐
    infer ────▶│ or 503 │──▶│ oldest   │ ──────────▶ │ worker1  │ ──▶ landing ──▶ answer, ledger
               └────────┘   │ first    │   batch     │ worker2  │        │
                            └────▲─────┘             └──────────┘        │
                                 └─────────────── redirect ──────────────┘  the attempt failed, or its worker is silent

dispatcher.py   start here: admits and dispatches
clocks.py       what is done about a batch that takes too long: hedge, redirect, end
landing.py      what becomes of a batch that comes back, or does not: answers, redirects, ends
causes.py       the one table of what follows from each way to fail

worker.py       what a worker is to the core: infer a batch, check health; and how an attempt fails
request.py      one client's input on its way: attempts, state, the future that its client awaits
errors.py       how a request can end without an answer; each knows its HTTP status
flight.py       one batch on its way to one worker, and why it was sent when it was
member.py       the core's opinion of one worker: up, suspected, down, ejected, on trial
heartbeat.py    asks each worker for its health and tells the dispatcher

door.py         who is let in: the bounds of the queue, overload, quarantine
queue.py        who waits, oldest first
boarding.py     who may share the next batch
roster.py       who there is, and whose turn it is: round robin among the idle, then who will be done first
pace.py         how long batches take, and so what is unusual
fading.py       counting what happened lately
budget.py       retries and hedges as a share of the traffic
outliers.py     who is left out because real traffic goes badly there
suspicion.py    texts that may kill workers

idempotency.py  one execution for each key of a client, however often it is sent
canary.py       whether a request sent now would be answered

ledger.py       the counters that balance, what is pending, what was answered lately
policy.py       the knobs
listener.py     who is told of each refusal, batch, attempt, end, change of opinion
account.py      answers, /status and events of the log, as plain values
refusal.py      what is told instead of an answer
problem.py      what is wrong with what was sent, in one shape
"""
