"""Break it by hand: a panel of the live page, where `brownout up --chaos` started it."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboard.control import Breakable, Broken, Control, ControlProblem, Parameter, lasted_s
from dashboard.markup import banner, heading, table, told
from reports.palette import BAD, GOOD, UNKNOWN, fault_colour

USUAL_S: Final = 10.0  # until a fault heals by itself, unless somebody wants otherwise
LONGEST_S: Final = 3600.0
SAID: Final = "said by hand"  # in the state of a visit: what came of the last click
BITES: Final = {
    True: ("●", "bites", GOOD),
    False: ("○", "does not bite", UNKNOWN),
    None: ("…", "nobody has looked yet", UNKNOWN),
}


@st.cache_resource(show_spinner=False)
def controlling(url: str, token: str) -> Control:
    return Control(url, token)


def break_panel(control: Control) -> None:
    st.html(heading("Break it by hand", "whoever opens this page may; Ctrl-C of brownout up heals everything", level=2))
    _inject(control)
    _in_force(control)
    _save(control)


@st.fragment
def _inject(control: Control) -> None:
    try:
        kinds = {each.kind: each for each in control.catalogue()}
    except ControlProblem as problem:
        st.html(banner(BAD, "⚠", "Nothing can be broken now:", str(problem)))
        return
    what, where, how_long = st.columns([2, 3, 2], vertical_alignment="bottom")
    kind = kinds[what.selectbox("Fault", list(kinds), index=_usual(list(kinds)), key="fault")]
    if kind.several:
        targets = where.multiselect("Targets", kind.targets, key=f"targets of {kind.kind}")
    else:
        usual = min(1, len(kind.targets) - 1)  # the first is the one that everything leads through
        targets = [where.selectbox("Target", kind.targets, index=usual, key=f"target of {kind.kind}")]
    seconds = how_long.number_input(
        "Heals by itself after, s (0: never)", 0.0, LONGEST_S, USUAL_S, 1.0, format="%.1f", key="seconds"
    )
    st.caption(f"{kind.about} Healed by {kind.inverse}.")
    given = _parameters(kind)
    if st.button("Break it", type="primary", icon="💥", key="break"):
        try:
            st.session_state[SAID] = (
                GOOD,
                "✔",
                "Injected:",
                control.inject(kind.kind, targets, given, seconds or None),
            )
        except ControlProblem as problem:
            st.session_state[SAID] = (BAD, "✘", "Not injected:", str(problem))
    if SAID in st.session_state:
        st.html(banner(*st.session_state[SAID]))


def _usual(kinds: list[str]) -> int:
    return kinds.index("crash") if "crash" in kinds else 0


def _parameters(kind: Breakable) -> dict[str, Any]:
    if not kind.parameters:
        return {}
    columns = st.columns(len(kind.parameters), vertical_alignment="bottom")
    return {
        each.name: _asked(column, each, f"{kind.kind} {each.name}")
        for column, each in zip(columns, kind.parameters, strict=True)
    }


def _asked(column: Any, parameter: Parameter, key: str) -> Any:  # noqa: ANN401 - a column of Streamlit; a JSON value
    """Wrong values can be given: what is wrong with them is told by the catalogue."""
    label, default = parameter.name, parameter.default
    if parameter.choices:
        return column.selectbox(
            label, parameter.choices, parameter.choices.index(default), help=parameter.about, key=key
        )
    match parameter.type:
        case "whole number":
            return column.number_input(label, value=default or 100, step=1, help=parameter.about, key=key)
        case "number":
            return column.number_input(label, value=default or 1.0, help=parameter.about, key=key)
        case "yes or no":
            return column.checkbox(label, bool(default), help=parameter.about, key=key)
        case _:
            return column.text_input(label, default or "", help=parameter.about, key=key)


@st.fragment(run_every=1.0)
def _in_force(control: Control) -> None:
    try:
        broken = control.state()
    except ControlProblem as problem:
        st.html(banner(UNKNOWN, "✕", "What is broken is not known:", str(problem)))
        return
    for said in broken.problems[-3:]:
        st.html(banner(BAD, "⚠", "Not as it should be:", said))
    for window in broken.windows:
        if window.id in broken.in_force:
            line, button = st.columns([6, 1], vertical_alignment="center")
            glyph, word, tone = BITES[window.bit]
            line.html(
                table(
                    "",
                    ("in force", "target", "it", "for", "evidence"),
                    [
                        (
                            told("■", window.kind, fault_colour(window.kind)),
                            window.target,
                            told(glyph, word, tone),
                            f"{lasted_s(window, broken):.0f} s",
                            window.evidence,
                        )
                    ],
                    numeric=(3,),
                )
            )
            if button.button("Heal", key=f"heal {window.id}", width="stretch"):
                _tried(lambda fault_id=window.id: control.heal(fault_id))
    _past(broken)
    if st.button("Heal everything", key="heal everything"):
        _tried(control.heal_all)


@st.fragment
def _save(control: Control) -> None:
    """Not drawn anew all the time, or a click would come to nothing now and then."""
    st.download_button(
        "Save as a schedule",
        control.session,
        file_name="session.json",
        mime="application/json",
        on_click="ignore",
        help="what was broken here, as a file for: brownout replay session.json",
        key="save",
    )


def _past(broken: Broken) -> None:
    over = [each for each in broken.windows if each.id not in broken.in_force]
    if over:
        st.html(
            table(
                f"Healed: {len(over)}; the last of them",
                ("fault", "target", "lasted", "it", "evidence"),
                [
                    (
                        told("■", each.kind, fault_colour(each.kind)),
                        each.target,
                        f"{lasted_s(each, broken):.1f} s",
                        "bit" if each.bit else "was not seen to bite",
                        each.evidence,
                    )
                    for each in reversed(over[-5:])
                ],
                numeric=(2,),
            )
        )


def _tried(action: Any) -> None:  # noqa: ANN401 - anything that can be called
    try:
        action()
    except ControlProblem as problem:
        st.html(banner(BAD, "✘", "Not healed:", str(problem)))
