from dashboard.markup import banner, heading, style, table, tiles
from reports.palette import GOOD

HOSTILE = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


def test_every_text_is_escaped_wherever_it_stands() -> None:
    pieces = (
        heading(HOSTILE, HOSTILE),
        tiles([(HOSTILE, HOSTILE, "ink")]),
        banner(GOOD, HOSTILE, HOSTILE, HOSTILE),
        table(HOSTILE, (HOSTILE,), [(HOSTILE,)], numeric=(0,)),
    )
    for piece in pieces:
        assert "<script" not in piece
        assert ESCAPED in piece


def test_the_style_defines_every_colour_in_the_theme() -> None:
    assert f"--good:{GOOD.light};" in style(dark=False)
    assert f"--good:{GOOD.dark};" in style(dark=True)
