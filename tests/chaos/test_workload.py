"""Arrival processes and what they carry: pure, so tested without a clock."""

from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random
from typing import cast

import orjson
import pytest

from chaos.inputs import (
    Input,
    embedded_answers,
    from_file,
    golden_answers,
    hostile,
    inputs_from_json,
    inputs_of,
    mixed,
    sentences,
    shuffled,
)
from chaos.workload import Burst, Poisson, Workload, burst, closed, constant, poisson, ramp


def due(workload: Workload, seed: int = 1) -> list[float]:
    return [arrival.due_s for arrival in workload.requests(Random(seed))]


def test_constant_arrivals_are_evenly_spaced() -> None:
    assert due(constant(rate=4, seconds=1.25, inputs=["a"])) == [0, 0.25, 0.5, 0.75, 1.0]


def test_constant_arrivals_do_not_drift() -> None:
    times = due(constant(rate=30, seconds=100, inputs=["a"]))
    assert len(times) == 3000
    assert times[2700] == 90.0


def test_poisson_arrivals_come_at_the_rate_and_inside_the_time() -> None:
    times = due(poisson(rate=50, seconds=200, inputs=["a"]))
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < 200
    assert abs(len(times) - 10_000) < 500  # five standard deviations


def test_a_burst_comes_all_at_once_and_again() -> None:
    times = due(burst(size=5, every=2, seconds=5, inputs=["a"]))
    assert Counter(times) == {2: 5, 4: 5}


def test_a_burst_may_stand_on_steady_traffic() -> None:
    times = due(burst(size=5, every=2, seconds=5, rate=20, inputs=["a"]))
    assert times == sorted(times)
    assert [count for count in Counter(times).values() if count > 1] == [5, 5]
    assert 50 < len(times) - 10 < 150


def test_a_ramp_grows_or_falls_evenly() -> None:
    rising = due(ramp(0, 20, seconds=10, inputs=["a"]))
    assert len(rising) == 100  # ten a second on average
    assert sum(at < 5 for at in rising) == 25  # and a quarter of them in the first half
    assert rising == sorted(rising)
    falling = due(ramp(20, 0, seconds=10, inputs=["a"]))
    assert len(falling) == 100
    assert sum(at < 5 for at in falling) == 75
    assert falling == sorted(falling)
    assert due(ramp(4, 4, seconds=1.25, inputs=["a"])) == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])
    assert ramp(2, 9, seconds=3, inputs=["a"]).to_json()["from_rate"] == 2
    with pytest.raises(ValueError, match="nothing to send"):
        ramp(0, 0, seconds=1)
    with pytest.raises(ValueError, match=r"ramp: from_rate=-1 must be"):
        ramp(-1, 1, seconds=1)


