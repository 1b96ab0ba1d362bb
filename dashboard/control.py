"""What `brownout up --chaos` lets this page do to the system: asked for over HTTP, on this machine alone."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import requests

from reports.windows import FaultWindow

PATIENCE_S: Final = (1.0, 2.0)  # to connect, to be answered
HEALING_S: Final = (1.0, 90.0)  # a node that is started again takes its time


class ControlProblem(Exception):
    """It was not done; the message says why, in the words of whoever should have done it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: str
    default: Any
    about: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Breakable:
    """One kind of fault, what it can be aimed at, and what it must be told."""

    kind: str
    inverse: str
    about: str
    several: bool
    targets: tuple[str, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """What was broken so far. Windows are in seconds since `began_at`, which is seconds since the epoch."""

    began_at: float
    windows: tuple[FaultWindow, ...]
    in_force: tuple[str, ...]
    problems: tuple[str, ...]


class Control:
    """Every call raises ControlProblem."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._http.trust_env = False  # a proxy for the outside world is none for a process next door
        self._http.headers["Authorization"] = f"Bearer {token}"
        self._catalogue: tuple[Breakable, ...] = ()

    def state(self) -> Broken:
        told = self._ask("GET", "/state")
        return Broken(
            began_at=float(told["began_at"]),
            windows=tuple(_window(each) for each in told["windows"]),
            in_force=tuple(told["in_force"]),
            problems=tuple(told["problems"]),
        )

    def catalogue(self) -> tuple[Breakable, ...]:
        """Asked for once: it does not change while the system runs."""
        if not self._catalogue:
            self._catalogue = tuple(_breakable(each) for each in self._ask("GET", "/catalogue"))
        return self._catalogue

    def inject(self, kind: str, targets: Sequence[str], parameters: Mapping[str, Any], seconds: float | None) -> str:
        """The id of the fault."""
        asked = {"kind": kind, "target": " + ".join(targets), "parameters": parameters, "seconds": seconds}
        return str(self._ask("POST", "/inject", asked)["id"])

    def heal(self, fault_id: str) -> None:
        self._ask("POST", "/heal", {"id": fault_id})

    def heal_all(self) -> None:
        self._ask("POST", "/heal", {}, HEALING_S)

    def session(self) -> bytes:
        """A file for `brownout replay`."""
        return orjson.dumps(self._ask("GET", "/session"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def _ask(self, method: str, path: str, asked: object = None, patience_s: tuple[float, float] = PATIENCE_S) -> Any:  # noqa: ANN401 - JSON
        body = None if asked is None else orjson.dumps(asked)
        try:
            answer = self._http.request(method, f"{self._url}{path}", data=body, timeout=patience_s)
            told = orjson.loads(answer.content)
        except requests.RequestException as problem:
            raise ControlProblem(f"brownout up --chaos does not answer: {type(problem).__name__}") from problem
        except ValueError as problem:
            raise ControlProblem(f"what answers there is no brownout up --chaos: {problem}") from problem
        if not answer.ok:
            raise ControlProblem(str(told.get("problem", answer.status_code)))
        return told


def since_epoch(broken: Broken) -> tuple[FaultWindow, ...]:
    """The windows on the clock that live pages have."""
    return tuple(each.shifted(broken.began_at) for each in broken.windows)


def lasted_s(window: FaultWindow, broken: Broken) -> float:
    """How long it has been in force, or was."""
    until = time.time() - broken.began_at if window.healed_s is None else window.healed_s
    return max(0.0, until - window.injected_s)


def _window(told: Mapping[str, Any]) -> FaultWindow:
    return FaultWindow(
        id=str(told["id"]),
        kind=str(told["kind"]),
        target=str(told["target"]),
        injected_s=float(told["injected_s"]),
        healed_s=None if told["healed_s"] is None else float(told["healed_s"]),
        bit=told["bit"],
        evidence=str(told["evidence"]),
        takes_out=tuple(told["takes_out"]),
        ops=(),
    )


def _breakable(told: Mapping[str, Any]) -> Breakable:
    parameters = tuple(
        Parameter(each["name"], each["type"], each["default"], each["about"], tuple(each["choices"]))
        for each in told["parameters"]
    )
    return Breakable(
        told["kind"], told["inverse"], told["about"], bool(told["several"]), tuple(told["targets"]), parameters
    )
