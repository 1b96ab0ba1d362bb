"""Models the workers can load, the embedded one first."""
