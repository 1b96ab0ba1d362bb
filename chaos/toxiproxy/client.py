"""The control API of Toxiproxy 2.12, asynchronous and never without a deadline.

Our own rather than toxiproxy-python: that one blocks the event loop, waits for ever on a call that hangs (and removing
a toxic under traffic may), keeps its server's address in class state, so that there can be only one, and is not
maintained. The API is a dozen calls. Its byte counters are left out: they count a connection only once it has closed,
so they are no evidence of anything on one that lives as long as the run.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import orjson

from chaos.toxiproxy.problem import ToxiproxyProblem
from chaos.toxiproxy.proxy import Proxy
from chaos.toxiproxy.toxic import Direction, Toxic

# A healthy call takes a millisecond, on a machine that stands still for a moment, seconds.
TIMEOUT_S: Final = 5.0


class ToxiproxyClient:
    """Speaks to one server. An async context manager, which owns the HTTP session."""

    def __init__(self, address: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """`address` is `host:port` of the control API."""
        self.address = address
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def version(self) -> str:
        return str((await self._json("GET", "/version", "version"))["version"])

    async def proxies(self) -> tuple[Proxy, ...]:
        """All of them, by name."""
        listed = await self._json("GET", "/proxies", "list proxies")
        return tuple(_proxy(listed[name]) for name in sorted(listed))

    async def create(self, name: str, *, listen: str, upstream: str) -> Proxy:
        """A new proxy, listening when this returns; with port 0, the returned `listen` has the real one."""
        body = {"name": name, "listen": listen, "upstream": upstream, "enabled": True}
        return _proxy(await self._json("POST", "/proxies", f"create proxy {name}", body))

    async def proxy(self, name: str) -> Proxy:
        return _proxy(await self._json("GET", f"/proxies/{name}", f"show proxy {name}"))

    async def enable(self, name: str) -> Proxy:
        """Listen again, on the same address."""
        return _proxy(await self._json("PATCH", f"/proxies/{name}", f"enable proxy {name}", {"enabled": True}))

    async def disable(self, name: str) -> Proxy:
        """Close all connections and refuse new ones."""
        return _proxy(await self._json("PATCH", f"/proxies/{name}", f"disable proxy {name}", {"enabled": False}))

    async def delete(self, name: str) -> None:
        await self._call("DELETE", f"/proxies/{name}", f"delete proxy {name}")

    async def replace(self, name: str, *, listen: str, upstream: str) -> Proxy:
        """A new proxy in the place of the old: toxics and connections are gone. Works where the old one hangs."""
        await self.delete(name)
        return await self.create(name, listen=listen, upstream=upstream)

    async def add_toxic(self, proxy: str, toxic: Toxic) -> None:
        """From now on, for open connections too."""
        body = {
            "name": toxic.name,
            "type": toxic.kind,
            "stream": toxic.direction.value,
            "toxicity": 1.0,
            "attributes": dict(toxic.attributes),
        }
        await self._call("POST", f"/proxies/{proxy}/toxics", f"add toxic {toxic.name} to proxy {proxy}", body)

    async def remove_toxic(self, proxy: str, name: str) -> None:
        """By the toxic's name; removing a `timeout` also closes the connections it held.

        While the receiving end does not read (a paused process, say) the server cannot take `latency` or `bandwidth`
        off a full connection. The call then fails here, in time, but in the server it keeps a lock: listing, enabling,
        disabling and `reset` hang too, until the receiver reads again. Two ways around: `disable` first, which closes
        the connections, and then remove; or, once it hangs, `replace`.
        """
        await self._call("DELETE", f"/proxies/{proxy}/toxics/{name}", f"remove toxic {name} from proxy {proxy}")

    async def reset(self) -> None:
        """Heal everything: every proxy enabled, every toxic gone."""
        await self._call("POST", "/reset", "reset")

    async def __aenter__(self) -> Self:
        # No connection is kept: calls are rare, and a kept one may be closed by the server just as it is used again.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True), timeout=aiohttp.ClientTimeout(total=self._timeout_s)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def _json(
        self, method: str, path: str, call: str, body: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        answer = await self._call(method, path, call, body)
        try:
            parsed: dict[str, Any] = orjson.loads(answer)
        except orjson.JSONDecodeError as problem:
            raise ToxiproxyProblem(f"toxiproxy: {call}: answered {answer[:200]!r}, which is not JSON") from problem
        return parsed

    async def _call(self, method: str, path: str, call: str, body: Mapping[str, object] | None = None) -> bytes:
        """`call` is what we are about, in words, for the message when it fails."""
        if self._session is None or self._session.closed:
            raise ToxiproxyProblem(f"toxiproxy: {call}: the client is not open")
        try:
            async with self._session.request(method, f"http://{self.address}{path}", json=body) as response:
                answer = await response.read()
        except TimeoutError as problem:
            raise ToxiproxyProblem(f"toxiproxy: {call}: no answer within {self._timeout_s:g} s") from problem
        except aiohttp.ClientError as problem:
            raise ToxiproxyProblem(f"toxiproxy: {call}: {problem}") from problem
        if response.status >= 400:
            raise ToxiproxyProblem(f"toxiproxy: {call}: {response.status}: {answer.decode(errors='replace').strip()}")
        return answer


def _proxy(reported: Mapping[str, Any]) -> Proxy:
    return Proxy(
        name=reported["name"],
        listen=reported["listen"],
        upstream=reported["upstream"],
        enabled=reported["enabled"],
        toxics=tuple(
            Toxic(toxic["type"], Direction(toxic["stream"]), toxic["attributes"], toxic["name"])
            for toxic in reported["toxics"]
        ),
    )
