"""What a run is judged against. One invariant per file, under the file's own name; start with `invariant`.

    invariant          the `@invariant` decorator, remaking invariants from a run directory, judging all of them
    no_loss            every request was answered
    answered_once      no answer was given twice, and the coordinator counted the same answers as its clients
    answers_correct    every answer is the golden one
    books_balance      submitted = completed + failed + pending, in every sample
    retries_explained  retries are few, and each has a fault to explain it
    goodput_at_least   throughput stayed in proportion to the surviving capacity
    recovers_within    after healing, service was soon what it had been
    faults_bit         every fault shows that it had an effect; the experiment always asks
    load_on_time       the load generator kept its own schedule; the experiment always asks
    nodes_stay_up      no node ended but by a fault; the experiment always asks
    ledger             what the coordinator's books said at one moment
    wording            how messages count and list things

An invariant is a pure function of a `reports.record.Record`. What it cannot decide is INCONCLUSIVE: no pass.
"""

from chaos.invariants.answered_once import answered_once
from chaos.invariants.answers_correct import answers_correct
from chaos.invariants.books_balance import books_balance
from chaos.invariants.faults_bit import faults_bit
from chaos.invariants.goodput_at_least import goodput_at_least
from chaos.invariants.invariant import Invariant, invariant, judge_all, remake
from chaos.invariants.load_on_time import load_on_time
from chaos.invariants.no_loss import no_loss
from chaos.invariants.nodes_stay_up import nodes_stay_up
from chaos.invariants.recovers_within import recovers_within
from chaos.invariants.retries_explained import retries_explained

__all__ = [
    "Invariant",
    "answered_once",
    "answers_correct",
    "books_balance",
    "faults_bit",
    "goodput_at_least",
    "invariant",
    "judge_all",
    "load_on_time",
    "no_loss",
    "nodes_stay_up",
    "recovers_within",
    "remake",
    "retries_explained",
]
