"""Tests of operating-system processes and ports."""
