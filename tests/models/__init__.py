"""Tests of the models: what is accepted, what they answer."""
