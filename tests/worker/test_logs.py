"""Whoever logs in a process of the system, one JSON object a line comes out. Each in a process: logging is global."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson


def lines_of(script: str, level: str = "info") -> list[dict[str, Any]]:
    program = f"from system import logs\nlog = logs.configure({level!r}, component='worker', worker='w1')\n{script}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=30)
    assert done.stderr == b""
    return [orjson.loads(line) for line in done.stdout.splitlines()]


def test_a_line_says_when_who_and_what() -> None:
    (line,) = lines_of("log.info('batch', size=3, request_ids=['a'])")

    written = datetime.fromisoformat(line.pop("timestamp"))
    assert written.tzinfo == UTC
    assert abs(datetime.now(UTC) - written) < timedelta(minutes=1)
    assert line == {
        "level": "info",
        "event": "batch",
        "component": "worker",
        "worker": "w1",
        "size": 3,
        "request_ids": ["a"],
    }


def test_a_line_may_speak_of_another_worker() -> None:
    (line,) = lines_of("log.info('membership', worker='w2')")

    assert line["worker"] == "w2"


def test_what_libraries_log_is_json_too() -> None:
    script = "import logging; logging.getLogger('grpc').error('bad %s', 'stream'); logging.getLogger('x').info('chat')"

    (line,) = lines_of(script)

    assert (line["event"], line["level"], line["logger"]) == ("bad stream", "error", "grpc")
    assert (line["component"], line["worker"]) == ("worker", "w1")


def test_a_traceback_stays_in_its_line() -> None:
    for logger in ("log", "__import__('logging').getLogger('asyncio')"):
        (line,) = lines_of(f"try:\n  1 / 0\nexcept ZeroDivisionError:\n  {logger}.exception('broken')")

        assert line["event"] == "broken"
        assert line["exception"][0]["exc_type"] == "ZeroDivisionError"


def test_a_value_that_json_does_not_know_is_written_as_python_writes_it() -> None:
    (line,) = lines_of("log.info('odd', value={1, 1}, keyed={2: object})")

    assert line["value"] == "{1}"
    assert line["keyed"] == {"2": "<class 'object'>"}


def test_lines_under_the_level_are_not_written() -> None:
    (line,) = lines_of("log.info('quiet'); log.warning('heard')", level="warning")

    assert line["event"] == "heard"


def test_a_traceback_holds_no_text_of_a_client() -> None:
    for logger in ("log", "__import__('logging').getLogger('asyncio')"):
        script = f"def f(text):\n  try: 1 / 0\n  except ZeroDivisionError: {logger}.exception('oops')\nf('a secret')"

        (line,) = lines_of(script)

        assert "ZeroDivisionError" in str(line)
        assert "a secret" not in str(line)
