"""PEM files, and what is wrong with them: a ValueError that says it, and nothing of what a key file holds."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Final, NoReturn

_BEGINNING: Final = b"-----BEGIN CERTIFICATE-----"
_CERTIFICATE: Final = re.compile(_BEGINNING + rb".+?-----END CERTIFICATE-----", re.DOTALL)
_KEY: Final = re.compile(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")
_ENCRYPTED: Final = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED", re.MULTILINE)


def read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise ValueError(f"cannot be read: {problem.strerror}") from problem


def check_certificates(content: bytes) -> None:
    found = _CERTIFICATE.findall(content)
    if not found:
        raise ValueError("holds no certificate in PEM")
    if len(found) < content.count(_BEGINNING):
        raise ValueError("ends in the middle of a certificate")
    try:
        # Bundles have comments between certificates, in any encoding; a text of certificates alone is ASCII.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=b"\n".join(found).decode("ascii"))
    except (ssl.SSLError, UnicodeDecodeError) as problem:
        raise ValueError("holds a certificate that cannot be read") from problem


def check_key(content: bytes) -> None:
    if _ENCRYPTED.search(content):
        raise ValueError("holds a key with a passphrase, which nobody is there to give")
    if not _KEY.search(content):
        raise ValueError("holds no private key in PEM")


def load(context: ssl.SSLContext, chain: Path, key: Path) -> None:
    """Into `context`, if the two belong together."""
    try:
        context.load_cert_chain(chain, key, password=_nobody_knows)
    except ssl.SSLError as problem:
        if problem.reason in ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"):
            raise ValueError(f"is not the key of the first certificate in {chain}") from problem
        raise ValueError(f"cannot be read as the key of {chain}") from problem
    except OSError as problem:
        raise ValueError(f"cannot be read: {problem.strerror}") from problem


def _nobody_knows() -> NoReturn:
    raise ValueError("holds a key with a passphrase, which nobody is there to give")
