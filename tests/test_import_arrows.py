"""The import contracts bite: each forbidden arrow, drawn in a copy of the tree, is found."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("brownout", "chaos", "dashboard", "proto", "reports", "scenarios", "system")
LINTER = Path(sysconfig.get_path("scripts")) / "lint-imports"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The packages' Python files and the contracts, nothing else."""
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            copy = tmp_path / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINTER, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False)


def test_the_tree_as_it_is_keeps_every_arrow(tree: Path) -> None:
    outcome = lint(tree)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    "arrow",
    [
        "system.coordinator.core.planted -> grpc",
        "system.coordinator.core.planted -> fastapi",
        "system.coordinator.core.planted -> proto",
        "system.coordinator.planted -> system.worker",
        "system.worker.planted -> fastapi",
        "system.client.planted -> onnxruntime",
        "system.planted -> chaos",
        "system.planted -> reports",
        "reports.planted -> chaos",
        "reports.planted -> system",
        "dashboard.planted -> chaos",
        "dashboard.planted -> system",
        "chaos.planted -> system.coordinator.core",
        "chaos.planted -> scenarios",
        "scenarios.planted -> system",
        "scenarios.planted -> brownout",
    ],
)
def test_a_forbidden_arrow_is_found(tree: Path, arrow: str) -> None:
    culprit, forbidden = arrow.split(" -> ")
    (tree / culprit.replace(".", "/")).with_suffix(".py").write_text(f"import {forbidden}\n", encoding="utf-8")
    outcome = lint(tree)
    assert outcome.returncode == 1, outcome.stdout
    assert arrow in outcome.stdout
