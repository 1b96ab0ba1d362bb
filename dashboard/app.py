"""The dashboard: its pages and the look they share. Streamlit runs this file for every viewer."""

from __future__ import annotations

import streamlit as st

from dashboard.live_page import live_page
from dashboard.markup import style
from dashboard.settings import Settings


def main() -> None:
    settings = Settings.of_environment()
    st.set_page_config(page_title="Brownout", page_icon="🔅", layout="wide")
    st.html(style(dark=st.context.theme.type == "dark"))
    pages = [st.Page(lambda: live_page(settings), title="Live", url_path="live", icon="📈", default=True)]
    st.navigation(pages, position="top").run()


main()
