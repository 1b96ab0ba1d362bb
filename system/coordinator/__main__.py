"""`python -m system.coordinator`: settings from the environment, JSON lines on standard output."""

from __future__ import annotations

import sys

import uvloop
from prometheus_client import disable_created_metrics

from system import logs
from system.coordinator.server import bind, serve
from system.coordinator.settings import CoordinatorSettings
from system.settings import load, refuse, take_no_arguments


def main() -> None:
    take_no_arguments(CoordinatorSettings, __doc__, sys.argv[1:])
    settings = load(CoordinatorSettings)
    try:
        bound = bind(settings.host, settings.port)
    except OSError as problem:
        refuse([f"HOST={settings.host} PORT={settings.port}: cannot listen there: {problem.strerror}"])
    logs.configure(settings.log_level, component="coordinator")
    # When a series was created is worth no second series to anybody here.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    uvloop.run(serve(settings, bound))


if __name__ == "__main__":
    main()
