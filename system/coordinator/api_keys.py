"""The keys of the REST surface: what they look like, where they come from, and which are known."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from system.reloading import Reloading

# Too long to be guessed, of what may stand behind `Bearer` (RFC 6750).
_KEY: Final = re.compile(r"(?=.{16,256}$)[A-Za-z0-9._~+/-]+=*")


class ApiKeys:
    """Holds digests, so that a listing of this object is no list of keys."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = tuple(_digest(key.encode()) for key in keys)

    @classmethod
    def read(cls, keys: Iterable[str]) -> Self:
        """Raises ValueError that tells the bad ones by their place, never by what they are."""
        found = [key for key in map(str.strip, keys) if key and not key.startswith("#")]
        bad = [str(place) for place, key in enumerate(found, 1) if not _KEY.fullmatch(key)]
        if bad:
            raise ValueError(f"key {', '.join(bad)}: a key is 16 to 256 letters, digits or -._~+/ with = at its end")
        if not found:
            raise ValueError("holds no key")
        return cls(found)

    def __len__(self) -> int:
        return len(self._digests)

    def admit(self, key: bytes) -> bool:
        """As slow for a key that is nearly right as for any other, wherever it stands."""
        presented = _digest(key)
        known = 0
        for digest in self._digests:
            known |= hmac.compare_digest(presented, digest)
        return bool(known)


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


class ApiKeySettings(BaseSettings):
    """Part of the coordinator's settings."""

    api_keys: SecretStr | None = Field(
        default=None, description="keys of 16 to 256 characters, separated by commas; every request needs one"
    )
    api_keys_file: Path | None = Field(
        default=None, description="a file with one such key a line, read again when it changes"
    )

    @field_validator("api_keys")
    @classmethod
    def _readable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            ApiKeys.read(value.get_secret_value().split(","))
        return value

    @field_validator("api_keys_file")
    @classmethod
    def _instead(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is not None:
            if info.data.get("api_keys") is not None:
                raise ValueError("either this or API_KEYS")
            try:
                _in_file({file: file.read_bytes()})
            except OSError as problem:
                raise ValueError(f"cannot be read: {problem.strerror}") from problem
        return file


def known_keys(settings: ApiKeySettings) -> Reloading[ApiKeys] | None:
    """None where anybody is admitted."""
    if settings.api_keys_file is not None:
        return Reloading([settings.api_keys_file], _in_file)
    if settings.api_keys is not None:
        given = settings.api_keys.get_secret_value().split(",")
        return Reloading([], lambda _: ApiKeys.read(given))
    return None


def _in_file(contents: Mapping[Path, bytes]) -> ApiKeys:
    (content,) = contents.values()
    try:
        return ApiKeys.read(content.decode("ascii").splitlines())
    except UnicodeDecodeError:
        raise ValueError("holds something that is no key: not ASCII") from None
