"""What pytest lets only the root say; options and fixtures of the harness come from its installed plugin."""

import asyncio
import os

import hypothesis

pytest_plugins = ["pytester"]


def pytest_configure() -> None:
    # On 3.11, asking for the current event loop outside of one makes one that nobody closes, and a warning about it
    # fails whichever test runs when it is collected. Saying that there is none makes asking an error instead.
    asyncio.set_event_loop(None)
    # Examples take as long as a shared, noisy machine lets them; what is slow belongs to the benchmarks.
    hypothesis.settings.register_profile("brownout", deadline=None)
    hypothesis.settings.load_profile("brownout")
    hypothesis.settings.register_profile("endurance", deadline=None, max_examples=5000)
    # As here, so in the sessions that tests start: what schemathesis has for pytest is imported by each, and not used.
    os.environ["PYTEST_ADDOPTS"] = f"{os.environ.get('PYTEST_ADDOPTS', '')} -p no:schemathesis".lstrip()
