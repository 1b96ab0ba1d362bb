"""Tests of the proxy: found, started, controlled."""
