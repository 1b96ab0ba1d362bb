"""Tests of the run directories and what is computed from them."""
