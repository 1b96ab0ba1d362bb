"""Run one worker: `python -m system.worker`. Its settings are environment variables (see settings.py).

Exit codes: 0 drained and stopped; 2 could not start, with one message on stderr; 70 crashed on purpose (CRASH_RATE,
CRASH_ON).
"""

import asyncio
import logging
import sys

from prometheus_client import disable_created_metrics

from system import logs, settings
from system.models.catalogue import ModelError
from system.worker.parting import GRPC_LOGGER, Parting
from system.worker.port import PortError
from system.worker.server import serve
from system.worker.settings import WorkerSettings


def main() -> None:
    settings.take_no_arguments(WorkerSettings, __doc__, sys.argv[1:])
    configuration = settings.load(WorkerSettings)
    log = logs.configure(configuration.log_level, component="worker", worker=configuration.worker_id)
    logging.getLogger(GRPC_LOGGER).addFilter(Parting())
    # When a series was created is worth no second series to anybody here.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    try:
        asyncio.run(serve(configuration, log))
    except ModelError as error:
        settings.refuse(error.problems)
    except PortError as error:
        settings.refuse([str(error)])


if __name__ == "__main__":
    main()