@pytest.mark.parametrize("workload", [poisson(50, 3), burst(5, 1, 3, rate=9)])
def test_the_same_seed_gives_the_same_requests(workload: Workload, tmp_path: Path) -> None:
    pool = tmp_path / "inputs.jsonl"
    pool.write_text('{"text": "good"}\n{"text": "bad"}\n{"text": "ugly"}\n')
    workload = Workload(workload.arrivals, from_file(pool))
    first, again, other = (list(workload.requests(Random(seed))) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_inputs_do_not_move_arrivals() -> None:
    assert due(poisson(50, 3, inputs=["a"])) == due(poisson(50, 3, inputs=["b", "c", "d"]))


def test_one_workload_follows_another_with_the_inputs_of_the_first() -> None:
    both = constant(rate=2, seconds=1, inputs=["a"]).then(constant(rate=4, seconds=0.5, inputs=["b"]))
    assert both.seconds == 1.5
    assert [(each.due_s, each.input.text) for each in both.requests(Random(1))] == [
        *((0.0, "a"), (0.5, "a"), (1.0, "a"), (1.25, "a"))
    ]
    three = both.then(constant(rate=2, seconds=1))
    assert due(three)[-2:] == [1.5, 2.0]
    assert str(both) == "constant(rate=2, seconds=1), then constant(rate=4, seconds=0.5)"
    assert both.to_json()["parts"][1] == {"kind": "constant", "rate": 4, "seconds": 0.5}


def test_a_text_can_be_planted_among_the_others() -> None:
    workload = constant(rate=10, seconds=1, inputs=["a"]).sending("x", at=0.75).sending("y", at=0.31)
    assert [each.input.text for each in workload.requests(Random(1))] == list("aaaayaaaxa")
    assert workload.to_json()["planted"] == [{"text": "x", "at_s": 0.75}, {"text": "y", "at_s": 0.31}]
    assert str(workload) == "constant(rate=10, seconds=1), 'x' at 0.75 s, 'y' at 0.31 s"
    later = constant(rate=10, seconds=1, inputs=["a"]).then(workload)
    assert [each.due_s for each in later.requests(Random(1)) if each.input.text == "x"] == [1.8]


def test_a_text_that_would_never_be_sent_is_refused() -> None:
    with pytest.raises(ValueError, match=r"constant\(rate=10, seconds=1\): no request is due from at=1 on"):
        constant(rate=10, seconds=1).sending("x", at=1)
    with pytest.raises(ValueError, match="is no text"):
        constant(rate=10, seconds=1).sending(cast("str", 3), at=0)


def test_a_closed_loop_has_clients_and_no_times() -> None:
    workload = closed(clients=3, seconds=2, inputs=["a", "b"])
    assert (workload.clients, workload.seconds, str(workload)) == (3, 2, "closed(clients=3, seconds=2)")
    assert {each.input.text for each in islice(workload.requests(Random(1)), 2)} == {"a", "b"}
    for first, second in ((workload, constant(1, 1)), (constant(1, 1), workload)):
        with pytest.raises(ValueError, match=r"closed\(clients=3, seconds=2\): a closed loop has no times"):
            first.then(second)
    with pytest.raises(ValueError, match="no request is due"):
        workload.sending("x", at=1)


def test_a_workload_describes_itself_in_json() -> None:
    described = poisson(80, 20, inputs=["a"]).to_json()
    assert orjson.loads(orjson.dumps(described)) == {
        "kind": "poisson",
        "rate": 80,
        "seconds": 20,
        "inputs": {"source": "texts", "texts": ["a"]},
    }
    assert str(burst(5, 1, 3)) == "burst(size=5, every=1, seconds=3, rate=0.0)"


def test_everything_that_is_wrong_with_a_workload_is_said_at_once() -> None:
    with pytest.raises(ValueError, match=r"poisson: rate=-1 .*; seconds=nan must be a finite number above 0"):
        Poisson(rate=-1, seconds=float("nan"))
    with pytest.raises(ValueError, match=r"size=0.*every=0"):
        Burst(size=0, every=0, seconds=1)
    with pytest.raises(ValueError, match=r"every=2 leaves no burst within seconds=2"):
        Burst(size=5, every=2, seconds=2)


def test_every_input_comes_once_before_any_comes_again() -> None:
    pool = [Input(str(number)) for number in range(10)]
    drawn = list(islice(shuffled(pool, Random(3)), 20))
    assert sorted(drawn[:10], key=lambda each: each.text) == pool
    assert sorted(drawn[10:], key=lambda each: each.text) == pool
    assert drawn[:10] != drawn[10:]


def test_a_file_of_inputs_gives_texts_and_golden_answers(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"text": "fine", "label": "POSITIVE", "gold": "NEGATIVE"}\n\n{"text": ""}\n')
    assert from_file(path).load() == (Input("fine", "POSITIVE"), Input("", None))


def test_every_bad_line_of_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"text": 3}\n{"text": "fine"}\nnonsense\n{"text": "fine", "label": 1}\n')
    with pytest.raises(ValueError, match=r"(?s)own\.jsonl.*line 1: .*line 3: .*line 4: "):
        from_file(path).load()


def test_an_empty_pool_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(ValueError, match="no input at all"):
        from_file(tmp_path / "empty.jsonl").load()
    with pytest.raises(ValueError, match="at least one text"):
        inputs_of([]).load()


