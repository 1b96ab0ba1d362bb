"""Run one worker: `python -m system.worker`. Its settings are environment variables (see settings.py).

Exit codes: 0 drained and stopped; 2 could not start, with one message on stderr; 70 crashed on purpose (CRASH_RATE).
"""

import asyncio
import os
import sys

from system import logs
from system.models.catalogue import ModelError
from system.worker import settings
from system.worker.server import PortError, serve


def main() -> int:
    # gRPC's C core would report a port already taken on stderr in its own words, beside our one message. It reads this
    # when the server is made.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        configuration = settings.load()
        log = logs.configure(configuration.log_level, component="worker", worker=configuration.worker_id)
        asyncio.run(serve(configuration, log))
    except (settings.SettingsError, PortError, ModelError) as problem:
        print(f"worker cannot start: {problem}", file=sys.stderr)  # noqa: T201 - for a person, not for a log
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
