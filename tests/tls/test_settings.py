"""All that is wrong with TLS's files is said before anything starts, each under the variable that names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from system.settings import USAGE, load
from system.tls.settings import ChannelTlsSettings, ServerTlsSettings
from tests.tls.authority import Authority, Identity


class Both(ServerTlsSettings, ChannelTlsSettings):
    """As the coordinator has them."""


@dataclass(frozen=True)
class Files:
    folder: Path
    authority: Path
    good: Identity
    other: Identity

    def holding(self, content: str) -> Path:
        file = self.folder / "file"
        file.write_text(content)
        return file


@pytest.fixture
def files(tmp_path: Path) -> Files:
    authority = Authority(tmp_path, "ca")
    return Files(tmp_path, authority.file, authority.issue("good"), authority.issue("other"))


Wrong = Callable[[Files], dict[str, Path | str]]
WRONG: dict[str, tuple[Wrong, list[str]]] = {
    "no key": (lambda files: {"TLS_CERT": files.good.chain}, ["TLS_KEY=None: TLS_CERT needs its key"]),
    "no certificate": (lambda files: {"TLS_KEY": files.good.key}, ["a key needs TLS_CERT"]),
    "the key of another": (
        lambda files: {"TLS_CERT": files.good.chain, "TLS_KEY": files.other.key},
        ["is not the key of the first certificate in"],
    ),
    "swapped": (
        lambda files: {"TLS_CERT": files.good.key, "TLS_KEY": files.good.chain},
        ["TLS_CERT='", "holds no certificate in PEM", "TLS_KEY='", "holds no private key in PEM"],
    ),
    "no file": (
        lambda files: {"TLS_CERT": files.folder / "none", "TLS_KEY": files.folder},
        ["cannot be read: No such file or directory", "cannot be read: Is a directory"],
    ),
    "a damaged certificate": (
        lambda files: {
            "TLS_CERT": files.holding("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "TLS_KEY": files.good.key,
        },
        ["TLS_CERT='", "holds a certificate that cannot be read"],
    ),
    "half a bundle": (
        lambda files: {"WORKER_TLS_CA": files.holding(2 * files.authority.read_text().rpartition("-----END")[0])},
        ["WORKER_TLS_CA='", "holds no certificate in PEM"],
    ),
    "one and a half": (
        lambda files: {"WORKER_TLS_CA": files.holding((2 * files.authority.read_text()).rpartition("-----END")[0])},
        ["WORKER_TLS_CA='", "ends in the middle of a certificate"],
    ),
    "a damaged key": (
        lambda files: {
            "TLS_CERT": files.good.chain,
            "TLS_KEY": files.holding("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        },
        ["TLS_KEY='", "cannot be read as the key of"],
    ),
    "a passphrase": (
        lambda files: {
            "TLS_CERT": files.good.chain,
            "TLS_KEY": files.holding(
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"
            ),
        },
        ["holds a key with a passphrase"],
    ),
    "clients asked without TLS": (lambda files: {"TLS_CLIENT_CA": files.authority}, ["TLS_CLIENT_CA='", "TLS_CERT"]),
    "nobody to trust": (
        lambda files: {"WORKER_TLS_CERT": files.good.chain, "WORKER_TLS_KEY": files.good.key, "WORKER_TLS_NAME": "w"},
        ["WORKER_TLS_CERT='", "WORKER_TLS_NAME='w'", "of no use without WORKER_TLS_CA"],
    ),
    "workers' key of another": (
        lambda files: {
            "WORKER_TLS_CA": files.authority,
            "WORKER_TLS_CERT": files.good.chain,
            "WORKER_TLS_KEY": files.other.key,
        },
        ["WORKER_TLS_KEY='", "is not the key of"],
    ),
    "workers' certificate alone": (
        lambda files: {"WORKER_TLS_CA": files.authority, "WORKER_TLS_CERT": files.good.chain},
        ["WORKER_TLS_KEY=None: WORKER_TLS_CERT needs its key"],
    ),
    "much at once": (
        lambda files: {"TLS_CERT": "/none", "TLS_KEY": files.good.chain, "WORKER_TLS_CA": files.good.key},
        ["TLS_CERT='/none'", "TLS_KEY='", "WORKER_TLS_CA='"],
    ),
}


@pytest.mark.parametrize(("settings", "complaints"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_named_with_what_is_wrong(
    files: Files,
    settings: Wrong,
    complaints: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in settings(files).items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(SystemExit) as end:
        load(Both)
    assert end.value.code == USAGE
    said = capsys.readouterr().err
    for complaint in complaints:
        assert complaint in said


def test_a_bundle_may_have_comments_in_any_encoding(files: Files) -> None:
    bundle = files.folder / "bundle"
    bundle.write_bytes("Főtanúsítvány\n".encode("latin2") + files.authority.read_bytes())
    settings = ServerTlsSettings(tls_cert=files.good.chain, tls_key=files.good.key, tls_client_ca=bundle)
    assert settings.tls_client_ca == bundle


def test_what_fits_is_taken(files: Files) -> None:
    settings = Both(
        tls_cert=files.good.chain,
        tls_key=files.good.key,
        tls_client_ca=files.authority,
        worker_tls_ca=files.authority,
        worker_tls_cert=files.other.chain,
        worker_tls_key=files.other.key,
        worker_tls_name="worker",
    )
    assert settings.worker_tls_name == "worker"
