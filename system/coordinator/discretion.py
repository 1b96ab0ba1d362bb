"""How much of an input may be read in logs, in /status and in /recent_requests."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings

# Enough to recognise an input, little enough to keep thousands.
CHARACTERS: Final = 120

# Hexadecimal digits of a hash: 64 bits, so that among a million inputs two hardly ever share one.
DIGITS: Final = 16


class LogInputs(StrEnum):
    FULL = "full"
    TRUNCATED = "truncated"
    HASH = "hash"


class DiscretionSettings(BaseSettings):
    """Part of the coordinator's settings."""

    log_inputs: Annotated[LogInputs, BeforeValidator(str.lower)] = Field(
        default=LogInputs.TRUNCATED,
        description="full, truncated (120 characters) or hash, in logs and in what is shown",
    )
    log_hash_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="a secret of 16 characters or more, to compare hashes of several runs; else each draws its own",
    )


def shown(settings: DiscretionSettings) -> Callable[[str], str]:
    """What may be read of an input, as a function of the whole of it.

    Hashes are keyed: inputs are short sentences, and whoever reads a plain hash of one can try all that are likely. So
    they tell equal inputs from different ones, and only to those who have the key what they are.
    """
    match settings.log_inputs:
        case LogInputs.FULL:
            return str
        case LogInputs.TRUNCATED:
            return _truncated
        case LogInputs.HASH:
            given = settings.log_hash_key
            key = secrets.token_bytes(32) if given is None else given.get_secret_value().encode()
            return lambda text: hmac.digest(key, text.encode(errors="surrogatepass"), "sha256").hex()[:DIGITS]


def _truncated(text: str) -> str:
    return text[:CHARACTERS]
