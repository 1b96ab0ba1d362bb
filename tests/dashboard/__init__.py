"""Tests of the dashboard; those that need a browser are in `tests/browser`."""
