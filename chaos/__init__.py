"""The harness: it starts a real cluster, drives load, breaks things on a schedule, and judges the record.

    cluster up ──▶ load + nemesis + observer ──▶ history on disk ──▶ heal ──▶ invariants ──▶ verdicts

What a scenario says, all of it pure values:

system_under_test  nodes, edges and client of what is tested; `bundled` is the value for this project's own system,
                   `bundled_image` what its containers are made from, an `image` of either kind
recipe             how a system was made, for whoever wants to make it again from a file
workload           what is sent when; `inputs` are the texts
schedule           which fault hits which target from when to when; `composition` makes schedules of schedules, and
                   `targets` are those that are left to chance, `target_names` how they are called; `fit` knows whether
                   a system can be broken like that
faults/            everything that can be broken, with its inverse and its evidence
invariants/        everything a run can be judged against

standard           what the bundled system promises whatever is broken
case               one run that can be repeated, as a value and as JSON

What carries it out:

experiment         start here: one scenario from cluster to verdicts; `laboratory` is what a session's experiments share
execution          one run on one running cluster: load, faults and observer side by side
clusters/          where a system runs: nodes and edges with handles to break them by; `substrate` names the choices
load               sends each request when it is due
clients/           who sends it, and what becomes of an answer
nemesis            carries out a schedule and collects evidence
hands              the same by hand, one fault at a time; `catalogue` is what there is to choose from
machine            notes how much the machine itself is in the way
observer           asks the system what it says of itself: a `page`, usually an `http_page`
probes             ask one node whether it serves
recorder           writes the history while it happens, into a `history_file`
provenance         versions, commit and machine of a run
exploring/         runs that nobody wrote down: drawn, confirmed, made small, kept
run, judgement     a finished run in the hands of a scenario, and what was found about it
rejudge            a finished run judged again, from its directory alone
progress           what a person sees while it goes on
plugin             how pytest drives it: options and fixtures; `session/` is what it does once a scenario runs
reference          the catalogue of faults, workloads and invariants as a page

What it stands on:

toxiproxy/         the proxy on every edge: found, started, controlled
processes/         operating-system processes tied to the life of their parent, and the ports they listen on
problems           what goes wrong in the harness, never in the system
"""
