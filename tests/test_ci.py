"""CI's own two scripts: the count of what passed, and the search for processes left behind."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tally import Tally, tally_file, tally_files

# Plugins that cost a second each, and change no outcome.
PLAIN = [f"-pno:{plugin}" for plugin in ("brownout", "hypothesispytest", "schemathesis")]

CI = Path(__file__).resolve().parent.parent / ".ci"

OUTCOMES = """
import pytest

@pytest.fixture
def breaks_on_the_way_out():
    yield
    raise RuntimeError

@pytest.fixture
def breaks_on_the_way_in():
    raise RuntimeError

def test_passes(): pass
@pytest.mark.parametrize("n", [1, 2])
def test_passes_twice(n): pass
def test_fails(): assert False
def test_skips(): pytest.skip("for a reason")
def test_passes_then_breaks(breaks_on_the_way_out): pass
def test_fails_then_breaks(breaks_on_the_way_out): assert False
def test_never_starts(breaks_on_the_way_in): pass
"""

LEFT_BEHIND = """
import subprocess, sys
import matrix
matrix.adopt_orphans()
detached = "import subprocess; print(subprocess.Popen(['sleep', '{seconds}'], start_new_session=True).pid)"
for seconds in sys.argv[1:]:
    subprocess.run([sys.executable, "-c", detached.format(seconds=seconds)], check=True, stdout=subprocess.DEVNULL)
print(sorted(matrix.end_leftovers(grace_s=1.0).values()))
print(matrix.end_leftovers(grace_s=1.0))
"""

MEETING = """
import sys, time
from pathlib import Path
own, other, code = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
own.touch()
while not other.exists():
    time.sleep(0.01)
