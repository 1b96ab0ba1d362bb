"""The browser, and what it must not meet on any page: an error on its console, or another host."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

REQUIRED: Final = "REQUIRE_BROWSER"
MEND: Final = "apt-get install chromium"
PATIENCE_MS: Final = 60_000
FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    # Without these it looks up its maker's hosts at every start.
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# What the frame of the pages asks for when it was opened at a page of its own address, before it asks at the root.
LOOKED_FOR: Final = re.compile(r"/\w+/_stcore/(health|host-config)$")
# Networks of containers come and go on this machine; the browser then gives up what it had begun.
NETWORK_CHANGED: Final = "ERR_NETWORK_CHANGED"
# What a page says then of the parts of itself that it was about to load, and has to be loaded anew for.
PART_MISSING: Final = "Failed to fetch dynamically imported module"


def find_chromium() -> str:
    """Where it is. Without one the test is skipped with the reason, or fails where a browser is required."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        if os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED} is set, but there is no chromium; {MEND}", pytrace=False)
        pytest.skip(f"no chromium here; {MEND}")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    executable = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """One page in the browser, with everything that it complained of and every host it asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        self._network_changed = False
        self._network_ever_changed = False
        self._part_missing = False
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: self._said(said.type, said.text, said.location.get("url", "")))
        page.on("pageerror", lambda error: self._said("error", str(error), ""))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def open(self, url: str, shows: str) -> Page:
        """Go there and wait until it shows that text; from the start, and forgetting all, if the network changed."""
        for _ in range(3):
            self.errors.clear()
            self._network_changed = False
            with suppress(Error):
                self.page.goto(url)
            deadline = time.monotonic() + PATIENCE_MS / 1000
            while time.monotonic() < deadline and not self._network_changed:
                if shows in self.text():
                    return self.page
                self.page.wait_for_timeout(100)
        raise AssertionError(f"{url} does not show {shows!r} but\n{self.text()}")

    def text(self) -> str:
        return self.page.locator("body").inner_text()

    def eventually(self, holds: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}; the page says\n{self.text()}"
            if self._part_missing:
                self._part_missing = False
                with suppress(Error):
                    self.page.reload()
            self.page.wait_for_timeout(100)

    def shows(self, text: str, timeout_s: float = 60.0) -> None:
        self.eventually(lambda: text in self.text(), repr(text), timeout_s)

    def was_clean(self, host: str) -> None:
        """Nothing was complained of, and nobody but `host` was asked."""
        assert not self.errors, self.errors
        assert self.hosts <= {host}, self.hosts

    def _said(self, kind: str, text: str, url: str) -> None:
        if NETWORK_CHANGED in text:
            self._network_changed = self._network_ever_changed = True
        elif kind == "error" and PART_MISSING in text and self._network_ever_changed:
            self._part_missing = True
        elif kind == "error" and not LOOKED_FOR.search(urlsplit(url).path):
            self.errors.append(f"{text} {url}".strip())
