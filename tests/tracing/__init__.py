"""Tests of system/tracing, and of the spans of real processes."""
