"""That the palette can be read: WCAG contrast on both grounds, and by eyes that see fewer colours."""

from itertools import combinations

import pytest

from reports.history import OpType
from reports.palette import (
    BAD,
    FAULTS,
    GOOD,
    GROUND,
    INK,
    MUTED,
    OTHER_FAULT,
    OUTCOMES,
    RAISED,
    UNKNOWN,
    VERDICTS,
    colours,
)
from reports.verdict import Verdict

Linear = tuple[float, float, float]

# Machado, Oliveira and Fernandes (2009), severity 1.0, for linear RGB.
SIGHT = {
    "full": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
THEMES = ("light", "dark")


def linear(colour: str) -> Linear:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return (_linear(red), _linear(green), _linear(blue))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    dark, light = sorted(
        sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear(each), strict=True))
        for each in (one, other)
    )
    return (light + 0.05) / (dark + 0.05)


def seen(colour: str, sight: str) -> Linear:
    """CIE Lab of the colour as such eyes see it."""
    channels = linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * channel for weight, channel in zip(row, channels, strict=True))))
        for row in SIGHT[sight]
    )
    x = _lab((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
    y = _lab(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = _lab((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def _lab(ratio: float) -> float:
    return float(ratio ** (1 / 3)) if ratio > 0.008856 else 7.787 * ratio + 16 / 116


def distance(one: str, other: str, sight: str) -> float:
    pairs = zip(seen(one, sight), seen(other, sight), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


@pytest.mark.parametrize("theme", THEMES)
def test_words_can_be_read_on_their_ground(theme: str) -> None:
    ground = getattr(GROUND, theme)
    written = (INK, MUTED, GOOD, BAD, UNKNOWN)
    assert [colour.name for colour in written if contrast(getattr(colour, theme), ground) < 4.5] == []
    raised = getattr(RAISED, theme)
    assert [colour.name for colour in (INK, MUTED, GOOD) if contrast(getattr(colour, theme), raised) < 4.5] == []


@pytest.mark.parametrize("theme", THEMES)
def test_every_mark_stands_out_from_its_ground(theme: str) -> None:
    ground = getattr(GROUND, theme)
    marks = (GOOD, BAD, UNKNOWN, OTHER_FAULT, *FAULTS.values())
    assert [mark.name for mark in marks if contrast(getattr(mark, theme), ground) < 3] == []


@pytest.mark.parametrize("theme", THEMES)
def test_the_label_in_a_fault_bar_can_be_read(theme: str) -> None:
    ground = getattr(GROUND, theme)
    bars = (OTHER_FAULT, *FAULTS.values())
    assert [bar.name for bar in bars if contrast(ground, getattr(bar, theme)) < 4.5] == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", SIGHT)
def test_good_bad_and_unknown_are_told_apart_by_all_eyes(sight: str, theme: str) -> None:
    alike = [
        (one.name, other.name)
        for one, other in combinations((GOOD, BAD, UNKNOWN), 2)
        if distance(getattr(one, theme), getattr(other, theme), sight) < 24
    ]
    assert alike == []


def test_no_two_meanings_share_a_colour() -> None:
    meanings = tuple(colours())
    assert len({colour.light for colour in meanings}) == len({colour.name for colour in meanings}) == len(meanings)


def test_an_outcome_and_the_verdict_it_leads_to_share_theirs() -> None:
    assert [OUTCOMES[each] for each in (OpType.OK, OpType.FAIL, OpType.INFO)] == [
        VERDICTS[each] for each in (Verdict.HELD, Verdict.VIOLATED, Verdict.INCONCLUSIVE)
    ]
