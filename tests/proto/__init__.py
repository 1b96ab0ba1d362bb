"""Tests of the wire format and its generated stubs."""
