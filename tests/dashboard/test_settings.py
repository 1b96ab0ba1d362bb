import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.settings import BadSettings, Settings


def test_nothing_set_is_a_system_on_this_machine() -> None:
    settings = Settings.of_environment({})
    assert (settings.url, settings.host, settings.port) == ("http://127.0.0.1:8000", "127.0.0.1", 8501)
    assert settings.runs == Path("reports/runs").absolute()


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(BadSettings) as problem:
        Settings.of_environment({"COORDINATOR_URL": "worker:80", "PORT": "0", "FIRST_PAGE": "last"})
    assert str(problem.value).splitlines() == [
        "COORDINATOR_URL='worker:80': not an address like http://host:port",
        "PORT='0': not a port from 1 to 65535",
        "FIRST_PAGE='last': neither live nor runs",
    ]


def test_nothing_is_broken_from_elsewhere_nor_without_a_token() -> None:
    with pytest.raises(BadSettings) as problem:
        Settings.of_environment({"CONTROL_URL": "http://192.0.2.1:80", "HOST": "0.0.0.0"})  # noqa: S104 - what is refused
    assert str(problem.value).splitlines() == [
        "CONTROL_URL='http://192.0.2.1:80': not an address of this machine like http://127.0.0.1:port",
        "CONTROL_URL is set, and CONTROL_TOKEN is not",
        "HOST='0.0.0.0' would let others break the system; with CONTROL_URL it is 127.0.0.1",
    ]
    here = Settings.of_environment({"CONTROL_URL": "http://127.0.0.1:81", "CONTROL_TOKEN": "t"})
    assert here.control == ("http://127.0.0.1:81", "t")
    assert Settings.of_environment({}).control is None


@pytest.mark.parametrize(("argument", "code"), [("--help", 0), ("--port", 2)])
def test_it_explains_its_settings(argument: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", argument], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code
    assert "COORDINATOR_URL" in (done.stdout if code == 0 else done.stderr)
