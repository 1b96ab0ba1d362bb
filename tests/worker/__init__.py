"""Tests of the worker: the real process over real gRPC, and the lane alone."""
