"""Traces of a request across processes, for whoever sets OTEL_EXPORTER_OTLP_ENDPOINT; else off and not even imported.

traceparent.py   W3C trace context as it travels: in a header, in an InferRequest, in log lines
settings.py      the standard variables that a process checks before it starts; the SDK reads the others itself
span.py          what a process needs of a tracer; start here
otel.py          the same by OpenTelemetry's SDK: the only file that imports it
switch.py        from the settings to a tracer, or none

    client ─ POST /infer ─┬─ queue
                          ├─ attempt ── Infer ── compute
                          └─ attempt ── Infer ── compute       (the right half in workers)
"""
