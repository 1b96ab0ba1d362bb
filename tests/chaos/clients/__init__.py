"""Tests of who asks: clients, sessions, outcomes."""
