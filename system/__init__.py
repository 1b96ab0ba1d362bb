"""The system under test: an inference service that runs without the harness.

coordinator/     HTTP edge, micro-batch queue, dispatch, membership, ledger; start here
worker/          gRPC process around one model session
client/          bursty load client
models/          the embedded model and the catalogue of others
tracing/         spans across processes, if anybody asked for them
tls/             TLS from files, reloaded when they change
reloading.py     values that files hold, read again when they change
exposure.py      whether a process can be reached from elsewhere
stop_signals.py  the signals that ask a process to stop
settings.py      reading the environment, all problems reported at once
logs.py          one JSON object a line
log_stream.py    the standard output they go to, which may fail without anything else failing

Nothing here imports the harness; the only shared ground is the wire format in `proto`.
"""
