"""Tests of each fault: what a client sees of it, and what its evidence says when it is taken away."""
