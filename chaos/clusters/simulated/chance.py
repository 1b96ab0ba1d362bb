"""Everything that a simulation leaves to chance, from the one seed of its run."""

from random import Random


def chance(seed: int, purpose: str) -> Random:
    """Of its own for each purpose, so that what is drawn for one moves nothing in another."""
    return Random(f"{seed} {purpose}")
