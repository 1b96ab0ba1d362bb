"""Ask the coordinator of this machine or container whether it is ready: `python -m system.coordinator.health`.

For a container's health check, which has the coordinator's own environment. Exit codes: 0 ready; 1 not, with the reason
on stderr. A coordinator that asks everybody for a certificate is only asked to take a connection, for this has none.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import sys
from collections.abc import Mapping
from typing import Final

ANSWER_S: Final = 4.0
PORT: Final = "8000"  # of CoordinatorSettings, whose import would cost each check many times what asking does
HERE: Final = "127.0.0.1"


def flaw(environment: Mapping[str, str]) -> str | None:
    """Why it is not ready, or None."""
    port = int(environment.get("PORT") or PORT)
    try:
        if environment.get("TLS_CLIENT_CA"):
            socket.create_connection((HERE, port), ANSWER_S).close()
            return None
        asked = _connection(port, tls=bool(environment.get("TLS_CERT")))
        asked.request("GET", "/readyz")
        answer = asked.getresponse()
        said = answer.read().decode(errors="replace")
        asked.close()
    except (OSError, http.client.HTTPException) as problem:
        return f"port {port}: {problem!r}"
    return None if answer.status == 200 else f"/readyz: {answer.status} {said}"


def _connection(port: int, *, tls: bool) -> http.client.HTTPConnection:
    if not tls:
        return http.client.HTTPConnection(HERE, port, timeout=ANSWER_S)
    # The certificate is for the name that clients use, and nobody else can listen here.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(HERE, port, timeout=ANSWER_S, context=context)


def main() -> None:
    sys.exit(flaw(os.environ))


if __name__ == "__main__":
    main()
