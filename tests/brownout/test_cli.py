import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.brownout.running_up import brownout


def test_help_names_every_command_and_teaches_by_example() -> None:
    shown = brownout("--help")
    assert shown.returncode == 0
    for command in ("brownout up", "brownout load", "brownout doctor"):
        assert command in shown.stdout


@pytest.mark.parametrize("command", ["up", "load", "doctor"])
def test_help_of_a_command_has_examples(command: str) -> None:
    assert f"brownout {command}" in brownout(command, "--help").stdout.partition("Examples")[2]


def test_version_is_the_distribution_s() -> None:
    assert brownout("--version").stdout == f"brownout {version('brownout')}\n"


@pytest.mark.parametrize("arguments", [["--no-such"], ["nosuch"], ["up", "--workers", "0"], ["load", "--rate", "x"]])
def test_wrong_arguments_could_not_run_and_are_not_inconclusive(arguments: list[str]) -> None:
    refused = brownout(*arguments)
    assert refused.returncode == 3
    assert arguments[-2 if len(arguments) > 2 else -1] in refused.stderr


def test_help_loads_nothing_heavy() -> None:
    loaded = subprocess.run(
        (sys.executable, "-c", "import sys, brownout.cli as c; c.application(); print(*sys.modules)"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "typer" in loaded
    assert not {"aiohttp", "grpc", "numpy", "onnxruntime", "pandas", "psutil", "pydantic", "asyncio"} & set(loaded)
