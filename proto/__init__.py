"""The wire format between coordinator and workers, and the stubs generated from it."""
