"""Tests of the `brownout` command, each against real processes."""
