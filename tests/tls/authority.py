"""Certificates for tests, made when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Identity:
    chain: Path
    key: Path

    def replace(self, other: Identity) -> None:
        """As an operator does it who thinks of nothing: one file after the other, in place."""
        self.chain.write_bytes(other.chain.read_bytes())
        self.key.write_bytes(other.key.read_bytes())


class Authority:
    """Issues certificates into `folder`; `file` is its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._ca = trustme.CA()
        self.file = folder / f"{name}.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def issue(self, name: str, *hosts: str) -> Identity:
        """For `127.0.0.1` where no hosts are given."""
        certificate = self._ca.issue_cert(*(hosts or ("127.0.0.1",)))
        identity = Identity(self._folder / f"{self._name}-{name}.pem", self._folder / f"{self._name}-{name}.key")
        identity.chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        certificate.private_key_pem.write_to_path(identity.key)
        return identity
