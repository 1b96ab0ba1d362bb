"""Where workers are, as WORKERS says it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self

FORMS: Final = "host:port, id=host:port or dns:///name:port"
DNS: Final = "dns:///"

_HOST_AND_PORT: Final = r"(?P<host>[^:/=\s]+|\[[0-9A-Fa-f:]+\]):(?P<port>\d{1,5})"
_FIXED: Final = re.compile(rf"^(?:(?P<id>[^=\s]+)=)?{_HOST_AND_PORT}$")
_NAME: Final = re.compile(rf"^{re.escape(DNS)}{_HOST_AND_PORT}$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name with a worker at every address behind it."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{DNS}{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """`fixed` is host:port by id. What is behind `names` changes while the coordinator runs."""

    fixed: Mapping[str, str]
    names: tuple[Name, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """Entries in any mixture, separated by commas. Raises ValueError, which names everything that is wrong.

        Without an id a worker is called by its host, or by host:port where another worker has the same host.
        """
        entries = [entry for entry in (part.strip() for part in text.split(",")) if entry]
        problems = [problem for entry in entries for problem in _problems(entry)]
        found = [match for entry in entries if (match := _FIXED.match(entry))]
        hosts = Counter(match["host"] for match in found if match["id"] is None)
        fixed = [(_id(match, hosts), f"{match['host']}:{match['port']}") for match in found]
        names = [Name(match["host"], int(match["port"])) for entry in entries if (match := _NAME.match(entry))]
        problems += _repeated([*(name for name, _ in fixed), *map(str, names)])
        # One process that counts as two members would count each of its deaths twice.
        called = Counter(dict(fixed).values())
        problems += [f"{address!r} has more than one id" for address, times in sorted(called.items()) if times > 1]
        if not entries:
            problems.append("at least one worker is needed")
        if problems:
            raise ValueError("; ".join(problems))
        return cls(dict(fixed), tuple(names))

    def __str__(self) -> str:
        """Reads back as the same."""
        return ",".join([*(f"{name}={address}" for name, address in self.fixed.items()), *map(str, self.names)])


def _id(match: re.Match[str], hosts: Counter[str]) -> str:
    host = match["host"]
    return match["id"] or (host if hosts[host] == 1 else f"{host}:{match['port']}")


def _problems(entry: str) -> Iterator[str]:
    name = _NAME.match(entry)
    match = name or _FIXED.match(entry)
    if match is None or not 0 < int(match["port"]) <= 65535:
        yield f"{entry!r} is neither {FORMS.replace(' or ', ' nor ')}"
    elif name is not None:
        try:
            name["host"].encode("idna")
        except UnicodeError:
            yield f"{entry!r}: {name['host']!r} cannot be looked up as a name"


def _repeated(names: list[str]) -> list[str]:
    return [f"{name!r} is there more than once" for name, times in sorted(Counter(names).items()) if times > 1]
