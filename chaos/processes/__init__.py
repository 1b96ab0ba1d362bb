"""Processes of the operating system that do not outlive whoever started them, and the ports they listen on.

process     one process, tied to the life of its parent; `launch` is the small program in between
keeper      ends what a harness that is killed outright leaves behind; `keep` is its program
ports       loopback ports that nobody else is handed
"""
