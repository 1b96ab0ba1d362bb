"""Tests of the harness under pytest: options, fixtures, and what a person is shown."""
