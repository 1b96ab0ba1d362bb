from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.verdict import Finding, Verdict

verdicts = st.lists(st.sampled_from(Verdict))


@given(verdicts, verdicts)
def test_merging_parts_first_changes_nothing(some: list[Verdict], others: list[Verdict]) -> None:
    parts = [Verdict.merge(each) for each in (some, others) if each]
    assert Verdict.merge(parts) is Verdict.merge(some + others)


@given(verdicts.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some + some))))
def test_neither_order_nor_repetition_matters(both: tuple[list[Verdict], list[Verdict]]) -> None:
    some, shuffled = both
    assert Verdict.merge(shuffled) is Verdict.merge(some)


@given(verdicts)
def test_held_changes_no_merge_and_violated_decides_every_one(some: list[Verdict]) -> None:
    assert Verdict.merge([*some, Verdict.VIOLATED]) is Verdict.VIOLATED
    if some:
        assert Verdict.merge([*some, Verdict.HELD]) is Verdict.merge(some)


def test_the_unknown_never_passes_and_nothing_judged_is_unknown() -> None:
    assert Verdict.merge([Verdict.HELD, Verdict.INCONCLUSIVE]) is Verdict.INCONCLUSIVE
    assert Verdict.merge([]) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.HELD, 0), (Verdict.VIOLATED, 1), (Verdict.INCONCLUSIVE, 2)])
def test_exit_codes_are_those_of_the_command(verdict: Verdict, code: int) -> None:
    assert verdict.exit_code == code


def test_a_finding_survives_json() -> None:
    finding = Finding("no_loss", Verdict.VIOLATED, "1 of 2 requests lost", (3, "a"), {"lost": 1, "p99_ms": None})
    assert Finding.from_json(orjson.loads(orjson.dumps(finding.to_json()))) == finding
