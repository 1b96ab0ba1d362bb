"""Whom a channel to a worker trusts, and who it says it is."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Self

import grpc

from system.reloading import Contents, Reloading
from system.tls import pem
from system.tls.settings import ChannelTlsSettings


class ChannelTls(Reloading[grpc.ChannelCredentials]):
    """Speaks only to servers that show a certificate issued by one of `authorities`, for `name` where it is given and
    else for the host of their address. `chain` and `key` are shown to those that ask.
    """

    def __init__(self, authorities: Path, chain: Path | None, key: Path | None, name: str | None) -> None:
        self._authorities, self._chain, self._key = authorities, chain, key
        self.name = name
        super().__init__([file for file in (authorities, chain, key) if file is not None], self._loaded)

    @classmethod
    def of(cls, settings: ChannelTlsSettings) -> Self | None:
        """None where TLS is off."""
        if settings.worker_tls_ca is None:
            return None
        return cls(settings.worker_tls_ca, settings.worker_tls_cert, settings.worker_tls_key, settings.worker_tls_name)

    @property
    def credentials(self) -> grpc.ChannelCredentials:
        """Another object after each change: a channel keeps those that it was opened with."""
        return self.current

    def _loaded(self, contents: Contents) -> grpc.ChannelCredentials:
        pem.check_certificates(contents[self._authorities])
        if self._chain is None or self._key is None:
            return grpc.ssl_channel_credentials(contents[self._authorities])
        pem.check_certificates(contents[self._chain])
        pem.check_key(contents[self._key])
        pem.load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), self._chain, self._key)
        return grpc.ssl_channel_credentials(contents[self._authorities], contents[self._key], contents[self._chain])
