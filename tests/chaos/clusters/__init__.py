"""Tests of running clusters, on a system that is not ours."""
