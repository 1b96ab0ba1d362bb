"""The system on a Docker Swarm of one node: `stack` runs it from the file that users start, `test_swarm` drives it,
`test_own_swarm` sees to whose it is."""
