"""Who a listener says it is, and whom it lets in."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import grpc

from system.reloading import Contents, Reloading
from system.tls import pem
from system.tls.settings import ServerTlsSettings


@dataclass(frozen=True, slots=True)
class _Shown:
    """The files at one time, for either library that serves."""

    context: ssl.SSLContext
    chain: bytes
    key: bytes = field(repr=False)
    authorities: bytes | None

    def for_grpc(self) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration([(self.key, self.chain)], self.authorities)


class ServerTls(Reloading[_Shown]):
    """With `authorities`, only clients that show a certificate issued by one of them are let in."""

    def __init__(self, chain: Path, key: Path, authorities: Path | None) -> None:
        self._chain, self._key, self._authorities = chain, key, authorities
        files = (chain, key) if authorities is None else (chain, key, authorities)
        super().__init__(files, self._loaded)

    @classmethod
    def of(cls, settings: ServerTlsSettings) -> Self | None:
        """None where TLS is off."""
        if settings.tls_cert is None or settings.tls_key is None:
            return None
        return cls(settings.tls_cert, settings.tls_key, settings.tls_client_ca)

    def context(self, *_: object) -> ssl.SSLContext:
        """For a library that asks for one, whatever it asks with, and keeps it: new connections get the newest."""
        context = self.current.context

        def pass_on(connection: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self.current.context

        context.sni_callback = pass_on
        return context

    def credentials(self) -> grpc.ServerCredentials:
        """gRPC asks for the newest before each new connection."""

        def newest() -> grpc.ServerCertificateConfiguration:
            return self.current.for_grpc()

        return grpc.dynamic_ssl_server_credentials(
            newest(), newest, require_client_authentication=self._authorities is not None
        )

    def _loaded(self, contents: Contents) -> _Shown:
        for file in contents:
            if file != self._key:
                pem.check_certificates(contents[file])
        pem.check_key(contents[self._key])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        # A resumed connection would not show its certificate again, whatever became of its issuer meanwhile.
        context.num_tickets = 0
        pem.load(context, self._chain, self._key)
        if self._authorities is not None:
            context.load_verify_locations(self._authorities)
            context.verify_mode = ssl.CERT_REQUIRED
        return _Shown(
            context,
            chain=contents[self._chain],
            key=contents[self._key],
            authorities=None if self._authorities is None else contents[self._authorities],
        )
