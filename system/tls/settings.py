"""The variables that name TLS's files. Each problem is reported under its own, with all the others of a process."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from system.tls import pem

Value = TypeVar("Value")


def _certificates(file: Path | None) -> Path | None:
    if file is not None:
        pem.check_certificates(pem.read(file))
    return file


CertificateFile = Annotated[Path | None, AfterValidator(_certificates)]


def _key_of(chain: str, file: Path | None, info: ValidationInfo) -> Path | None:
    """For the validator of a key, of the field after the one named `chain`."""
    name = chain.upper()
    if file is None:
        if info.data.get(chain) is not None:
            raise ValueError(f"{name} needs its key")
        return None
    pem.check_key(pem.read(file))
    # A chain with a problem of its own is not among the data.
    if chain in info.data:
        if info.data[chain] is None:
            raise ValueError(f"a key needs {name}")
        pem.load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), info.data[chain], file)
    return file


class ServerTlsSettings(BaseSettings):
    """Of a process that listens."""

    tls_cert: CertificateFile = Field(default=None, description="a PEM file, certificate first; turns TLS on")
    tls_key: Path | None = Field(default=None, validate_default=True, description="a PEM file with the key of TLS_CERT")
    tls_client_ca: CertificateFile = Field(
        default=None, description="a PEM file; who connects must show a certificate issued by one of its own"
    )

    @field_validator("tls_key")
    @classmethod
    def _tls_key_fits(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        return _key_of("tls_cert", file, info)

    @field_validator("tls_client_ca")
    @classmethod
    def _tls_is_on(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is not None and info.data.get("tls_cert", file) is None:
            raise ValueError("clients can only be asked for a certificate with TLS_CERT")
        return file


class ChannelTlsSettings(BaseSettings):
    """Of a process that connects to workers."""

    worker_tls_ca: CertificateFile = Field(
        default=None, description="a PEM file; workers must show a certificate issued by one of its own; turns TLS on"
    )
    worker_tls_cert: CertificateFile = Field(
        default=None, description="a PEM file, certificate first, for workers that ask for one"
    )
    worker_tls_key: Path | None = Field(
        default=None, validate_default=True, description="a PEM file with the key of WORKER_TLS_CERT"
    )
    worker_tls_name: str | None = Field(
        default=None, min_length=1, description="the name in every worker's certificate, if it is not the host's"
    )

    @field_validator("worker_tls_cert", "worker_tls_name")
    @classmethod
    def _worker_tls_is_on(cls, value: Value, info: ValidationInfo) -> Value:
        if value is not None and info.data.get("worker_tls_ca", value) is None:
            raise ValueError("of no use without WORKER_TLS_CA")
        return value

    @field_validator("worker_tls_key")
    @classmethod
    def _worker_tls_key_fits(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        return _key_of("worker_tls_cert", file, info)
