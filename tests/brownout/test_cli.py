import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.brownout.called import Called
from tests.brownout.running_up import brownout


def test_help_names_every_command_and_teaches_by_example() -> None:
    shown = brownout("--help")
    assert shown.returncode == 0
    for command in ("brownout up", "brownout load", "brownout run", "brownout view", "brownout doctor"):
        assert command in shown.stdout


@pytest.mark.parametrize("command", ["up", "load", "run", "replay", "view", "report", "doctor"])
def test_help_of_a_command_has_examples(call: Called, command: str) -> None:
    code, shown, _ = call(command, "--help")
    assert code == 0
    assert f"brownout {command}" in shown.partition("Examples")[2]


def test_version_is_the_distribution_s(call: Called) -> None:
    assert call("--version") == (0, f"brownout {version('brownout')}\n", "")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--no-such"], "--no-such"),
        (["nosuch"], "nosuch"),
        (["up", "--workers", "0"], "--workers"),
        (["load", "--rate", "x"], "--rate"),
        (["load", "--rate", "3", "--concurrency", "4"], "--rate and --concurrency"),
        (["load", "nowhere"], "'nowhere' is not an address"),
    ],
)
def test_wrong_arguments_could_not_run_and_are_not_inconclusive(call: Called, arguments: list[str], named: str) -> None:
    code, _, said = call(*arguments)
    assert code == 3
    assert named in said


def test_help_loads_nothing_heavy() -> None:
    loaded = subprocess.run(
        (sys.executable, "-c", "import sys, brownout.cli as c; c.application(); print(*sys.modules)"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "typer" in loaded
    assert not {"aiohttp", "grpc", "numpy", "onnxruntime", "pandas", "psutil", "pydantic", "asyncio"} & set(loaded)
