"""Every query of the dashboard and of the alerts asks for series that a running system has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import promql_parser
import pytest
import yaml

from tests.observability.scraped import Figures, Scraped

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
DASHBOARD: Final = json.loads((DEPLOY / "grafana/dashboards/brownout.json").read_text())
RULES: Final = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
PROMETHEUS: Final = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())

# Prometheus itself adds these to whatever it scrapes, and knows of each target whether it could.
TARGET: Final = {"instance", "job"}
UP: Final = "up"


def queries() -> dict[str, str]:
    """By where each stands, with Grafana's variables in their place."""
    found = {rule["alert"]: rule["expr"] for rule in RULES}
    for note in DASHBOARD["annotations"]["list"]:
        found[f"annotation {note['name']}"] = note["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            found[f"{panel['title']} {target['refId']}"] = target["expr"]
    return {place: query.replace("$__rate_interval", "1m").replace("$instance", ".*") for place, query in found.items()}


def nodes(query: str) -> Iterator[Any]:
    seen: list[Any] = []
    promql_parser.walk(promql_parser.parse(query), seen.append)
    return iter(seen)


def values(scraped: Scraped, name: str) -> dict[str, set[str]]:
    """The labels of a metric, with the values that they have; empty if nobody exposes it."""
    found: dict[str, set[str]] = {}
    for figures in (scraped.coordinator, scraped.worker):
        for sample in samples(figures, name):
            found.setdefault("__name__", set()).add(name)
            for label, value in sample.items():
                found.setdefault(label, set()).add(value)
    return found


def samples(figures: Figures, name: str) -> Iterator[dict[str, str]]:
    for family in figures.families.values():
        for sample in family.samples:
            if sample.name == name:
                yield sample.labels


@pytest.mark.parametrize(("place", "query"), queries().items(), ids=queries())
def test_a_query_asks_for_what_is_exposed(scraped: Scraped, place: str, query: str) -> None:
    selectors = [node for node in nodes(query) if isinstance(node, promql_parser.VectorSelector)]
    assert selectors
    labels: set[str] = set(TARGET)
    for selector in selectors:
        assert selector.name is not None
        known = values(scraped, selector.name)
        assert known or selector.name == UP, f"nobody exposes {selector.name}"
        labels |= known.keys()
        for matcher in selector.matchers.matchers:
            if matcher.name not in TARGET:
                assert matcher.name in known, f"{selector.name} has no label {matcher.name}"
                # One of the alternatives that never occurs is a typing error.
                for alternative in matcher.value.split("|"):
                    assert any(re.fullmatch(alternative, value) for value in known[matcher.name]), alternative
    for node in nodes(query):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            assert set(node.modifier.labels) <= labels


def test_the_check_itself_notices_a_name_a_label_and_a_value_that_are_not_there(scraped: Scraped) -> None:
    for query in (
        "rate(brownout_requests_lost_total[1m])",
        'brownout_worker_state{status="up"}',
        'brownout_worker_state{state="upp"}',
        'brownout_worker_state{state=~"up|dwon"}',
        "sum by (wroker) (brownout_worker_state)",
    ):
        with pytest.raises(AssertionError):
            test_a_query_asks_for_what_is_exposed(scraped, "here", query)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_what_to_look_at(scraped: Scraped, rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"].keys() == {"summary", "description"}
    # A label that the expression aggregates away is empty in the message.
    kept = {
        label
        for node in nodes(rule["expr"])
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier
        for label in node.modifier.labels
    } | TARGET
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= kept


def test_jobs_that_queries_name_are_those_that_are_scraped() -> None:
    scraped_jobs = {job["job_name"] for job in PROMETHEUS["scrape_configs"]}
    named = {
        matcher.value
        for query in queries().values()
        for node in nodes(query)
        if isinstance(node, promql_parser.VectorSelector)
        for matcher in node.matchers.matchers
        if matcher.name == "job"
    }
    assert named <= scraped_jobs
    assert PROMETHEUS["rule_files"] == ["alerts.yml"]


def test_panels_have_their_own_ids_and_do_not_overlap() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: dict[tuple[int, int], str] = {}
    for panel in panels:
        spot = panel["gridPos"]
        for x in range(spot["x"], spot["x"] + spot["w"]):
            assert x < 24
            for y in range(spot["y"], spot["y"] + spot["h"]):
                assert (x, y) not in taken, (panel["title"], taken.get((x, y)))
                taken[x, y] = panel["title"]


def test_the_dashboard_reads_from_the_source_that_is_provisioned() -> None:
    (source,) = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"]
    chosen = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}["datasource"]
    assert (chosen["query"], chosen["current"]["value"]) == (source["type"], source["uid"])
    used = {target["datasource"]["uid"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])}
    assert used == {"${datasource}"}
    (provider,) = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/brownout.yaml").read_text())["providers"]
    assert provider["type"] == "file"
