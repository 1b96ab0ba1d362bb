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
limits             how much may be broken at once, so that promises still hold
strategies         schedules and workloads for Hypothesis
faults/            everything that can be broken, with its inverse and its evidence
invariants/        everything a run can be judged against

standard           what the bundled system promises whatever is broken
case               one run that can be repeated, as a value and as JSON

What carries it out:

experiment         start here: one scenario from cluster to verdicts; `laboratory` is what a session's experiments share
execution          one run on one running cluster: load, faults and observer side by side
clusters/          where a system runs: nodes and edges with handles to break them by; `substrate` names the choices
load               sends each request when it is due
client             the clients of the bundled system; `infer_session` turns texts into HTTP and replies into outcomes,
                   and `wire` carries it, over real connections or simulated ones; `roaming_session` asks the next
                   coordinator where one does not answer
outcomes           the one table of what is done, not done and unknown
nemesis            carries out a schedule and collects evidence
hands              the same by hand, one fault at a time; `catalogue` is what there is to choose from
machine            notes how much the machine itself is in the way
observer           asks the system what it says of itself: a `page`, usually an `http_page`
probes             ask one node whether it serves
recorder           writes the history while it happens, into a `history_file`
provenance         versions, commit and machine of a run
in_laboratory, in_simulation  run cases, with a directory each or in memory; `trial` is what one comes to
exploration        looks for a case that breaks a promise, confirms it and makes it small; `margin` is how far what
                   fails is from holding
explorer           the same as a fixture; `parts` divides it into tests, `explored` adds up what they met
sometimes          what an exploration must have met at least once
regression         a failure that was made small, in a file
run, judgement     a finished run in the hands of a scenario, and what was found about it
rejudge            a finished run judged again, from its directory alone
step_summary       the same for GitHub Actions
progress, terminal what a person sees: while it goes on, and at the end
plugin, session    how pytest drives it: options, fixtures, and what the fixtures are made of
parting            SIGTERM, and the death of the process that a session belongs to
replay             the command that runs a scenario again
reference          the catalogue of faults, workloads and invariants as a page

What it stands on:

toxiproxy/         the proxy on every edge: found, started, controlled
process, launch    one operating-system process, tied to the life of its parent
keeper, keep       ends what a harness that is killed outright leaves behind
ports              loopback ports nobody else is handed
problems           what goes wrong in the harness, never in the system
"""
