"""Nothing of playwright is imported here: environments that lack it pass these tests over."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.chromium import Visit

collect_ignore_glob = [] if find_spec("playwright") else ["test_*.py"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    from tests.browser.chromium import chromium

    with chromium() as running:
        yield running


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    from tests.browser.chromium import Visit

    context = browser.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
    try:
        yield Visit(context.new_page())
    finally:
        context.close()
