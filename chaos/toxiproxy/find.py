"""Where toxiproxy-server is on this machine, and getting it when it is not.

TOXIPROXY_SERVER -> PATH -> cache -> release binary, checksum verified -> Go build
     (named by a person:             (the last two fill the cache, under a lock,
      wrong is an error)              so that sessions starting together do the work once)
"""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs
from filelock import FileLock, Timeout

from chaos.toxiproxy.build import BUILD_S, build
from chaos.toxiproxy.narration import in_silence
from chaos.toxiproxy.problem import ToxiproxyMissing
from chaos.toxiproxy.release import DOWNLOAD_S, PINNED, VERSION, Release, fetch, this_platform

VARIABLE: Final = "TOXIPROXY_SERVER"
PROGRAM: Final = "toxiproxy-server"
SERIES: Final = VERSION.rpartition(".")[0]  # any patch of it speaks the same API
ANSWER_S: Final = 10.0  # for --version


@dataclass(frozen=True, slots=True)
class Search:
    """What looking came to: the server, or None and why each place does not serve."""

    server: Path | None
    passed_over: tuple[str, ...]


def default_cache() -> Path:
    """A folder of this user's own, shared by all projects."""
    return platformdirs.user_cache_path("brownout")


def flaw_of(server: Path) -> str | None:
    """Why this binary cannot serve, or None."""
    if not server.is_file():
        return "no such file"
    if not os.access(server, os.X_OK):
        return "not executable"
    try:
        said = subprocess.run(
            (server, "--version"), capture_output=True, text=True, errors="replace", timeout=ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"does not run: {problem}"
    version = re.search(rf"{PROGRAM} version (\S+)", said.stdout)
    if version is None:
        return f"does not tell its version: {(said.stdout + said.stderr).strip()[:200]!r}"
    if not version[1].startswith(f"{SERIES}."):
        return f"version {version[1]}, wanted {SERIES}.x"
    return None


def look(*, cache: Path | None = None, environment: Mapping[str, str] = os.environ) -> Search:
    """Only look: nothing is fetched, built or written. A wrong TOXIPROXY_SERVER ends the search, as it was meant."""
    named = environment.get(VARIABLE)
    if named:
        flaw = flaw_of(Path(named))
        return Search(Path(named), ()) if flaw is None else Search(None, (f"{VARIABLE}={named}: {flaw}",))
    passed_over = [f"{VARIABLE}: not set"]
    on_path = shutil.which(PROGRAM, path=environment.get("PATH", os.defpath))
    for place, candidate in (("PATH", on_path), ("cache", _cached(cache or default_cache()))):
        flaw = f"no {PROGRAM}" if candidate is None else flaw_of(Path(candidate))
        if candidate is not None and flaw is None:
            return Search(Path(candidate), tuple(passed_over))
        passed_over.append(f"{place}: {flaw}" if candidate is None else f"{place}: {candidate}: {flaw}")
    return Search(None, tuple(passed_over))


def find(
    *,
    cache: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    release: Release = PINNED,
    say: Callable[[str], None] = in_silence,
) -> Path:
    """A server that runs, fetched or built if need be; blocks while it is. ToxiproxyMissing when there is no way."""
    cache = cache or default_cache()
    search = look(cache=cache, environment=environment)
    if search.server is not None:
        return search.server
    if environment.get(VARIABLE):
        raise ToxiproxyMissing(_complaint(search.passed_over, cache))
    for reason in search.passed_over:
        say(reason)
    passed_over = [*search.passed_over]
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f"{PROGRAM}.lock", timeout=DOWNLOAD_S + BUILD_S):
            if flaw_of(_cached(cache)) is None:
                return _cached(cache)  # another session was faster
            return _obtain(cache, environment, release, say, passed_over)
    except Timeout:
        passed_over.append(f"cache: another session holds {cache / PROGRAM}.lock")
    except OSError as problem:
        passed_over.append(f"cache: {cache}: {problem}")
    raise ToxiproxyMissing(_complaint(passed_over, cache))


def _cached(cache: Path) -> Path:
    return cache / f"{PROGRAM}-{VERSION}"


def _obtain(
    cache: Path,
    environment: Mapping[str, str],
    release: Release,
    say: Callable[[str], None],
    passed_over: list[str],
) -> Path:
    go = shutil.which("go", path=environment.get("PATH", os.defpath))
    # Made beside its final place, so that it appears there whole and at once, or not at all.
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        made = Path(scratch, PROGRAM)
        try:
            fetch(release, made, say=say)
        except (LookupError, OSError, ValueError) as problem:
            passed_over.append(f"release: {release.url(this_platform())}: {problem}")
            say(passed_over[-1])
        else:
            return _install(made, cache)
        if go is None:
            passed_over.append("Go: no go on PATH")
        else:
            try:
                build(Path(go), made, say=say, environment=environment)
            except (OSError, ValueError, subprocess.TimeoutExpired) as problem:
                passed_over.append(f"Go: {go}: {problem}")
            else:
                return _install(made, cache)
    raise ToxiproxyMissing(_complaint(passed_over, cache))


def _install(made: Path, cache: Path) -> Path:
    made.chmod(0o755)
    flaw = flaw_of(made)
    if flaw is not None:
        raise ToxiproxyMissing(f"the {PROGRAM} just made for {this_platform()} cannot serve: {flaw}")
    made.replace(_cached(cache))
    return _cached(cache)


def _complaint(passed_over: tuple[str, ...] | list[str], cache: Path) -> str:
    target = shlex.quote(str(_cached(cache)))
    download = f"curl -fL --create-dirs -o {target} {PINNED.url(this_platform())} && chmod +x {target}"
    return "\n".join(
        (
            f"no usable {PROGRAM} {SERIES}.x. Tried:",
            *(f"  {reason}" for reason in passed_over),
            "Any one of these mends it:",
            f"  export {VARIABLE}=/path/to/{PROGRAM}",
            f"  {download}",
            "  install Go, and run this again",
        )
    )
