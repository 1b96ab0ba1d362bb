"""Tests of the system, the harness and the reports themselves; the promises to users live in `scenarios`."""
