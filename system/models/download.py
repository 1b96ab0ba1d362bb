"""One file over HTTP into one place: resumed where it was cut, patient within bounds, verified."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, ProtocolError
from urllib3.util import Retry

from system.models.progress import Progress, Tell

# Seconds. A hub that is not there shall be known soon; one that is may be slow.
CONNECT_S: Final = 5.0
SILENCE_S: Final = 15.0  # between two reads

CHUNK_BYTES: Final = 64 * 1024  # a cut costs the one it comes in

# After pauses of 0, 0.5 and 1 s; where the server says Retry-After, that, within bounds.
PATIENCE: Final = Retry(
    total=3,
    backoff_factor=0.25,
    status_forcelist=(408, 429, 500, 502, 503, 504),
    allowed_methods=("GET",),
    retry_after_max=30,
)

PARTIAL_CONTENT: Final = 206
RANGE_NOT_SATISFIABLE: Final = 416


class DownloadError(Exception):
    """The file cannot be had from there."""


def download(url: str, partial: Path, sha256: str, tell: Tell) -> None:
    """Make `partial` the file that `url` gives and `sha256` describes; what it holds already is not fetched again.

    What cannot become that file is removed. Raise DownloadError, or OSError where the disk is the trouble.
    """
    resumed = partial.exists()
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=PATIENCE))
        _complete(session, url, partial, tell)
        found = sha256_of(partial)
        if found != sha256 and resumed:
            # The first part may be another file's. Once more, all of it from one hand.
            partial.unlink()
            _complete(session, url, partial, tell)
            found = sha256_of(partial)
    if found != sha256:
        size = partial.stat().st_size
        partial.unlink()
        raise DownloadError(f"sha256 {found} ({size} bytes), which was not kept")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _complete(session: requests.Session, url: str, partial: Path, tell: Tell) -> None:
    """Append to `partial` until it is as long as the server says.

    A library's retries end where the body begins. A cut body is asked for again from where it was cut, under the same
    rule, which counts anew whenever bytes came.
    """
    patience = PATIENCE
    with partial.open("ab") as file:
        while True:
            held = file.tell()
            response = _ask(session, url, held)
            try:
                with response:
                    _append(response, file, Progress(partial.stem, url, 0, None), tell)
            except requests.RequestException as cut:
                try:
                    patience = (PATIENCE if file.tell() > held else patience).increment("GET", url, error=cut)
                except MaxRetryError as exhausted:
                    raise DownloadError(f"{_told_shortly(cut)} after {file.tell()} bytes") from exhausted
                patience.sleep()
            else:
                return


def _ask(session: requests.Session, url: str, held: int) -> requests.Response:
    """What the server has from byte `held` on."""
    # As they are: a range of something compressed in transit could not be appended.
    headers = {"Accept-Encoding": "identity"}
    if held:
        headers["Range"] = f"bytes={held}-"
    try:
        response = session.get(url, headers=headers, stream=True, timeout=(CONNECT_S, SILENCE_S))
        if response.status_code != RANGE_NOT_SATISFIABLE:
            response.raise_for_status()
    except requests.RequestException as problem:
        raise DownloadError(_told_shortly(problem)) from problem
    return response


def _append(response: requests.Response, file: BinaryIO, progress: Progress, tell: Tell) -> None:
    if response.status_code == RANGE_NOT_SATISFIABLE:
        return  # nothing is left to fetch, or this is not the file; its sum will tell
    if response.status_code != PARTIAL_CONTENT:
        file.truncate(0)  # the server sends all of it
        file.seek(0)
    length = response.headers.get("Content-Length", "")
    total = file.tell() + int(length) if length.isdecimal() else None
    tell(Progress(progress.file, progress.url, file.tell(), total))
    for chunk in response.iter_content(CHUNK_BYTES):
        file.write(chunk)
        tell(Progress(progress.file, progress.url, file.tell(), total))


def _told_shortly(problem: requests.RequestException) -> str:
    """Without the layers around the reason, and without the address, which the caller tells."""
    cause = problem.args[0] if problem.args else problem
    if isinstance(cause, MaxRetryError) and cause.reason is not None:
        cause = cause.reason
    elif isinstance(cause, ProtocolError):
        cause = cause.args[0]
    return str(cause).partition(" for url:")[0]
