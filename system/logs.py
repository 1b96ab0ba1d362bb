"""Structured logs of the system's processes: one JSON object a line on stdout."""

import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from system.log_stream import LogStream


def configure(level: str, *, component: str, **bound: str) -> FilteringBoundLogger:
    """Route structlog and the standard library's logging to stdout as JSON, and return the process's logger.

    Every line carries `timestamp` (ISO 8601, UTC), `level`, `event`, `component` and the `bound` fields, lines of
    libraries too, so that the logs of several processes can be merged and told apart; a field that a line states itself
    wins. A line before which some could not be written says how many in `lines_lost`. Called once, by a process's main.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    # Without the local variables of each frame, which hold the inputs of clients.
    traceback = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    # A process started without standard output has none: its number may be a connection's by now.
    stream = LogStream(os.open(os.devnull, os.O_WRONLY) if sys.stdout is None else sys.stdout.fileno())
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _bind({"component": component, **bound}),
        _tell_losses(stream),
        traceback,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_serialise_to_bytes)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_names: stream,
        cache_logger_on_first_use=True,
    )
    libraries = logging.StreamHandler(stream)
    libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-1], structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                traceback,
                structlog.processors.JSONRenderer(serializer=_serialise_to_text),
            ],
        )
    )
    # Libraries chatter at info and below; what they say from warning up is worth a line at any level of ours.
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[libraries], force=True)
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def _bind(fields: Mapping[str, str]) -> Processor:
    def processor(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {**fields, **event}

    return processor


def _tell_losses(stream: LogStream) -> Processor:
    def processor(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {**event, "lines_lost": stream.lost} if stream.lost else event

    return processor


def _serialise_to_bytes(event: EventDict, **_options: Any) -> bytes:  # noqa: ANN401 - json.dumps's options, unused here
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS)


def _serialise_to_text(event: EventDict, **options: Any) -> str:  # noqa: ANN401 - json.dumps's options, unused here
    return _serialise_to_bytes(event, **options).decode()
