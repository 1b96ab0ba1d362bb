"""The `brownout` command: thin subcommands over the harness, the system and the records.

cli.py           the command itself: start here
exit_code.py     what its exit codes mean

up.py            `brownout up`: the system on this machine, until Ctrl-C
  upkeep.py        one run of it, from arguments to exit code: what it says, which signal does what
  fleet.py         a coordinator and its workers as nested scopes: start, supervise, drain
  supervised.py    one worker, life after life
  backoff.py       how long to wait between two lives
  port.py          whether the coordinator may listen where it is asked to
  status.py        what the coordinator's /status says, and the rate between two of its answers
  screen.py        that status, drawn in place at a terminal and line by line elsewhere
  live_page.py     the dashboard beside it
  breakable.py     the same system to be broken by hand, with a proxy on each connection
  control.py       how the live page asks for that
  session.py       what was broken by hand, as a case to be replayed
  log_follower.py  the processes' logs, as they are written

compare.py       `brownout compare`: whether runs differ, in one of three words
  sides.py         what is compared: a run or a folder of runs, on each side
  turns.py         runs made for it, in counter-balanced order

load.py          `brownout load`: traffic for a running system; the client itself is system/client

run.py           `brownout run`: a scenario, a schedule or a saved case
replay.py        `brownout replay`: a run or a saved failure once more
  once.py             what both do, from arguments to exit code
  scenario_run.py     a scenario, run by pytest for a command
  run_watcher.py      what is seen of a run meanwhile
  substrate_option.py their options
  run_place.py        where a run is, by what a person calls it

judge.py         `brownout judge`: runs judged again, offline; the judging itself is chaos/rejudge.py

view.py          `brownout view`: runs as pictures, in a browser

report.py        `brownout report`: what leaves a run for elsewhere: a page, Markdown, charts

doctor.py        `brownout doctor`: what this machine has, and the mend of what it has not
  examination.py   everything that is looked at, and which substrates follow from it
  finding.py       one thing that a machine has or lacks
  software.py      Python, toxiproxy-server, Go, Docker
  surroundings.py  cores, memory, ports, the embedded model

Subcommands import what they need when they are called, so that help costs no more than an interpreter.
"""
