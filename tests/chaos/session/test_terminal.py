"""The line about the run that goes on, at a terminal and elsewhere."""

import re
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest

from chaos.progress import Moment
from chaos.session.terminal import LiveProgress, PlainProgress, TerminalWatcher, told

MOMENT = Moment(
    now_s=6.2, lasts_s=20, offered=310, answered=300, offered_rps=50.4, answered_rps=48.9, faults=("crash worker1",)
)


def watcher(width: int, isatty: bool = True) -> tuple[TerminalWatcher, StringIO]:
    """Of a session whose terminal is so wide, and what its reporter wrote."""
    written = StringIO()
    writer = SimpleNamespace(fullwidth=width, width_of_current_line=12)
    config: Any = SimpleNamespace(
        get_terminal_writer=lambda: writer, pluginmanager=SimpleNamespace(get_plugin=lambda _name: None)
    )
    reporter: Any = SimpleNamespace(
        isatty=isatty, ensure_newline=lambda: None, write_line=lambda line: written.write(f"{line}\n")
    )
    return TerminalWatcher(reporter, config), written


def test_a_moment_has_its_time_its_rates_what_waits_and_what_is_broken() -> None:
    assert told(MOMENT) == "6 of 20 s, offered 50/s, answered 49/s, 10 waiting, in force: crash worker1"


@pytest.mark.parametrize("width", [200, 60, 20])
def test_the_live_line_never_wraps_and_leaves_the_cursor_where_it_was(
    width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    live, _ = watcher(width)
    LiveProgress(live, "a_scenario_with_a_name").moment(MOMENT)
    drawn = re.fullmatch(r"\n\x1b\[2K(.*)\x1b\[1A\r\x1b\[12C", capsys.readouterr().out)
    assert drawn is not None
    assert len(drawn[1]) < width
    assert drawn[1] == f"  {told(MOMENT)}  (a_scenario_with_a_name)"[: width - 1]


def test_elsewhere_there_is_a_plain_line_every_five_seconds() -> None:
    plain, written = watcher(80, isatty=False)
    with plain.watching("any") as progress:
        assert isinstance(progress, PlainProgress)
        progress.moment(MOMENT)
        progress.moment(MOMENT)
    assert written.getvalue() == f"  any  {told(MOMENT)}\n"
    assert "\x1b" not in written.getvalue()
