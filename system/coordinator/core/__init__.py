"""The coordinator's decisions in plain asyncio: clock, randomness and workers are arguments, so it can be simulated."""
