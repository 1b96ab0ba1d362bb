from typing import Any

from brownout.status import Status


def said(completed: int) -> dict[str, Any]:
    worker = {"state": "up", "alive": True, "tasks_processed": completed, "last_seen": None, "in_flight": 1}
    return {
        "workers": [{"id": "worker1", **worker}, {"id": "worker2", **worker, "state": "down", "alive": False}],
        "tasks_submitted": completed + 4,
        "tasks_completed": completed,
        "tasks_failed": 1,
        "tasks_retried": 2,
        "queue_length": 3,
        "pending_requests": [{}, {}, {}],
    }


def test_a_rate_is_what_was_completed_between_two_answers() -> None:
    earlier, later = Status.of_json(said(10), at_s=5.0), Status.of_json(said(40), at_s=7.0)
    assert later.rate_since(earlier) == 15.0
    assert later.rate_since(later) == 0.0


def test_a_status_is_a_sentence() -> None:
    assert Status.of_json(said(10), at_s=0.0).sentence(rate=4.6) == (
        "1 of 2 workers alive, 5 requests/s, 3 queued, 10 completed, 1 failed, 2 retries"
    )