def test_every_input_that_is_no_text_is_named() -> None:
    with pytest.raises(ValueError, match=r"(?s)3 is no text.*'\\ud800' cannot be encoded"):
        inputs_of(cast("list[str]", ["fine", 3, "\ud800"])).load()


def test_the_sentences_that_come_with_the_harness_judge_nobody_but_the_embedded_model() -> None:
    loaded = sentences().load()
    assert len(loaded) >= 200
    assert {each.expected for each in loaded} == {None}
    answers = embedded_answers()
    assert answers.keys() == {each.text for each in loaded}
    assert set(answers.values()) == {"POSITIVE", "NEGATIVE"}


@pytest.mark.parametrize(
    "workload",
    [
        constant(10, 2),
        burst(5, 1, 3, rate=2.5, inputs=["a", "b"]),
        closed(3, 2),
        poisson(50, 4).then(poisson(150, 6)).sending("a text of its own", at=5),
    ],
    ids=str,
)
def test_a_workload_comes_back_from_json_and_sends_the_same(workload: Workload) -> None:
    again = Workload.from_json(orjson.loads(orjson.dumps(workload.to_json())))
    assert again == workload
    assert list(islice(again.requests(Random(3)), 50)) == list(islice(workload.requests(Random(3)), 50))


def test_inputs_of_a_file_come_back_from_json_while_the_file_is_there(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"text": "fine", "label": "POSITIVE"}\n')
    described = constant(1, 1, inputs=from_file(path)).to_json()
    assert Workload.from_json(described).inputs.load() == (Input("fine", "POSITIVE"),)
    path.unlink()
    with pytest.raises(ValueError, match=r"no inputs are to be had from .*own\.jsonl"):
        Workload.from_json(described)


@pytest.mark.parametrize(
    ("described", "complaint"),
    [
        ({"kind": "tidal"}, "no arrivals are called 'tidal'; there are burst, "),
        ({"kind": "constant", "rate": 1, "inputs": {"source": "sst2"}}, "constant: .*seconds"),
        ({"kind": "constant", "rate": "fast", "seconds": 1}, "constant: "),
        ({"kind": "constant", "rate": 1, "seconds": 1}, "no inputs are to be had from {}"),
        (constant(1, 1).to_json() | {"planted": [{"text": "x"}]}, "planted texts: .*at_s"),
    ],
)
def test_what_describes_no_workload_is_refused(described: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Workload.from_json(described)


def test_hostile_texts_are_what_the_catalogue_names_and_each_is_answered_or_refused() -> None:
    loaded = hostile().load()
    texts = {each.text for each in loaded}
    assert "" in texts
    assert any("\0" in text for text in texts)
    assert any(len(text) > 1_000_000 for text in texts)
    assert any(len(text.split()) > 512 for text in texts if len(text) < 10_000)
    assert any("\u0600" <= character <= "\u06ff" for text in texts for character in text)
    assert any(character > "\U0001f300" for text in texts for character in text)
    assert {each.refused for each in loaded} == {None, 413, 422}
    assert {each.expected for each in loaded} == {None}
    known = golden_answers()
    assert not [each for each in loaded if each.refused is not None and each.text in known]
    assert len(texts & known.keys()) >= 20


def test_pools_can_be_mixed_and_read_back_from_json() -> None:
    both = mixed(hostile(), sentences(), inputs_of(["mine"]))
    assert len(both.load()) == len(hostile().load()) + len(sentences().load()) + 1
    assert inputs_from_json(orjson.loads(orjson.dumps(both.to_json()))) == both


def test_a_file_may_say_what_must_be_refused_and_what_is_sent_many_times_over(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"text": "no", "refused": 422, "times": 3}\n{"text": "yes", "label": "POSITIVE", "times": 2}\n')
    assert from_file(path).load() == (Input("nonono", None, 422), Input("yesyes", "POSITIVE"))
    path.write_text(
        '{"text": "a", "refused": 200}\n{"text": "a", "refused": 422, "label": "X"}\n{"text": "a", "times": 0}\n'
    )
    with pytest.raises(ValueError, match=r'(?s)line 1: "refused".*line 2: "refused".*line 3: "times"'):
        from_file(path).load()
