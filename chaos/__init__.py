"""The harness: it starts a real cluster, drives load, breaks things on a schedule, and judges the record."""
