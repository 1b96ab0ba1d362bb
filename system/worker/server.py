"""The life of a worker: bind, load, warm up, serve, drain.

The port is bound first, so that a port already taken is known before the model is read. Until the warm-up inference has
succeeded, and again while draining, calls are answered: health says NOT_SERVING and Infer UNAVAILABLE. A client so
connects once and then watches, instead of being refused and backing off.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from random import Random
from typing import Final
from uuid import uuid4

import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from structlog.typing import FilteringBoundLogger

from proto import inference_pb2, inference_pb2_grpc
from system import exposure, stop_signals
from system.models import catalogue, progress
from system.models.classifier import Classifier
from system.reloading import following
from system.tls.server import ServerTls
from system.worker.decoding import Decoding
from system.worker.lane import Lane
from system.worker.misfortune import CRASH_EXIT_CODE, CRASH_ON, Misfortune, crash
from system.worker.mishaps import MishapFile
from system.worker.port import PortError
from system.worker.service import InferenceService
from system.worker.settings import WorkerSettings
from system.worker.stopping import StopSignals, done_before, drain
from system.worker.telemetry import telemetry

MEBIBYTE: Final = 1024 * 1024

OPTIONS: Final = (
    # Two workers on one port would share its connections at random; a port already taken is an error.
    ("grpc.so_reuseport", 0),
    # Some 64 texts of the longest kind that is read; a coordinator that sends more is broken.
    ("grpc.max_receive_message_length", 16 * MEBIBYTE),
    ("grpc.max_send_message_length", 16 * MEBIBYTE),
    # Coordinators ping idle connections, often, to notice a silent worker. gRPC's default takes that for abuse and
    # closes the connection.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 50),
    ("grpc.http2.max_ping_strikes", 0),
    # And the other way about: a coordinator that vanished frees its connection after 15 s.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
)

WARM_UP: Final = "the lights stay on"

# Answers already computed reach the wire in this time; watchers of health are cut after it.
FAREWELL_S: Final = 0.25


async def serve(settings: WorkerSettings, log: FilteringBoundLogger) -> None:
    """Serve until SIGTERM or SIGINT, then drain. Raise PortError or ModelError if there is nothing to serve."""
    signals = StopSignals.heard()
    statuses = health.aio.HealthServicer()
    mishaps = None if settings.mishaps_file is None else MishapFile(settings.mishaps_file, log)
    misfortune = Misfortune(
        crash_rate=settings.crash_rate,
        max_delay_s=settings.max_delay,
        rng=Random(settings.seed),
        crash_on=settings.crash_on,
        file=mishaps,
    )
    with telemetry(settings, log) as observers:
        # The id is not drawn from SEED: the next process under the same settings is another one.
        service = InferenceService(
            settings.worker_id,
            uuid4().hex,
            settings.max_concurrent_batches,
            log,
            observers,
            crash_rate=settings.crash_rate,
            misfortune=misfortune,
        )
        async with (
            _listening(settings, service, statuses, log),
            nullcontext() if mishaps is None else mishaps.followed(),
        ):
            loading = asyncio.create_task(asyncio.to_thread(_load, settings, misfortune, log))
            ended = await done_before(loading, signals.asked)
            if ended:
                service.open(loading.result())
                await _set_health(statuses, health_pb2.HealthCheckResponse.SERVING)
                log.info("serving", model=settings.model)

                await signals.asked.wait()
                await statuses.enter_graceful_shutdown()
                service.close()
                ended = await drain(service, signals.insisted, settings.drain_timeout, log)
    stop_signals.ignore()
    log.info("stopped")
    if not ended:
        # A thread still loads or computes. The interpreter would wait for it, and it may be stuck.
        os._exit(0)


def _check_address(settings: WorkerSettings) -> None:
    """Ask the system first: gRPC says no more than "failed", and prints its own lines beside our message."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As gRPC does, so that connections of a worker's former life do not count as somebody listening.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise PortError(settings, "PORT", error.strerror or str(error)) from error


@asynccontextmanager
async def _listening(
    settings: WorkerSettings, service: InferenceService, statuses: health.aio.HealthServicer, log: FilteringBoundLogger
) -> AsyncIterator[None]:
    tls = ServerTls.of(settings)
    server = grpc.aio.server(interceptors=[Decoding()], options=OPTIONS)
    inference_pb2_grpc.add_InferenceServiceServicer_to_server(service, server)
    health_pb2_grpc.add_HealthServicer_to_server(statuses, server)
    await _set_health(statuses, health_pb2.HealthCheckResponse.NOT_SERVING)
    _check_address(settings)
    # An IPv6 address needs brackets in an authority.
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        address = f"{host}:{settings.port}"
        port = server.add_insecure_port(address) if tls is None else server.add_secure_port(address, tls.credentials())
    except RuntimeError as error:
        raise PortError(settings, "PORT", str(error)) from error
    await server.start()
    log.info("listening", host=settings.host, port=port)
    exposure.warn(
        log,
        settings.host,
        authenticated=settings.tls_client_ca is not None,
        remedy="set TLS_CERT with TLS_CLIENT_CA",
    )
    try:
        async with following(log, tls):
            yield
    finally:
        await server.stop(FAREWELL_S)


def _load(settings: WorkerSettings, misfortune: Misfortune, log: FilteringBoundLogger) -> Lane:
    with progress.shown(progress.in_log(log)) as tell:
        model = catalogue.read(settings.model, source=settings.source, tell=tell)
    classifier = Classifier.load(model)
    # The first inference allocates; no request should pay for that, and a model that cannot answer must not serve.
    classifier.classify_one(WARM_UP)

    def die(reason: str) -> None:
        if reason == CRASH_ON:
            misfortune.strike(reason)
        log.error("crashing on purpose", reason=reason, exit_code=CRASH_EXIT_CODE)
        crash()

    return Lane(classifier, misfortune, die)


async def _set_health(
    statuses: health.aio.HealthServicer, status: health_pb2.HealthCheckResponse.ServingStatus
) -> None:
    for name in (health.OVERALL_HEALTH, inference_pb2.DESCRIPTOR.services_by_name["InferenceService"].full_name):
        await statuses.set(name, status)
