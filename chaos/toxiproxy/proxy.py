"""A proxy: one listening address, one upstream, and the toxics between them."""

from dataclasses import dataclass

from chaos.toxiproxy.toxic import Toxic


@dataclass(frozen=True, slots=True)
class Proxy:
    """As Toxiproxy reports it. A disabled one does not listen, and has closed the connections it had."""

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: tuple[Toxic, ...]
