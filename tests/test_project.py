"""What the tree promises of itself: maps that lead somewhere, small files, pins that agree, a wheel that is whole."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import system

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("brownout", "chaos", "dashboard", "proto", "reports", "scenarios", "system")
TOP_LEVEL = (*SHIPPED, "tests")
SUPPORTED = ("3.11", "3.12", "3.13")

MAP_ROW = re.compile(r"^ *([\w*/]+(?:\.\w+)?)(?:\(i\))? {2,}\S", re.MULTILINE)
MAP_BULLET = re.compile(r"^- ((?:`[\w*/.]+`(?:, )?)+):", re.MULTILINE)
HOME_OF_SOMEBODY = re.compile(r"(?<![\w.])/(?:home|Users|root)/\w")


def python_files() -> list[Path]:
    inside = [path for name in (*TOP_LEVEL, ".ci") for path in (ROOT / name).rglob("*.py")]
    return sorted([*inside, *ROOT.glob("*.py")])


def packages(*names: str) -> list[Path]:
    return sorted({path.parent for name in names for path in (ROOT / name).rglob("*.py")})


def docstring(package: Path) -> str:
    return ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""


def map_entries(text: str) -> Iterator[str]:
    yield from MAP_ROW.findall(text)
    for names in MAP_BULLET.findall(text):
        yield from re.findall(r"`([^`]+)`", names)


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def group(name: str) -> set[str]:
    """A dependency group with what it includes."""
    found: set[str] = set()
    for entry in project()["dependency-groups"][name]:
        found |= {entry} if isinstance(entry, str) else group(entry["include-group"])
    return found


@pytest.mark.parametrize("package", packages(*TOP_LEVEL), ids=short)
def test_every_package_says_what_it_is(package: Path) -> None:
    assert (package / "__init__.py").is_file(), "a folder of modules without __init__.py"
    assert docstring(package)


@pytest.mark.parametrize("package", packages(*SHIPPED), ids=short)
def test_a_map_names_only_what_is_there(package: Path) -> None:
    lost = [
        entry
        for entry in map_entries(docstring(package))
        if not any(found for suffix in ("", ".py") for found in package.glob(entry.rstrip("/") + suffix))
    ]
    assert not lost


@pytest.mark.parametrize("package", packages(*(set(SHIPPED) - {"scenarios"})), ids=short)
def test_a_map_leaves_no_module_out(package: Path) -> None:
    text = docstring(package)
    modules = {path.stem for path in package.glob("*.py") if "_pb2" not in path.name}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    assert not sorted(name for name in modules if not name.startswith("__") and not re.search(rf"\b{name}\b", text))


def test_the_reader_of_maps_reads_every_form_in_use() -> None:
    rows = (
        "A map.\n\nfirst.py   one\nsecond/    two\n  third  three\nfour*.py(i)  four\n- `five`, `six`: both\n\nProse.\n"
    )
    assert list(map_entries(rows)) == ["first.py", "second/", "third", "four*.py", "five", "six"]


def test_files_stay_small_enough_to_read_in_one_sitting() -> None:
    lines = {
        short(path): path.read_text(encoding="utf-8").count("\n") for path in python_files() if "_pb2" not in path.name
    }
    assert not {name: count for name, count in lines.items() if count > 350}


def test_no_source_names_the_home_of_somebody() -> None:
    assert not [short(path) for path in python_files() if HOME_OF_SOMEBODY.search(path.read_text(encoding="utf-8"))]


def pins() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def test_constraints_pin_versions_and_name_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    loose = [str(pin) for pin in pins() if [spec.operator for spec in pin.specifier] != ["=="]]
    assert not loose


@pytest.mark.parametrize("python", SUPPORTED)
def test_constraints_agree_with_every_requirement(python: str) -> None:
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    pinned = {
        pin.name: next(iter(pin.specifier)).version
        for pin in pins()
        if pin.marker is None or pin.marker.evaluate(environment)
    }
    asked = set(project()["project"]["dependencies"]).union(*(group(name) for name in project()["dependency-groups"]))
    wrong = [
        text
        for text in sorted(asked)
        if (requirement := Requirement(text)).name not in pinned
        or not requirement.specifier.contains(Version(pinned[requirement.name]))
    ]
    assert not wrong, "make constraints.txt anew with the command at its top"


@pytest.mark.parametrize("name", ["worker", "coordinator", "client", "dashboard"])
def test_a_lean_group_asks_for_nothing_the_whole_does_not(name: str) -> None:
    assert group(name) <= set(project()["project"]["dependencies"])


def imports(source: Path) -> set[str]:
    """Top-level names that a file imports from other distributions."""
    tree = ast.walk(ast.parse(source.read_text(encoding="utf-8")))
    found: set[str] = set()
    for node in tree:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - set(TOP_LEVEL)


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        pytest.param("dependencies", [f"{package}/**/*.py" for package in SHIPPED], id="everything"),
        pytest.param(
            "worker",
            [
                *("proto/*.py", "system/worker/**/*.py", "system/models/**/*.py", "system/*.py"),
                "system/tracing/*.py",
            ],
            id="worker",
        ),
        pytest.param(
            "coordinator",
            ["proto/*.py", "system/coordinator/**/*.py", "system/*.py", "system/tracing/*.py"],
            id="coordinator",
        ),
        pytest.param("client", ["system/client/**/*.py"], id="client"),
        pytest.param("dashboard", ["dashboard/**/*.py", "reports/**/*.py"], id="dashboard"),
    ],
)
def test_what_is_imported_is_asked_for(asked: str, places: list[str]) -> None:
    texts = project()["project"]["dependencies"] if asked == "dependencies" else group(asked)
    declared = {Requirement(text).name for text in texts}
    if "pydantic" in declared:
        declared.add("pydantic-core")  # its other half; the two are released together
    providers = packages_distributions()
    undeclared = [
        f"{short(source)}: {name}"
        for place in places
        for source in ROOT.glob(place)
        if source != ROOT / "proto" / "generate.py"  # a command for developers; the lint group has its compiler
        for name in imports(source)
        if not (declared | optional(source)) & {canonicalize_name(provider) for provider in providers.get(name, [])}
    ]
    assert not undeclared


def optional(source: Path) -> set[str]:
    """What one file may import that most installations lack."""
    extra = {ROOT / "system" / "tracing" / "otel.py": "otel"}.get(source)
    return {Requirement(text).name for text in project()["project"]["optional-dependencies"][extra]} if extra else set()


def test_under_tox_it_is_the_wheel_that_is_tested() -> None:
    home = Path(sysconfig.get_path("purelib")) if "TOX_ENV_NAME" in os.environ else ROOT
    assert Path(system.__file__).parent == home / "system"


def test_the_wheel_holds_every_shipped_file_and_no_test(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *SHIPPED]
    sources = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    recipe = {f"system/image/{name}" for name in ("Dockerfile", "constraints.txt", "pyproject.toml")}
    assert held == {name for name in sources if (ROOT / name).is_file()} | recipe
