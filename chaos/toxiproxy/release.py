"""The pinned Toxiproxy release: which binary suits this platform, and fetching it with its checksum verified."""

import platform
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import pooch

VERSION: Final = "2.12.0"
CONNECT_S: Final = 3.0  # many machines that test have no way out; they shall know soon
SILENCE_S: Final = 10.0  # between two reads
DOWNLOAD_S: Final = 180.0  # for all of it, 8.6 MB
CHUNK_BYTES: Final = 1024  # the deadline is looked at once per chunk
ARCHITECTURES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def this_platform() -> str:
    """Named as the release names it, or as it would."""
    machine = platform.machine().lower()
    return f"{sys.platform}-{ARCHITECTURES.get(machine, machine)}"


@dataclass(frozen=True, slots=True)
class Release:
    """Where binaries are published, and the sha256 of each by platform."""

    base: str
    sha256: Mapping[str, str]

    def url(self, target: str) -> str:
        """Of the server's bare binary for one platform."""
        return f"{self.base}/v{VERSION}/toxiproxy-server-{target}"


PINNED: Final = Release(
    "https://github.com/Shopify/toxiproxy/releases/download",
    # From the release's own checksums.txt. Windows is left out of it here: process faults are POSIX signals.
    MappingProxyType(
        {
            "linux-amd64": "556d891134a3c582dc1e1a3f7335fd55142e5965769855a00b944e13e48302fc",
            "linux-arm64": "53e770c1c3035b5a9f1bc629fce537db1f95f62b26f4ebe6e756afd701cf077c",
            "darwin-amd64": "9625bba4bd96117eedae49f982aba4c2f462b268dd406c9ff18186f9b1ef8afe",
            "darwin-arm64": "aa299966b52f16a8594f1cd0d1e9049dc2e8fe2c04a90c19860e2719b2b95d15",
        }
    ),
)


def fetch(release: Release, into: Path, *, say: Callable[[str], None], deadline_s: float = DOWNLOAD_S) -> None:
    """Write this platform's binary to `into`.

    LookupError when none is published, OSError when it cannot be had, ValueError when it is not what was published.
    """
    target = this_platform()
    expected = release.sha256.get(target)
    if expected is None:
        raise LookupError(f"no binary for {target}")
    say(f"fetching {release.url(target)}")
    with ExitStack() as opened:

        def keep(response: SupportsClose, **_: object) -> None:
            opened.callback(response.close)  # pooch itself leaves one open when the download ends early

        download = pooch.HTTPDownloader(
            progressbar=_Progress(say, deadline_s),
            chunk_size=CHUNK_BYTES,
            timeout=(CONNECT_S, SILENCE_S),
            hooks={"response": keep},
        )
        download(release.url(target), str(into), None)
    actual = pooch.file_hash(str(into), alg="sha256")
    if actual != expected:
        raise ValueError(f"wrong checksum: sha256 {actual}, expected {expected}")


class SupportsClose(Protocol):
    """What is asked of an HTTP response here."""

    def close(self) -> None: ...


class _Progress:
    """The shape pooch asks of a progress bar. Also where the download as a whole is held to its deadline."""

    def __init__(self, say: Callable[[str], None], deadline_s: float) -> None:
        self.total = 0  # bytes; set by pooch once the server has said it
        self._say = say
        self._deadline_s = deadline_s
        self._started = time.monotonic()
        self._done = 0
        self._told = 0  # tenths of the whole already spoken of

    def update(self, size: int) -> None:
        self._done += size
        if time.monotonic() - self._started > self._deadline_s:
            raise TimeoutError(f"too slow: {self._done} of {self.total} bytes in {self._deadline_s:g} s")
        tenths = min(10, 10 * self._done // self.total) if self.total else 0
        if tenths > self._told:
            self._told = tenths
            self._say(f"fetching toxiproxy-server {VERSION}: {10 * tenths} % of {self.total / 1e6:.1f} MB")

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Nothing is held open."""
