"""Planted bugs against the invariants that are to catch them."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from dashboard.markup import banner, heading, table, told
from dashboard.settings import Settings
from reports.detection import DetectionProblem, read_matrix
from reports.palette import BAD, GOOD, UNKNOWN


def detection_page(settings: Settings) -> None:
    st.html(heading("Detection", f"planted bugs and what caught them, from {settings.detection}"))
    if not settings.detection.exists():
        st.html(
            banner(
                UNKNOWN,
                "?",
                "No detection matrix is there.",
                "DETECTION_FILE says where one is; see reports/detection.py",
            )
        )
        return
    try:
        matrix = read_matrix(settings.detection)
    except DetectionProblem as problem:
        st.html(banner(BAD, "⚠", "The matrix cannot be shown:", str(problem)))
        return
    caught_all = matrix.caught == len(matrix.bugs)
    st.html(
        banner(
            GOOD if caught_all else BAD,
            "✔" if caught_all else "✘",
            f"{matrix.caught} of {len(matrix.bugs)} planted bugs were caught.",
        )
    )
    yes = told("✔", "yes", GOOD)
    st.html(
        table(
            "Bugs by family",
            ("family", "bug", "caught", *matrix.invariants, "schedules", "seconds", "faults after shrinking"),
            [
                (
                    bug.family,
                    bug.name,
                    yes if bug.caught else told("✘", "no", BAD),
                    *(yes if name in bug.by else Markup("") for name in matrix.invariants),
                    _figure(bug.schedules),
                    _figure(bug.seconds),
                    _figure(bug.faults_after_shrinking),
                )
                for bug in matrix.bugs
            ],
        )
    )


def _figure(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:,g}"
