"""The folder of a model that is downloaded: what is in it already, what is missing, and who fetches it.

    cache/distilbert-sst2-4643665f84c6/model.onnx            whole and verified, or put there by hand
                                       model.onnx.partial    what came so far
                                       .lock                 held by the one process that downloads

A file appears whole or not at all, so a process that finds all of them needs neither the lock nor the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs
from filelock import FileLock, Timeout

from system.models.catalogue import ModelError, Origin
from system.models.download import DownloadError, download
from system.models.progress import Progress, Tell
from system.models.source import Source

# Enough of a revision to tell it from others; files of one never stand in for those of the next.
REVISION_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where one model of the catalogue is kept on this machine."""

    name: str
    origin: Origin
    sha256: Mapping[str, str]
    source: Source

    @property
    def folder(self) -> Path:
        cache = self.source.cache or platformdirs.user_cache_path("brownout") / "models"
        return cache / f"{self.name}-{self.origin.revision[:REVISION_DIGITS]}"

    def provide(self, tell: Tell) -> Path:
        """The folder with all files of the model, downloaded if need be; blocks while it is. Raise ModelError.

        What is there already is left alone, whatever it holds: somebody may have put it there.
        """
        folder = self.folder
        try:
            if self._missing():
                folder.mkdir(parents=True, exist_ok=True)
                with _alone(folder / ".lock", lambda: self._tell_of_another(tell)):
                    for file in self._missing():
                        self._fetch(file, tell)
        except OSError as problem:
            mend = "make room and let it be written to, or name another folder"
            raise ModelError(self.name, [f"MODEL_CACHE: cannot use {folder}: {problem}; {mend}"]) from problem
        return folder

    def _missing(self) -> list[str]:
        return [file for file in self.sha256 if not (self.folder / file).exists()]

    def _url(self, file: str) -> str:
        return self.origin.url(self.source.endpoint, file)

    def _tell_of_another(self, tell: Tell) -> None:
        for file in self._missing():
            tell(Progress(file, self._url(file), 0, None, elsewhere=True))

    def _fetch(self, file: str, tell: Tell) -> None:
        partial = self.folder / f"{file}.partial"
        try:
            download(self._url(file), partial, self.sha256[file], tell)
        except DownloadError as problem:
            raise self._unobtainable(file, problem) from problem
        partial.replace(self.folder / file)

    def _unobtainable(self, failed: str, problem: DownloadError) -> ModelError:
        """Everything that a person needs to get the missing files by other means, at once."""
        found = {failed: str(problem)}
        missing = [
            f"{self.folder / file}: expected sha256 {self.sha256[file]} from {self._url(file)}, "
            f"found: {found.get(file, 'not tried after that')}"
            for file in self._missing()
        ]
        mend = f"put these files into {self.folder} by hand, or name a mirror that can be reached in HF_ENDPOINT"
        return ModelError(self.name, [*missing, mend])


@contextmanager
def _alone(lock_file: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock; call `waiting` once if another process holds it."""
    lock = FileLock(lock_file)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        waiting()
        # Without a bound: whoever holds it is downloading, within bounds of its own, and frees it by ending.
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
