"""What a system says of itself, to whoever asks it directly."""

from typing import Protocol


class Page(Protocol):
    """The status page of a running system."""

    async def read(self) -> tuple[int, bytes]:
        """HTTP status and body. Raises OSError or aiohttp.ClientError; waits for as long as it is let."""
