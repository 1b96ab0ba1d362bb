"""TLS from files, which may change while the process runs.

settings.py   the variables that name them, checked
pem.py        what such a file must hold
server.py     who a listener says it is, and whom it lets in: for REST and for gRPC
channel.py    the same for a channel to a worker

    files ── every second ──▶ system/reloading.py ──▶ Certificates ──▶ every new connection

A connection keeps what it began with; none is cut because a file changed. TLS 1.3 alone, at the REST surface without
resumption: each connection shows its certificate to whoever is trusted by then.
"""
