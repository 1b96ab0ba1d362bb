from __future__ import annotations

import asyncio

import pytest

from tests.observability.scraped import Scraped, system_with_a_past


@pytest.fixture(scope="package")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Scraped:
    return asyncio.run(system_with_a_past(tmp_path_factory.mktemp("logs")))
