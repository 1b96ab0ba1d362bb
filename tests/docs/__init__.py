"""The documentation is true: its programs run, its commands are run somewhere, its example holds and once did not.

pages.py        what stands in the pages: programs, commands
test_pages.py   the programs of the pages, and who runs their commands
test_shout.py   the system that is not ours
"""
