"""Pictures of a live system and of finished runs; everything they show is computed in `reports`.

__main__      `python -m dashboard`: starts Streamlit with the settings below
settings      from the environment: which coordinator, which runs, where to listen
app           start here: the pages, and the look they share
markup        pieces of HTML, with every text escaped

watch         asks a coordinator all the time, for all pages at once
live_page     the system as it is now
break_panel   break it by hand, where it was started for that; asked for by `control`

opened        runs as pages open them
runs_page     all of them, and trends
run_page      one of them, down to one request
compare_page  two sides of runs, and how sure a difference is
detection_page  planted bugs against invariants
"""
