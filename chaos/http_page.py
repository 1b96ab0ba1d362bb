"""A status page that is read over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from chaos.page import Page


class HttpPage:
    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def read(self) -> tuple[int, bytes]:
        async with self._http.get(self._url) as response:
            return response.status, await response.read()


@asynccontextmanager
async def http_page(url: str) -> AsyncIterator[Page]:
    async with aiohttp.ClientSession() as http:
        yield HttpPage(http, url)
