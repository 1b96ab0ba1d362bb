"""Promises of the bundled system, one per file; run them with `pytest -m chaos`.

fail_fast_worker.py is a program that one of them runs in place of a worker; fail_fast_twin.py stands for it in a
simulation.
asking_twice.py has the clients of one of them and of exploring.
"""
