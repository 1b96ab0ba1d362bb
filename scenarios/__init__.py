"""Promises of the bundled system, one per file; run them with `pytest -m chaos`."""
