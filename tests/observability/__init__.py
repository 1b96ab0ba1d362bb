"""Tests of what is read of a running system: its figures, its log lines, and the queries in deploy/ against them."""
