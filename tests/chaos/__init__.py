"""Tests of the harness, one file per module of `chaos`; what they break is real."""
