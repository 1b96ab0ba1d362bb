"""The worker: one process, one core, one model session behind gRPC.

__main__.py     `python -m system.worker`: settings in, exit code out; start here
settings.py     what the environment may say
server.py       the life of the process: bind, load, warm up, serve, drain
stopping.py     the signals that end it, and the drain with its bound
port.py         a port that cannot be had
decoding.py     bytes that are no message are refused
parting.py      answers to clients that just left are no errors
service.py      the RPCs: who is let in, what is answered
batch.py        what a call asks for, checked
observer.py     who is told what becomes of calls
metrics.py      of them, what Prometheus reads
traces.py       of them, spans
telemetry.py    which of these there are, by the settings
lane.py         one batch computes at a time, off the event loop; callers who left and items too late cost nothing
health.py       does it serve? asked by a container, from outside the process
misfortune.py   the faults a worker inflicts on itself: CRASH_RATE, CRASH_ON and MAX_DELAY
mishaps.py      and those that a file tells it to while it runs
refusal.py      why a call is refused, each with its gRPC status

    Infer ─► decoding ─► service ─► lane (waits its turn) ─► thread: classifier, text by text ─► service ─► answer
                            └ HealthCheck, grpc.health.v1: answered by the event loop meanwhile
"""
