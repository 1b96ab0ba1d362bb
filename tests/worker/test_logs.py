"""Whoever logs in a process of the system, one JSON object a line comes out. Each in a process: logging is global."""

import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest


def command(script: str, level: str = "info") -> list[str]:
    program = f"from system import logs\nlog = logs.configure({level!r}, component='worker', worker='w1')\n{script}"
    return [sys.executable, "-c", program]


def lines_of(script: str, level: str = "info") -> list[dict[str, Any]]:
    done = subprocess.run(command(script, level), capture_output=True, check=True, timeout=30)
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


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", "| true"])
def test_lines_that_cannot_be_written_stop_nobody(redirection: str) -> None:
    script = "import logging\nfor _ in range(1000): log.info('lost'); logging.warning('lost')"
    shell = f"set -o pipefail; {shlex.join(command(script))} {redirection}"

    done = subprocess.run(["bash", "-c", shell], capture_output=True, check=False, timeout=30)

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_line_says_how_many_before_it_could_not_be_written(tmp_path: Path) -> None:
    script = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
for number in range(5): log.info('before', number=number)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.info('after')
log.info('later')
"""
    with (tmp_path / "log").open("wb") as log:
        subprocess.run(command(script), stdout=log, check=True, timeout=30)

    first, torn, after, later = (tmp_path / "log").read_bytes().splitlines()
    assert orjson.loads(first)["number"] == 0
    assert len(first) + 1 + len(torn) == 200
    assert (orjson.loads(after)["event"], orjson.loads(after)["lines_lost"]) == ("after", 4)
    assert "lines_lost" not in orjson.loads(later)
