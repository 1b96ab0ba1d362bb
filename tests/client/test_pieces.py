from itertools import islice
from pathlib import Path
from random import Random

import aiohttp
import pytest

from system.client import sentences
from system.client.outcome import Kind, Outcome, of_problem, of_reply
from system.client.pattern import Bursts, Rate, chosen
from system.client.summary import Summary
from system.client.tally import Tally, quantile


def test_bursts_are_due_together_and_end_when_told() -> None:
    assert list(Bursts(2, 1.5, 3).due(Random(1))) == [0, 0, 1.5, 1.5, 3, 3]
    assert list(islice(Bursts(1, 2.0).due(Random(1)), 4)) == [0, 2, 4, 6]


def test_a_rate_is_kept_on_average_and_repeats_with_its_seed() -> None:
    due = list(Rate(100, 50).due(Random(3)))
    assert due == list(Rate(100, 50).due(Random(3)))
    assert due == sorted(due)
    assert 4600 < len(due) < 5400


def test_seconds_of_bursts_become_a_number_of_bursts() -> None:
    assert chosen(burst=4, every=1.0, rate=None, concurrency=None, seconds=2.5) == Bursts(4, 1.0, 3)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"success": true, "output": "POSITIVE", "worker": "w1", "retries": 2}', Kind.ANSWERED),
        (200, b'{"success": false}', Kind.NOT_UNDERSTOOD),
        (200, b"<html>", Kind.NOT_UNDERSTOOD),
        (302, b"", Kind.NOT_UNDERSTOOD),
        (422, b"{}", Kind.REJECTED),
        (500, b"", Kind.SERVER_ERROR),
        (503, b"{}", Kind.REFUSED),
        (504, b'{"retries": 3}', Kind.TIMED_OUT),
    ],
)
def test_every_reply_has_a_kind(status: int, body: bytes, kind: Kind) -> None:
    assert of_reply(status, body, 0.1).kind is kind


def test_failures_without_a_reply_are_told_apart() -> None:
    assert of_problem(TimeoutError(), 1.0).kind is Kind.NO_ANSWER
    assert of_problem(aiohttp.ServerDisconnectedError(), 1.0).kind is Kind.CUT


def test_quantiles_are_values_that_occurred() -> None:
    values = [float(each) for each in range(1, 101)]
    assert [quantile(values, share) for share in (0.5, 0.9, 0.99, 1.0)] == [50, 90, 99, 100]
    assert quantile([], 0.5) is None


def test_a_summary_adds_up() -> None:
    tally = Tally()
    tally.sent = 4
    tally.count(Outcome(Kind.ANSWERED, 0.1, worker="w1", retries=2))
    tally.count(Outcome(Kind.ANSWERED, 0.3, worker="w2"))
    tally.count(Outcome(Kind.TIMED_OUT, 5.0, retries=1, detail="504: late"))
    summary = Summary.of(tally, url="u", pattern="p", seed=1, seconds=2.0, stopped=True)
    assert (summary.sent, summary.answered, summary.failed, summary.unanswered) == (4, 2, 1, 1)
    assert (summary.retries, summary.retried_requests) == (3, 2)
    assert summary.throughput_rps == 1.0
    assert (summary.p50_ms, summary.max_ms) == (100.0, 300.0)
    assert summary.failures == {"timed_out": 1}
    assert summary.answered_by_worker == {"w1": 1, "w2": 1}


def test_sentences_come_a_line_each_or_as_objects(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n\ntwo\n", encoding="utf-8")
    (tmp_path / "a.jsonl").write_text('{"text": "three", "label": "X"}\n', encoding="utf-8")
    assert sentences.read(tmp_path / "a.txt") == ("one", "two")
    assert sentences.read(tmp_path / "a.jsonl") == ("three",)


@pytest.mark.parametrize(("content", "complaint"), [("", "no sentence"), ("{}\n[]\n", "line 1.*line 2")])
def test_a_file_without_sentences_is_refused_with_every_line(tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "a.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        sentences.read(tmp_path / "a.jsonl")


def test_every_sentence_comes_once_before_any_comes_again() -> None:
    drawn = list(islice(sentences.endless(("a", "b", "c"), Random(2)), 6))
    assert sorted(drawn[:3]) == sorted(drawn[3:]) == ["a", "b", "c"]
