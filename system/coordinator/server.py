"""The life of a coordinator process: bind, connect to the workers, serve, drain."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import socket
import time
from collections.abc import Iterator
from functools import partial

import structlog
import uvicorn
from starlette.types import ASGIApp

from system import exposure, stop_signals
from system.coordinator.access import Guarded, describe
from system.coordinator.api_keys import known_keys
from system.coordinator.core.canary import Canary
from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.idempotency import Idempotency
from system.coordinator.descriptors import make_room
from system.coordinator.discretion import shown
from system.coordinator.grpc_worker import GrpcWorker
from system.coordinator.http import create_app
from system.coordinator.http_connection import Bounds, bounded
from system.coordinator.intake import Intake
from system.coordinator.listeners import Listeners
from system.coordinator.logs import LogListener
from system.coordinator.membership import Membership
from system.coordinator.metrics.exposition import Metrics
from system.coordinator.resolver import look_up
from system.coordinator.settings import CoordinatorSettings
from system.coordinator.traced_app import TracedApp
from system.coordinator.traces import TraceListener
from system.reloading import following
from system.tls.channel import ChannelTls
from system.tls.server import ServerTls
from system.tracing.switch import connect


class _Server(uvicorn.Server):
    """uvicorn with its signal handling left out: it would end the process by the signal instead of exit status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening address, bound before anything else is started. Raises OSError when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


async def serve(settings: CoordinatorSettings, bound: socket.socket) -> None:
    """Serve on `bound` until SIGTERM or SIGINT, then finish what was admitted and return."""
    log = structlog.get_logger()
    abandoned = 0
    metrics = Metrics(settings.batch_size)
    tracer = connect(settings, "brownout-coordinator")
    traces = [] if tracer is None else [TraceListener(tracer, time.time)]
    keys, tls, worker_tls = known_keys(settings), ServerTls.of(settings), ChannelTls.of(settings)
    show = shown(settings)
    listeners = Listeners(LogListener(log), metrics.listener, *traces)
    async with contextlib.AsyncExitStack() as scopes:
        await scopes.enter_async_context(following(log, keys, tls, worker_tls))
        membership = await scopes.enter_async_context(
            Membership(settings.workers, partial(GrpcWorker, tls=worker_tls), look_up, settings.dns_interval, log)
        )
        dispatcher = await scopes.enter_async_context(
            Dispatcher(membership.fixed, settings.policy, listeners, random.Random(settings.seed), time.time, show=show)
        )
        scrape = await scopes.enter_async_context(metrics.of(dispatcher))
        await scopes.enter_async_context(membership.kept(dispatcher))
        intake = Intake(settings.max_body_bytes)
        idempotency = await scopes.enter_async_context(
            Idempotency(settings.idempotency_keys, settings.idempotency_ttl, listeners)
        )
        canary = Canary(dispatcher, settings.canary_ttl, time.time)
        app = create_app(dispatcher, idempotency, canary=canary, intake=intake, scrape=scrape)
        front: ASGIApp = app if tracer is None else TracedApp(app, tracer)
        if keys is not None:
            describe(app)
            front = Guarded(front, keys)
        room = make_room(settings.max_connections)
        if room < settings.max_connections:
            log.warning("too few files may be open for MAX_CONNECTIONS", connections=room)
        server = _Server(
            uvicorn.Config(
                front,
                loop="none",
                http=bounded(
                    Bounds(
                        room,
                        settings.max_body_bytes,
                        settings.header_timeout,
                        settings.body_timeout,
                    ),
                    metrics.edge,
                ),
                ws="none",
                lifespan="off",
                access_log=False,
                ssl_context_factory=None if tls is None else tls.context,
                # Nothing here asks who the client is, or tells it what serves it; each costs every request a little.
                proxy_headers=False,
                server_header=False,
                log_config=None,
                # By then every answer that was owed is given or abandoned; only clients that do not take theirs are
                # still there, and are cut. A second more, so that it is not the others.
                timeout_graceful_shutdown=math.ceil(settings.drain_timeout) + 1,
                timeout_keep_alive=75,
            )
        )

        def abandon() -> None:
            nonlocal abandoned
            abandoned += dispatcher.abandon()

        def drain(signal_name: str) -> None:
            log.info("draining", signal=signal_name, pending=len(dispatcher.ledger))
            if dispatcher.draining:  # asked a second time: now
                server.force_exit = True
                abandon()
            else:
                dispatcher.drain()
                server.should_exit = True
                intake.close()
                asyncio.get_running_loop().call_later(settings.drain_timeout, abandon)

        stop_signals.hear(drain)
        host, port = bound.getsockname()[:2]
        log.info("listening", host=host, port=port, workers=str(settings.workers))
        exposure.warn(
            log,
            host,
            authenticated=keys is not None or settings.tls_client_ca is not None,
            remedy="set API_KEYS, or TLS_CERT with TLS_CLIENT_CA",
        )
        await server.serve(sockets=[bound])
    if tracer is not None and not tracer.close():
        log.warning("the last spans were not taken in time")
    ledger = dispatcher.ledger
    stop_signals.ignore()
    log.info("stopped", completed=ledger.completed, failed=ledger.failed, abandoned=abandoned)
