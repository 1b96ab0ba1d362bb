"""The pytest plugin of the harness, loaded through its entry point.

Every pytest in an environment that has Brownout loads this file, so it imports the harness only once a scenario runs.
"""

from __future__ import annotations

import inspect
import os
import random
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from chaos.experiment import Experiment
    from chaos.exploring.explorer import Explorer
    from chaos.laboratory import Laboratory

SUBSTRATES: Final = ("simulated", "local", "docker")
PROJECT: Final = "compose:"  # and the name of a Compose project that is up
LARGEST_SEED: Final = 2**32

seed_key: Final = pytest.StashKey[int]()
failure_key: Final = pytest.StashKey[BaseException | None]()
finished_key: Final = pytest.StashKey[list[Path]]()
absence_key: Final = pytest.StashKey[str]()
skipped_key: Final = pytest.StashKey[Counter[str]]()
explored_key: Final = pytest.StashKey[list[tuple[str, object]]]()
ABSENCE: Final = "substrate_missing"  # of a skipped scenario's properties: why


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("brownout", "chaos experiments")
    group.addoption(
        "--substrate",
        type=_substrate,
        metavar="{" + ",".join((*SUBSTRATES, f"{PROJECT}PROJECT")) + "}",
        default="local",
        help="where clusters run, or the Compose project that is up and stands for one (default: local)",
    )
    group.addoption("--without-faults", action="store_true", help="leave every fault out: the baseline to compare with")
    group.addoption("--chaos-seed", type=int, metavar="N", help="repeat a session: the seed its header shows")
    group.addoption(
        "--runs-dir", type=Path, metavar="DIR", help="where runs are kept (default: reports/runs in the root directory)"
    )
    group.addoption(
        "--chaos-examples",
        type=int,
        metavar="N",
        help="how many generated runs explorations look at (default: 200 in simulation, else 2)",
    )
    group.addoption("--chaos-budget", type=float, metavar="SECONDS", help="explore for so long instead, as every night")
    group.addoption(
        "--chaos-save",
        action="store_true",
        help="save what fails, made small, into regressions/ beside the test that found it",
    )
    group.addoption(
        "--chaos-cover", action="store_true", help="fail unless explorations met every path that they look out for"
    )


def _substrate(given: str) -> str:
    if given not in SUBSTRATES and not (given.startswith(PROJECT) and given != PROJECT):
        raise ArgumentTypeError(f"{given!r} is none of {', '.join(SUBSTRATES)} and {PROJECT}PROJECT")
    return given


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "chaos: breaks a running cluster and judges what it did")
    config.addinivalue_line("markers", "only_on(*substrates): is skipped on others, which cannot do what it asks for")
    # Workers of xdist take the seed of the session that started them.
    shared: dict[str, Any] = getattr(config, "workerinput", {})
    given = config.getoption("--chaos-seed")
    drawn = random.SystemRandom().randrange(LARGEST_SEED)
    config.stash[seed_key] = shared.get("chaos_seed", drawn if given is None else given)
    config.stash[finished_key] = []
    config.stash[skipped_key] = Counter()
    config.stash[explored_key] = []
    config.pluginmanager.register(Finished(config), "brownout-finished")
    if config.getoption("--chaos-examples") is not None or config.getoption("--chaos-budget") is not None:
        from chaos.exploring.parts import parts  # noqa: PLC0415 - see above

        parts(config)  # says now what makes no sense, and not for each test


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - a class of xdist, which need not be installed
    node.workerinput["chaos_seed"] = node.config.stash[seed_key]


