"""What a run is judged against. One invariant per file, under the file's own name; start with `invariant`.

    invariant          the `@invariant` decorator, remaking invariants from a run directory, judging all of them
    no_loss            every request was answered
    answered_once      no answer was given twice, and the coordinator counted the same answers as its clients
    answers_correct    every answer is the golden one
    books_balance      submitted = completed + failed + pending, in every sample
    no_retry_storm     after healing every request takes one attempt again
    retries_explained  retries are few, and each has a fault to explain it
    goodput_at_least   throughput stayed in proportion to the surviving capacity
    recovers_within    after healing, service was soon what it had been
    latency_below      a quantile of the latencies, in a time of the run
    deadline_respected no answer came later than its deadline
    sheds_honestly     whoever was refused was told when to come again, and nothing was executed
    queue_bounded      no more waited than may
    poison_isolated    a text that kills was refused as such, and cost nobody else anything
    drained            a node that was told to end finished what it had accepted
    status_truthful    /status agrees with what was seen from outside
    logs_complete      one log line for each request, under the id its client got
    reconciled         clients, coordinator and workers tell the same story, request by request
    executions_explained  of several coordinators: what was done twice is counted, and has a fault to explain it
    batches_within     no batch is too large, and none waits too long for company
    work_conserving    no worker is idle while a request waits
    fair_share         while nothing is broken, each worker does its part
    faults_bit         every fault shows that it had an effect; the experiment always asks
    load_on_time       the load generator kept its own schedule; the experiment always asks
    clock_steady       nobody set the machine's clock meanwhile; the experiment always asks
    nodes_stay_up      no node ended but by a fault; the experiment always asks
    accounts           what clients, coordinator and workers say of the same requests, joined
    occupancy          which worker carried how much when
    noise              what the machine's own noise makes of a finding about timing
    grounds            what happened to each worker that may be held against it
    outages            faults that leave no time between them
    ledger             what the coordinator's books said at one moment
    wording            how messages count and list things

An invariant is a pure function of a `reports.record.Record`. What it cannot decide is INCONCLUSIVE: no pass.
"""

from chaos.invariants.answered_once import answered_once
from chaos.invariants.answers_correct import answers_correct
from chaos.invariants.batches_within import batches_within
from chaos.invariants.books_balance import books_balance
from chaos.invariants.clock_steady import clock_steady
from chaos.invariants.deadline_respected import deadline_respected
from chaos.invariants.drained import drained
from chaos.invariants.executions_explained import executions_explained
from chaos.invariants.fair_share import fair_share
from chaos.invariants.faults_bit import faults_bit
from chaos.invariants.goodput_at_least import goodput_at_least
from chaos.invariants.invariant import Invariant, invariant, judge_all, remake
from chaos.invariants.latency_below import latency_below
from chaos.invariants.load_on_time import load_on_time
from chaos.invariants.logs_complete import logs_complete
from chaos.invariants.no_loss import no_loss
from chaos.invariants.no_retry_storm import no_retry_storm
from chaos.invariants.nodes_stay_up import nodes_stay_up
from chaos.invariants.poison_isolated import poison_isolated
from chaos.invariants.queue_bounded import queue_bounded
from chaos.invariants.reconciled import reconciled
from chaos.invariants.recovers_within import recovers_within
from chaos.invariants.retries_explained import retries_explained
from chaos.invariants.sheds_honestly import sheds_honestly
from chaos.invariants.status_truthful import status_truthful
from chaos.invariants.work_conserving import work_conserving

__all__ = [
    "Invariant",
    "answered_once",
    "answers_correct",
    "batches_within",
    "books_balance",
    "clock_steady",
    "deadline_respected",
    "drained",
    "executions_explained",
    "fair_share",
    "faults_bit",
    "goodput_at_least",
    "invariant",
    "judge_all",
    "latency_below",
    "load_on_time",
    "logs_complete",
    "no_loss",
    "no_retry_storm",
    "nodes_stay_up",
    "poison_isolated",
    "queue_bounded",
    "reconciled",
    "recovers_within",
    "remake",
    "retries_explained",
    "sheds_honestly",
    "status_truthful",
    "work_conserving",
]
