"""Schedules for Hypothesis whose times are eighths of a second, so that sums of them are exact."""

from hypothesis import strategies as st

from chaos.faults import bandwidth, crash, down, partition, pause, reset, starve_cpu
from chaos.faults.aim import Aimed, Planned
from chaos.schedule import Schedule
from chaos.targets import all_workers, majority, minority, one_of

NODES = ("front", "back1", "back2", minority, majority, all_workers, one_of("front", "back2"))
EDGES = ("client→front", "front→back1", "front→back2", one_of("front->back1", "front->back2"))

eighths = st.integers(0, 80).map(lambda number: number / 8)


@st.composite
def planned(draw: st.DrawFn) -> Planned:
    node, edge = draw(st.sampled_from(NODES)), draw(st.sampled_from(EDGES))
    aimed: Aimed = draw(
        st.sampled_from(
            [
                *(crash(node), pause(node), starve_cpu(node, share=0.5)),
                *(down(edge), reset(edge), bandwidth(edge, kb_per_s=2), partition("front→back1", "front→back2")),
            ]
        )
    )
    start_s, lasts_s = draw(eighths), draw(st.none() | st.integers(1, 40).map(lambda number: number / 8))
    return aimed.at(start_s) if lasts_s is None else aimed.between(start_s, start_s + lasts_s)


schedules = st.builds(Schedule, st.lists(planned(), max_size=6).map(tuple), st.integers(0, 2**32))
