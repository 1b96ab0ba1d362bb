"""axe-core's rules on whatever page is open, light and dark."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser

from tests.browser.chromium import Visit

SETTLED_S: Final = 10.0
SCHEMES: Final = ("light", "dark")


@contextmanager
def visiting(browser: Browser, scheme: str) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": 1400, "height": 1000}, color_scheme="dark" if scheme == "dark" else "light"
    )
    try:
        yield Visit(context.new_page())
    finally:
        context.close()


def violations(visit: Visit) -> list[str]:
    """Each as rule, part of the page, and what is wrong; those of the frame that Streamlit draws too."""
    visit.page.evaluate(AXE_SCRIPT)
    told: dict[str, Any] = visit.page.evaluate('axe.run({resultTypes: ["violations"]})')
    return [
        f"{each['id']} at {' '.join(map(str, node['target']))}: {node['failureSummary']} {node['html'][:200]}"
        for each in told["violations"]
        for node in each["nodes"]
    ]


def has_none(visit: Visit, what: str) -> None:
    """A page that is being drawn anew is looked at again."""
    deadline = time.monotonic() + SETTLED_S
    while found := violations(visit):
        if time.monotonic() > deadline:
            pytest.fail("\n".join([f"{what}:", *found]), pytrace=False)
        visit.page.wait_for_timeout(500)
