"""The coordinator process: HTTP and gRPC are thin edges around a core that knows neither.

core/            start here: queue, batches, dispatch, redirect, membership, ledger (its own map inside)
http.py          the REST surface: what is asked where
ask.py           one request for an inference, read from headers and body
replies.py       every reply, as the OpenAPI document has it
json_response.py an answer in JSON
refusals.py      what is told instead of an answer
http_connection.py  one client's connection, and how much it may hold up
raw_refusals.py  what is told to those who never get to the application
counting.py      answers on their way out, counted by status
descriptors.py   room for connections among the open files
access.py        who may use it: API keys asked for, in front of it
api_keys.py      which keys are known
intake.py        the bodies of its requests, until they are here or too late
grpc_worker.py   a worker at the other end of a gRPC channel
connection.py    the channel below it, which another can take over
addresses.py     where workers are, as WORKERS says it
membership.py    who is a member: connects to each, follows those behind a name
resolver.py      what is behind a name now
discretion.py    how much of an input may be read in logs and pages
settings.py      the environment, validated
listeners.py     several listeners of the core as one
logs.py          the core's events as log lines
metrics/         the same and its state, as Prometheus reads them (its own map inside)
traces.py        the same as spans
traced_app.py    a span for each request of a client
server.py        the life of the process: bind, connect, serve, drain
health.py        is it ready? asked by a container, from outside the process
"""
