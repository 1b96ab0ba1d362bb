"""Toxiproxy, through which every edge of a real cluster runs.

- `find`: where toxiproxy-server is on this machine, fetching or building it when it is not; `python -m chaos.toxiproxy`
- `release`: the pinned version, its published binaries and their checksums
- `build`: the same version compiled by Go, where no release can be had
- `narration`: telling a person what takes so long
- `proxy`, `toxic`: the values the control API speaks of
- `client`: that API, every call within a deadline
- `server`: one toxiproxy-server process, from ready to stopped
- `problem`: what goes wrong here, always the harness's fault and never the system's

Start with `server`.
"""
