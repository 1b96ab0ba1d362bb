"""Where the words of a waterfall stand."""

from __future__ import annotations

from reports.detail_plots import waterfall_chart
from reports.waterfall import Step

STEPS = (
    Step("client", "sent late", 4.000, 4.001, "muted"),
    Step("client", "answered", 4.001, 4.040, "good"),
    Step("queue", "queued", 4.0014, 4.0024, "muted"),
    Step("worker1", "attempt 1: cut", 4.0024, 4.020, "bad"),
    Step("worker2", "attempt 2: answered", 4.039, 4.040, "good"),
)


def test_words_stand_in_their_bar_if_they_fit_and_never_upon_each_other() -> None:
    sides = {row["words"]: row["side"] for row in rows_of(waterfall_chart(STEPS).to_dict(validate=False))}
    assert sides == {
        "sent late, 1.0 ms": "after",
        "answered, 39.0 ms": "last",
        "queued, 1.0 ms": "after",
        "attempt 1: cut, 17.6 ms": "first",
        "attempt 2: answered, 1.0 ms": "before",
    }


def rows_of(part: object) -> list[dict[str, object]]:
    """Every row of data that has a side, wherever in a specification it is."""
    if isinstance(part, dict):
        return [part] if "side" in part else [row for each in part.values() for row in rows_of(each)]
    return [row for each in part for row in rows_of(each)] if isinstance(part, list | tuple) else []
