"""Tests of the coordinator: the core in virtual time, the gRPC edge against real workers, HTTP as a process."""
