from pathlib import Path

import pytest

from chaos.session.replay import pytest_program


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """With an environment of its own, in which there are a python and a pytest."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "pytest"):
        (programs / name).touch(mode=0o755)
    return tmp_path


def program(project: Path, started: str, **environment: str) -> str:
    python = str(project / ".venv" / "bin" / "python")
    return " ".join(pytest_program(started, project, python=python, environment=environment))


def test_what_a_shell_would_find_is_called_by_its_name(project: Path) -> None:
    programs = str(project / ".venv" / "bin")
    assert program(project, f"{programs}/pytest", PATH=programs) == "pytest"
    assert program(project, "/elsewhere/pytest/__main__.py", PATH=programs) == "python -m pytest"


def test_what_a_shell_would_not_find_is_called_by_its_place(project: Path) -> None:
    started = str(project / ".venv" / "bin" / "pytest")
    assert program(project, started, PATH="/elsewhere") == ".venv/bin/python -m pytest"
    assert (
        program(project, started, PATH=str(Path(started).parent), TOX_ENV_NAME="chaos") == ".venv/bin/python -m pytest"
    )


def test_an_interpreter_from_outside_of_the_directory_is_called_by_its_whole_path(
    project: Path, tmp_path: Path
) -> None:
    said = pytest_program("x", tmp_path / "other", python=str(project / ".venv" / "bin" / "python"), environment={})
    assert said == (str(project / ".venv" / "bin" / "python"), "-m", "pytest")