def pytest_report_header(config: pytest.Config) -> str:
    return f"brownout: substrate {config.getoption('--substrate')}, chaos seed {config.stash[seed_key]}"


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_pycollect_makeitem() -> Generator[None, Any, Any]:
    """Scenarios are coroutines and run as such in pytest-asyncio's strict mode too, without a marker of their own."""
    collected = yield
    for item in collected if isinstance(collected, list) else [collected]:
        if (
            isinstance(item, pytest.Function)
            and item.get_closest_marker("chaos")
            and inspect.iscoroutinefunction(item.obj)
            and not item.get_closest_marker("asyncio")
        ):
            item.add_marker(pytest.mark.asyncio)
    return collected


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A long exploration is several tests, which processes of xdist can share."""
    if "exploration" not in metafunc.fixturenames:
        return
    from chaos.exploring.parts import parts  # noqa: PLC0415 - see above

    each = parts(metafunc.config)
    metafunc.parametrize("exploration", each, indirect=True, ids=str)


def pytest_runtest_setup(item: pytest.Item) -> None:
    only = item.get_closest_marker("only_on")
    substrate = item.config.getoption("--substrate")
    if only is not None and substrate not in only.args:
        pytest.skip(f"the {substrate} substrate cannot do this; it takes --substrate {' or '.join(only.args)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if call.when == "call":
        failure = item.stash[failure_key] = None if call.excinfo is None else call.excinfo.value
        # Of scenarios alone: other tests in this environment have coroutines of their own.
        is_scenario = "experiment" in getattr(item, "fixturenames", ())
        if is_scenario and isinstance(failure, AttributeError) and inspect.iscoroutine(failure.obj):
            failure.add_note("It was not awaited: a run is there after `run = await experiment(...)`.")
    absence = item.config.stash.get(absence_key, None)
    if absence is not None and call.excinfo is not None and str(call.excinfo.value) == absence:
        item.user_properties.append((ABSENCE, absence))
    return (yield)


@pytest.fixture(scope="session")
def laboratory(pytestconfig: pytest.Config) -> Iterator[Laboratory]:
    """What all experiments of this session share; skips where clusters cannot run."""
    from chaos.session.fixtures import open_laboratory  # noqa: PLC0415 - see above
    from chaos.session.parting import die_with_parent, sigterm_as_ctrl_c  # noqa: PLC0415 - see above

    if hasattr(pytestconfig, "workerinput"):
        die_with_parent()
    try:
        with sigterm_as_ctrl_c():
            yield open_laboratory(pytestconfig, seed=pytestconfig.stash[seed_key])
    except pytest.skip.Exception as skipped:
        # Pytest shows reasons only to those who ask; the summary tells this one to everybody.
        pytestconfig.stash[absence_key] = str(skipped)
        raise


@pytest.fixture
def experiment(request: pytest.FixtureRequest, laboratory: Laboratory) -> Iterator[Experiment]:
    """Call it to put a system under load and to break it; each call is a run on a cluster of its own."""
    from chaos.session.fixtures import experiment_of, properties  # noqa: PLC0415 - see above

    node: pytest.Item = request.node
    experiment = experiment_of(node, laboratory)
    yield experiment
    failure = node.stash.get(failure_key, KeyboardInterrupt())  # of an interrupted test pytest reports nothing
    experiment.conclude(failure)
    # JUnit keeps these with the test; the summary at the end of the session reads them as well.
    node.user_properties += properties(experiment)
    # Reports of an interrupted test never come.
    _finish(request.config.stash[finished_key], node.user_properties)
    if failure is None and not (experiment.runs or experiment.controls):
        pytest.fail("nothing was run: the scenario must await `experiment(...)`", pytrace=False)
    if failure is None and (unjudged := sum(not run.judged for run in experiment.runs)):
        never = "1 run was" if unjudged == 1 else f"{unjudged} runs were"
        pytest.fail(f"{never} never judged: the scenario must call `holds` on every run", pytrace=False)


@pytest.fixture
def exploration(request: pytest.FixtureRequest, laboratory: Laboratory) -> Iterator[Explorer]:
    """Give it a strategy for cases to have many generated runs judged, and the first failure made small."""
    from chaos.session.fixtures import explorer_of  # noqa: PLC0415 - see above

    node: pytest.Item = request.node
    explorer = explorer_of(node, laboratory, request.param)
    yield explorer
    node.user_properties += explorer.properties()
    if node.stash.get(failure_key, KeyboardInterrupt()) is None and not explorer.verdicts:
        pytest.fail("nothing was explored: the scenario must call `exploration.holds(...)`", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    if hasattr(config, "workerinput"):
        return (yield)  # of xdist: whoever started it sums up what all of them did
    finished, skipped = config.stash[finished_key], config.stash[skipped_key]
    if finished or skipped:
        from chaos.session.terminal import summarise  # noqa: PLC0415 - see above

        summarise(finished, skipped, terminalreporter, config)
    explored = config.stash[explored_key]
    if finished or skipped or explored:
        _summarise_step(terminalreporter, config)
    if explored:
        from chaos.exploring.explored import Explored  # noqa: PLC0415 - see above

        Explored.of(explored).tell(terminalreporter)
    return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What was to be met and was not fails the session, which tells it at the end."""
    told = session.config.stash[explored_key]
    if told and session.config.getoption("--chaos-cover") and session.exitstatus == pytest.ExitCode.OK:
        from chaos.exploring.explored import Explored  # noqa: PLC0415 - see above

        if Explored.of(told).never:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _summarise_step(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """For GitHub Actions, which says where."""
    from chaos.exploring.explored import Explored  # noqa: PLC0415 - see above
    from chaos.session.step_summary import VARIABLE, append_to, step_summary  # noqa: PLC0415 - see above

    if not (file := os.environ.get(VARIABLE)):
        return
    finished, skipped, seed = config.stash[finished_key], config.stash[skipped_key], config.stash[seed_key]
    explored = Explored.of(told) if (told := config.stash[explored_key]) else None
    text = step_summary(finished, skipped, explored, substrate=config.getoption("--substrate"), seed=seed)
    if problem := append_to(Path(file), text):
        terminalreporter.write_line(problem, yellow=True)


class Finished:
    """Collects what the reports of a session tell, which reach the main process of xdist as well."""

    def __init__(self, config: pytest.Config) -> None:
        self._directories = config.stash[finished_key]
        self._skipped = config.stash[skipped_key]
        self._explored: list[tuple[str, object]] = config.stash[explored_key]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            _finish(self._directories, report.user_properties)
            self._skipped.update(str(value) for name, value in report.user_properties if name == ABSENCE)
            if any(name == "explored" for name, _ in report.user_properties):
                told = ("explored", "sometimes", "verdict")
                self._explored += [each for each in report.user_properties if each[0] in told]


def _finish(directories: list[Path], properties: Iterable[tuple[str, object]]) -> None:
    """Add the run directories that `properties` name, each once."""
    for name, value in properties:
        if name in ("run_directory", "control_directory") and Path(str(value)) not in directories:
            directories.append(Path(str(value)))
