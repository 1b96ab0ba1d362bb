"""Tests of generated runs: drawn, confirmed, made small, kept."""
