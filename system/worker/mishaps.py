"""The faults that a worker inflicts on itself because a file says so, which whoever tests it changes while it runs.

    {"slow_model": {"ms": 200}, "crash_on": {"text": "a film that kills"},
     "fail_rpc": {"nth": 3, "times": 1, "status": "UNAVAILABLE", "computed": false}}

Only MISHAPS_FILE makes a worker look. It says in its log what is in force, at the start and after each change, and what
struck; a file that it cannot read as this changes nothing and is named in the log.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import grpc
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from structlog.typing import FilteringBoundLogger

# A test that changes the file waits until the worker says that it does otherwise.
EVERY_S: Final = 0.05


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SlowModel(Strict):
    ms: int = Field(ge=1)


class CrashOn(Strict):
    text: Annotated[str, StringConstraints(min_length=1)]


class FailRpc(Strict):
    nth: int = Field(default=1, ge=1)
    times: int = Field(default=1, ge=1)
    status: str = "UNAVAILABLE"
    computed: bool = False

    @field_validator("status")
    @classmethod
    def _is_a_failure(cls, name: str) -> str:
        if name not in grpc.StatusCode.__members__ or name == grpc.StatusCode.OK.name:
            raise ValueError("not the name of a gRPC status that is a failure")
        return name

    @property
    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode[self.status]


class Mishaps(Strict):
    """What is in force; None is what is not."""

    slow_model: SlowModel | None = None
    crash_on: CrashOn | None = None
    fail_rpc: FailRpc | None = None


class InflictedError(Exception):
    """A call that ends in `status` for no other reason than that a file says so."""

    def __init__(self, status: grpc.StatusCode) -> None:
        super().__init__("failed on purpose")
        self.status = status


class MishapFile:
    """`current` is what it last held; calls for work are counted from when `fail_rpc` last changed."""

    def __init__(self, path: Path, log: FilteringBoundLogger) -> None:
        self.current = Mishaps()
        self._path = path
        self._log = log
        self._raw: bytes | None = None
        self._calls = 0
        self.read()

    def read(self) -> None:
        """Take up what the file now says, if it says something else. No file is an empty one."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            raw = b"{}"
        if raw == self._raw:
            return
        self._raw = raw
        try:
            mishaps = Mishaps.model_validate_json(raw)
        except ValidationError as error:
            self._log.error("mishaps not understood", file=str(self._path), error=str(error))
            return
        if mishaps.fail_rpc != self.current.fail_rpc:
            self._calls = 0
        self.current = mishaps
        self._say(json.loads(raw))

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Read it again and again while this scope lasts."""
        following = asyncio.create_task(self._follow(), name="follow mishaps")
        try:
            yield
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    def failure_of_this_call(self) -> FailRpc | None:
        """To be asked once for each call for work."""
        failing = self.current.fail_rpc
        if failing is None:
            return None
        self._calls += 1
        return failing if failing.nth <= self._calls < failing.nth + failing.times else None

    def struck(self, kind: str) -> None:
        self._log.warning("mishap", kind=kind)

    async def _follow(self) -> NoReturn:
        while True:
            await asyncio.sleep(EVERY_S)
            self.read()

    def _say(self, in_force: dict[str, Any]) -> None:
        self._log.warning("mishaps", in_force=in_force)
