"""Reading settings from the environment, and saying everything that is wrong with them at once."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import NoReturn, TypeVar, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

Settings = TypeVar("Settings", bound=BaseSettings)

# What a shell gives for a command that was called wrongly.
USAGE = 2


def take_no_arguments(kind: type[BaseSettings], about: str | None, given: Sequence[str]) -> None:
    """Answer `--help` with `about` and every setting of `kind`, and end; refuse any other argument."""
    if not given:
        return
    if not {"-h", "--help"}.intersection(given):
        refuse([f"{argument!r}: settings are environment variables; --help lists them" for argument in given])
    lines = [
        f"  {name.upper()}{_default(field)}\n      {field.description}" for name, field in kind.model_fields.items()
    ]
    sys.stdout.write("\n".join([about or "", "Environment variables:", *lines]) + "\n")
    sys.exit(0)


def _default(field: FieldInfo) -> str:
    default = field.get_default()
    return "" if default is None or default == "" else f"={default}"


def load(kind: type[Settings]) -> Settings:
    """The settings of this process. Where any is wrong: one message that names them all, and exit status 2.

    A field is a variable in upper case; its description says what is allowed.
    """
    try:
        return kind()
    except ValidationError as error:
        refuse(_explain(kind, problem) for problem in error.errors())


def refuse(problems: Iterable[str]) -> NoReturn:
    """End the process before it began, with one line for each problem."""
    sys.stderr.write("\n".join(["cannot start:", *(f"  - {problem}" for problem in problems)]) + "\n")
    sys.exit(USAGE)


def _explain(kind: type[BaseSettings], problem: ErrorDetails) -> str:
    name = str(problem["loc"][0])
    field = kind.model_fields[name]
    given = "(hidden)" if _secret(field.annotation) else repr(problem["input"])
    found = problem["msg"].removeprefix("Value error, ")
    return f"{name.upper()}={given}: {found}; allowed: {field.description}"


def _secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_secret(part) for part in get_args(annotation))
