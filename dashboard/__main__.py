"""Starts the dashboard in this process: `python -m dashboard`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final, NoReturn

from dashboard.settings import NAMES, BadSettings, Settings
from reports.palette import GOOD, GROUND, INK, LINE, RAISED

USAGE: Final = "usage: python -m dashboard\n\nSettings, from the environment:\n" + "\n".join(
    f"  {name:<20} {what}" for name, what in NAMES.items()
)
WRONG: Final = 2


def options(settings: Settings) -> tuple[str, ...]:
    """Streamlit's: it listens where it is told to, opens no browser, tells nobody, and watches no files."""
    given = {
        "server.address": settings.host,
        "server.port": settings.port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorLinks": "false",
        "client.showErrorDetails": "type",
        "theme.light.primaryColor": GOOD.light,
        "theme.light.backgroundColor": GROUND.light,
        "theme.light.secondaryBackgroundColor": RAISED.light,
        "theme.light.textColor": INK.light,
        "theme.light.borderColor": LINE.light,
        "theme.dark.primaryColor": GOOD.light,  # what is written on it is white in both
        "theme.dark.backgroundColor": GROUND.dark,
        "theme.dark.secondaryBackgroundColor": RAISED.dark,
        "theme.dark.textColor": INK.dark,
        "theme.dark.borderColor": LINE.dark,
    }
    return tuple(f"--{name}={value}" for name, value in given.items())


def main(arguments: list[str]) -> NoReturn:
    if arguments in (["-h"], ["--help"]):
        sys.stdout.write(f"{USAGE}\n")
        sys.exit()
    if arguments:
        sys.stderr.write(f"{USAGE}\n")
        sys.exit(WRONG)
    try:
        settings = Settings.of_environment()
    except BadSettings as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(WRONG)
    app = Path(__file__).with_name("app.py")
    # In place of this process, so that signals and the exit code are Streamlit's own.
    command = (sys.executable, "-m", "streamlit", "run", str(app), *options(settings))
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
