"""The dashboard: its pages and the look they share. Streamlit runs this file for every viewer."""

from __future__ import annotations

import streamlit as st
from altair.utils.schemapi import disable_debug_mode

from dashboard.compare_page import compare_page
from dashboard.detection_page import detection_page
from dashboard.live_page import live_page
from dashboard.markup import style
from dashboard.run_page import run_page
from dashboard.runs_page import runs_page
from dashboard.settings import Settings


def main() -> None:
    # Half of what a chart costs is checking it against a schema, which the tests of the charts do.
    disable_debug_mode()
    settings = Settings.of_environment()
    st.set_page_config(page_title="Brownout", page_icon="🔅", layout="wide")
    st.html(style(dark=st.context.theme.type == "dark"))
    live_first = settings.first_page == "live"
    one = st.Page(lambda: run_page(settings), title="Run", url_path="run", icon="🔍")
    pages = [
        st.Page(lambda: runs_page(settings, one), title="Runs", url_path="runs", icon="📋", default=not live_first),
        one,
        st.Page(lambda: compare_page(settings), title="Compare", url_path="compare", icon="⚖️"),
        st.Page(lambda: detection_page(settings), title="Detection", url_path="detection", icon="🐞"),
    ]
    live = st.Page(lambda: live_page(settings), title="Live", url_path="live", icon="📈", default=live_first)
    pages.insert(0 if live_first else len(pages), live)
    st.navigation(pages, position="top").run()


main()
