"""The page as a browser gets it."""

import base64
import hashlib
import re
import time
from dataclasses import replace
from html.parser import HTMLParser

import msgspec
import pytest

from reports.history import MACHINE, NEMESIS, History, Op, OpType
from reports.measure import figures
from reports.record import Record
from reports.render import WORST, render
from reports.verdict import Finding, Verdict
from tests.reports.generated import FACTS, FIGURES, FINDINGS, HOSTILE, SCHEDULE, quiet, record

DASH = "\N{EN DASH}"


class Page(HTMLParser):
    """Tags with their attributes, and the text a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._within: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self._within):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def count(self, tag: str) -> int:
        return sum(each == tag for each, _ in self.tags)


@pytest.fixture(scope="module")
def html() -> str:
    return render(record(), FINDINGS, FIGURES)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_page_says_first_what_came_of_the_run(page: Page) -> None:
    assert "VIOLATED — 1 of 3 promises broken" in page.text
    assert "1,500 requests in 20.0 s: 1,490 answered, 6 failed, 4 unknown, with 14 retries." in page.text


@pytest.mark.parametrize(
    ("findings", "headline"),
    [
        ((FINDINGS[0],), "HELD — The one promise held"),
        ((FINDINGS[0], FINDINGS[0]), "HELD — All 2 promises held"),
        ((FINDINGS[0], FINDINGS[2]), "INCONCLUSIVE — 1 of 2 promises could not be judged"),
        ((), "INCONCLUSIVE — Nothing was judged"),
    ],
)
def test_each_verdict_has_its_words(findings: tuple[Finding, ...], headline: str) -> None:
    assert headline in Page(render(quiet(), findings, figures(()).to_json())).text


def test_every_finding_is_told_with_the_worst_first(page: Page) -> None:
    told = [page.text.index(finding.message) for finding in FINDINGS]
    held, violated, inconclusive = told
    assert violated < inconclusive < held


def test_evidence_is_spelled_out_as_ops() -> None:
    run = record()
    lost = next(request for request in run.requests if request.outcome is OpType.FAIL)
    finding = Finding("no_loss", Verdict.VIOLATED, "one was lost", (lost.invoked.index, "an id of old"))
    text = Page(render(run, [finding], FIGURES)).text
    assert f"op {lost.invoked.index} · {lost.invoked_s:.3f} s · client {lost.invoked.process} · invoke infer" in text
    assert "an id of old" in text


def test_long_evidence_is_counted_rather_than_listed() -> None:
    finding = Finding("no_loss", Verdict.VIOLATED, "many were lost", tuple(range(500)))
    text = Page(render(record(), [finding], FIGURES)).text
    assert "Evidence (500)" in text
    assert "and 488 more in verdicts.json" in text


def test_faults_are_told_with_their_time_and_evidence(page: Page) -> None:
    assert (
        f"5.00 s to 9.00 s {DASH} {DASH} at once 15 retried in at most 434 ms; slowest of all: 434 ms "
        "bit : process 4711 is gone" in page.text
    )
    assert (
        "8 failed, 5 unknown, 122 late; slowest of all: 1,923 ms did not bite : an answer came through it" in page.text
    )
    assert "95% were answered within 250 ms" in page.text
    assert page.text.index("process 4711 is gone") < page.text.index("What was promised")


def test_what_each_invariant_asks_for_stands_beside_its_name() -> None:
    finding = replace(FINDINGS[0], promise="No request was tried again for nothing.")
    assert "retries_explained No request was tried again for nothing." in Page(render(quiet(), [finding], {})).text


def test_the_times_at_which_the_machine_stood_still_are_told_and_drawn() -> None:
    run = record()
    note = {"delays_ms": [0.0, 400.0], "every_ms": 50.0, "steal": None, "waited": None, "stepped_s": 0.0}
    ops = sorted([*run.history, Op(0, 3_000_000_000, MACHINE, OpType.INFO, "noise", note)], key=lambda op: op.time)
    stalled = History(msgspec.structs.replace(op, index=index) for index, op in enumerate(ops))
    shown = Page(render(Record(FACTS, stalled, SCHEDULE), FINDINGS, FIGURES))
    assert "The machine itself stood still (grey, dotted edge): 0.40 s at 2.6 s." in shown.text
    assert "machine stood still, 0.40 s" in shown.text
    assert "stood still" not in Page(render(run, FINDINGS, FIGURES)).text


def test_the_schedule_stands_there_as_lines(page: Page) -> None:
    assert "5 s to 9 s: crash worker1" in page.text
    assert "12 s until the end: blackhole client→coordinator (direction=both)" in page.text


def test_the_nodes_of_the_system_have_a_line_each(page: Page) -> None:
    assert "coordinator: capacity 0 worker1: capacity 1 worker2: capacity 1" in page.text


def test_a_fault_that_came_again_and_again_is_summed_up_once() -> None:
    run = record(target="worker1")
    again = [
        msgspec.structs.replace(op, value={**(op.value or {}), "id": f"{(op.value or {}).get('id')} again"})
        for op in run.history.of(NEMESIS)
    ]
    text = Page(render(Record({}, History([*run.history, *again])), (), FIGURES)).text
    assert "Faults: blackhole on worker1 (2 times); crash on worker1 (2 times)." in text


def test_seed_environment_and_the_command_to_run_it_again_are_there(page: Page) -> None:
    for told in ("seed 20260117", "onnxruntime 1.23.2", "coordinator", str(FACTS["replay"])):
        assert told in page.text


def test_a_request_with_a_script_in_it_is_text() -> None:
    run = record()
    hostile = next(request for request in run.requests if request.input == HOSTILE)
    finding = Finding(HOSTILE, Verdict.VIOLATED, HOSTILE, (hostile.invoked.index,), {HOSTILE: HOSTILE})
    facts = {**FACTS, "scenario": HOSTILE, "replay": HOSTILE, "versions": {HOSTILE: HOSTILE}}
    shown = Page(render(Record(facts, run.history, run.schedule), [finding], FIGURES))
    assert shown.count("script") == 1  # the page's own, which copies the command
    assert shown.text.count("alert(1)") >= 7


def test_only_the_script_of_the_page_itself_may_run(html: str) -> None:
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'")


def test_nothing_comes_from_elsewhere(html: str, page: Page) -> None:
    loads = [tag for tag, attributes in page.tags if attributes.get("src") or attributes.get("href")]
    assert loads == []
    assert not re.search(r"url\(\s*['\"]?(?!#)", html)
    assert not re.search(r"@import|<link|<img|<iframe", html)


def test_everything_that_scrolls_can_be_reached_by_keyboard(page: Page) -> None:
    scrolling = [attributes for _, attributes in page.tags if attributes.get("class") == "scroll"]
    # Four charts over time, their table, and the requests that paid for it.
    assert len(scrolling) == 5 + WORST
    assert all(each.get("tabindex") == "0" and each.get("aria-label") for each in scrolling)


def test_a_run_that_never_began_has_a_page_too() -> None:
    text = Page(render(quiet(), (), figures(()).to_json())).text
    assert "0 requests in 0.0 s" in text
    assert "No fault was scheduled." in text


def test_a_long_run_stays_a_small_page_and_says_what_it_left_out() -> None:
    run = record(requests=12_000)
    html = render(run, FINDINGS, FIGURES)
    assert len(html.encode()) < 1_000_000
    assert "Of 11,9" in html


def test_a_page_of_a_run_of_twenty_seconds_is_quick_and_small(html: str) -> None:
    began = time.process_time()  # of this process alone, however busy the machine is
    render(record(), FINDINGS, FIGURES)
    assert time.process_time() - began < 5  # about 0.6 s on a quiet core; this catches only a collapse
    assert len(html.encode()) < 500_000
