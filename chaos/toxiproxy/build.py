"""Compile the pinned toxiproxy-server with Go; module proxies can often be reached where release pages cannot."""

import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from chaos.toxiproxy.release import VERSION

MODULE: Final = "github.com/Shopify/toxiproxy/v2"
COMMAND: Final = (  # without the flag the binary says its version is "git"
    *("go", "install", "-ldflags", f"-X {MODULE}.Version={VERSION}"),
    f"{MODULE}/cmd/server@v{VERSION}",
)
BUILD_S: Final = 600.0  # about half a minute on two cores, downloads included
ERROR_LINES: Final = 5


def build(go: Path, into: Path, *, say: Callable[[str], None], environment: Mapping[str, str]) -> None:
    """Write the binary to `into`; OSError or ValueError when Go cannot make it."""
    say(f"building toxiproxy-server {VERSION} with Go, which takes about half a minute")
    with tempfile.TemporaryDirectory(dir=into.parent) as bin_directory:
        # A cross-compiling setting in the environment would make a binary for elsewhere, and `go install` refuse GOBIN.
        around = {name: value for name, value in environment.items() if name not in ("GOOS", "GOARCH")}
        done = subprocess.run(
            (str(go), *COMMAND[1:]),
            env=around | {"CGO_ENABLED": "0", "GOBIN": bin_directory},
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=BUILD_S,
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.strip().splitlines()[-ERROR_LINES:] or ["(said nothing)"]
            raise ValueError(f"go install: exit code {done.returncode}: " + " / ".join(said))
        Path(bin_directory, "server").replace(into)