print("met", other.name)
sys.exit(code)
"""

# An engine is whatever runs and has its number in the file.
ENDED = """
set -euo pipefail
tools=$1
source "$2/containers"
engine_started=$3
sleep 60 &
echo $! >"$engine_pid"
stop_engine
kill -0 $! 2>/dev/null && echo runs on && kill $!
"""

# On a machine that has these commands, of which the engine answers or not.
PROVISIONED = """
set -euo pipefail
tools=$1
source "$2/containers"
has=" $3 "
command() { [[ $has == *" $2 "* ]]; }
engine_answers() { [[ $has == *" engine "* ]]; }
install_packages() { echo install "$@"; }
start_engine() { echo start; }
docker() { echo 20; }
id() { echo 0; }
provision_engine
"""

SIDE_BY_SIDE = """
import sys
import matrix
meeting, a, b = sys.argv[1:]
one = lambda *arguments: (sys.executable, "-c", meeting, *arguments)
print(matrix.run_side_by_side({"first": one(a, b, "0"), "second": one(b, a, "3")}))
"""


def test_each_outcome_is_counted_once(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(OUTCOMES)
    pytester.runpytest_subprocess("--junit-xml=one.xml", *PLAIN)
    found = tally_file(pytester.path / "one.xml")
    assert found == Tally(passed=3, failed=4, skipped=1)
    assert str(found) == "3 passed, 4 failed, 1 skipped"


def test_environments_add_up(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(OUTCOMES)
    pytester.runpytest_subprocess("--junit-xml=one.xml", *PLAIN)
    shutil.copy(pytester.path / "one.xml", pytester.path / "two.xml")
    assert tally_files(pytester.path.glob("*.xml")) == Tally(passed=6, failed=8, skipped=2)
    assert tally_files([]) == Tally()


@pytest.mark.skipif(sys.platform != "linux", reason="adopting orphans is a Linux ability")
def test_a_process_that_got_away_is_found_and_ended() -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", LEFT_BEHIND, "0.1", "301"],
        env={"PYTHONPATH": str(CI), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert outcome.stdout.splitlines() == ["['sleep 301']", "{}"]


@pytest.mark.parametrize(
    ("engine", "found"),
    [
        pytest.param(
            "#!/bin/sh\n[ $1 = container ] && [ $5 = label=brownout ] && echo c0ffee; true\n", 1, id="one left"
        ),
        pytest.param("#!/bin/sh\nexit 1\n", 0, id="no engine"),
    ],
)
def test_what_is_left_in_an_engine_is_found_by_its_label(engine: str, found: int, tmp_path: Path) -> None:
    (tmp_path / "docker").write_text(engine)
    (tmp_path / "docker").chmod(0o755)
    outcome = subprocess.run(
        [sys.executable, "-c", "import matrix; print(*matrix.labelled().items())"],
        env={"PYTHONPATH": str(CI), "PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    left = ["('container c0ffee', ('docker', 'rm', '--force', 'c0ffee'))"]
    assert outcome.stdout.splitlines() == (left if found else [""])


@pytest.mark.parametrize(
    ("started", "said"),
    [pytest.param("yes", "[engine] stopped\n", id="ours"), pytest.param("", "runs on\n", id="somebody else's")],
)
def test_only_an_engine_of_our_own_is_stopped(started: str, said: str, tmp_path: Path) -> None:
    outcome = subprocess.run(
        ["bash", "-c", ENDED, "bash", str(tmp_path), str(CI), started],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert outcome.stdout + outcome.stderr == said


@pytest.mark.parametrize(
    ("has", "does"),
    [
        ("", ["install iproute2", "install docker.io", "start"]),
        ("dockerd", ["install iproute2", "start"]),
        ("ip", ["install docker.io", "start"]),
        ("dockerd ip", ["start"]),
        ("dockerd engine", ["install iproute2"]),
        ("dockerd ip engine", []),
    ],
)
def test_an_engine_is_provided_with_what_tests_of_ones_own_take(tmp_path: Path, has: str, does: list[str]) -> None:
    outcome = subprocess.run(
        ["bash", "-c", PROVISIONED, "bash", str(tmp_path), str(CI), has],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert [line for line in outcome.stdout.splitlines() if not line.startswith("[provision]")] == does


def test_environments_side_by_side_are_told_apart_and_each_can_fail(tmp_path: Path) -> None:
    # Either ends only once the other has begun.
    outcome = subprocess.run(
        [sys.executable, "-c", SIDE_BY_SIDE, MEETING, str(tmp_path / "a"), str(tmp_path / "b")],
        env={"PYTHONPATH": str(CI), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    said = [re.sub(r"\d+ s$", "0 s", line) for line in outcome.stdout.splitlines()]
    assert said.pop() == "['second']"
    assert sorted(said) == [
        "[first] ...",
        "[first] ok: 0 s",
        "[second] ...",
        "[second] FAILED: 0 s",
        "first | met b",
        "second | met a",
    ]


@pytest.mark.skipif(
    shutil.which("actionlint") is None,
    reason="actionlint is not installed: go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7",
)
def test_the_workflows_are_what_the_service_takes() -> None:
    workflows = sorted(map(str, (CI.parent / ".github" / "workflows").glob("*.yml")))
    told = subprocess.run(["actionlint", *workflows], capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert len(workflows) == 2


def test_the_workflow_runs_environments_that_there_are() -> None:
    workflow = yaml.safe_load((CI.parent / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    named = [
        name
        for job in workflow["jobs"].values()
        for name in job["strategy"]["matrix"].get("environment", [f"py{job['strategy']['matrix'].get('python')}"])
    ]
    there = re.findall(r"^\[testenv:(.+)\]$", (CI.parent / "tox.ini").read_text(encoding="utf-8"), re.MULTILINE)
    there = [name for each in there for name in (("chaos", "chaos-local") if each == "chaos{,-local}" else (each,))]
    assert not sorted({name for name in named if not name.startswith("py")} - set(there))


def test_the_night_is_spent_as_its_page_says() -> None:
    workflow = yaml.safe_load((CI.parent / ".github" / "workflows" / "nightly.yml").read_text(encoding="utf-8"))
    (command,) = (run for step in workflow["jobs"]["explore"]["steps"] if "pytest" in (run := step.get("run", "")))
    assert f".venv/bin/{command}\n" in (CI.parent / "docs" / "how-to" / "nightly.md").read_text(encoding="utf-8")
