"""Send bursts of requests: `python -m system.client`. Its settings are environment variables (see settings.py).

Exit codes: 0 nothing failed; 1 a request failed; 2 wrong settings; 3 nobody answers at COORDINATOR_URL; 130 interrupted
before the first request.
"""

import asyncio
import sys
from typing import Final

from rich.console import Console

from system import settings
from system.client.measurement import COULD_NOT_RUN, Unreachable, exit_code, measure
from system.client.settings import ClientSettings

INTERRUPTED: Final = 130


def main() -> None:
    settings.take_no_arguments(ClientSettings, __doc__, sys.argv[1:])
    order = settings.load(ClientSettings).order
    console = Console()
    try:
        summary = asyncio.run(measure(order, console))
    except Unreachable as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(COULD_NOT_RUN)
    except KeyboardInterrupt:  # while it waited for the coordinator to appear; later, there is a summary to show
        sys.exit(INTERRUPTED)
    console.print(summary)
    sys.exit(exit_code(summary))


if __name__ == "__main__":
    main()
