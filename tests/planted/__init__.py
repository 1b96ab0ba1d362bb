"""Planted bugs: coordinators that are broken on purpose, for the harness to find.

coordinator.py   the bugs, as patches of the coordinator's core, and a program that is a coordinator with one of them
broken.py        the bundled system with such a coordinator, on real substrates and in simulation
hunt.py          finds one in simulation, makes it small, saves it and replays it
"""
