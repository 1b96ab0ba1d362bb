"""docs/observability.md lists the figures that there are, as they describe themselves, and the alerts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tests.observability.scraped import Figures, Scraped
from tests.observability.test_queries import RULES

DOCUMENT: Final = (Path(__file__).parents[2] / "docs" / "observability.md").read_text()

# Brought by Prometheus' client library, and described by it.
USUAL: Final = "process_"


def rows_of(figures: Figures) -> list[tuple[str, str, str, str]]:
    """Name, kind, labels and help of each family, in the order in which they are exposed."""
    return [
        (
            family.name + ("_total" if family.type == "counter" else ""),
            family.type,
            ", ".join(sorted({f"`{label}`" for sample in family.samples for label in sample.labels} - {"`le`"})),
            family.documentation,
        )
        for family in figures.families.values()
        if not family.name.startswith(USUAL)
    ]


def rows_under(heading: str) -> list[tuple[str, ...]]:
    (section,) = re.findall(rf"^### {heading}\n(.*?)(?=^##)", DOCUMENT, re.DOTALL | re.MULTILINE)
    return re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*?) ?\| ([^|]+) \|$", section, re.MULTILINE)


def test_the_tables_are_what_the_processes_expose(scraped: Scraped) -> None:
    assert sorted(rows_under("Of a coordinator")) == sorted(rows_of(scraped.coordinator))
    assert sorted(rows_under("Of a worker")) == sorted(rows_of(scraped.worker))


def test_the_reasons_in_words_are_those_of_the_series(scraped: Scraped) -> None:
    for name in ("brownout_requests_failed", "brownout_requests_refused"):
        for sample in scraped.coordinator.families[name].samples:
            assert f"`{sample.labels['reason']}`" in DOCUMENT


def test_every_alert_is_listed() -> None:
    listed = re.findall(r"^\| `(Brownout\w+)` \| (\w+) \| (.+) \|$", DOCUMENT, re.MULTILINE)
    assert {(name, severity) for name, severity, _ in listed} == {
        (rule["alert"], rule["labels"]["severity"]) for rule in RULES
    }
