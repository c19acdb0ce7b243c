"""Colours that the colour-blind can tell, on light and on dark ground."""

import math
from itertools import combinations

import pytest

from pt5_async.report.palette import DARK, LIGHT, LOOKS, SERIES

SIGHT = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    # Machado, Oliveira and Fernandes (2009), at full severity.
    "no red": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "no green": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "no blue": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""What becomes of linear red, green and blue in an eye."""

EACH = pytest.mark.parametrize("sight", SIGHT)
BOTH = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])

Three = tuple[float, float, float]


def linear(colour: str) -> Three:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _linear(part: float) -> float:
    if part <= 0.04045:
        return part / 12.92
    return float(((part + 0.055) / 1.055) ** 2.4)


def seen(colour: str, sight: str) -> Three:
    """A colour as an eye has it, in CIELAB."""
    light = linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, light, strict=True))))
        for row in SIGHT[sight]
    )
    x, y, z = (
        _root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505),
        _root(0.2126 * red + 0.7152 * green + 0.0722 * blue),
        _root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089),
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str, sight: str) -> float:
    return math.dist(seen(one, sight), seen(other, sight))


def _root(part: float) -> float:
    return part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116


@EACH
@BOTH
def test_each_look_of_a_day_is_another_colour_to_every_eye(
    colours: dict[str, str], sight: str
) -> None:
    names = [name for name, _ in LOOKS.values()]
    for one, other in combinations(names, 2):
        apart = distance(colours[one], colours[other], sight)
        assert apart > 18, (one, other)


@EACH
@BOTH
def test_lines_of_instruments_can_be_told(
    colours: dict[str, str], sight: str
) -> None:
    for one, other in combinations(SERIES, 2):
        apart = distance(colours[one], colours[other], sight)
        assert apart > 18, (one, other)


@BOTH
def test_words_have_contrast_enough_to_be_read(
    colours: dict[str, str],
) -> None:
    def bright(name: str) -> float:
        red, green, blue = linear(colours[name])
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05

    for words in ("ink", "soft", "ill"):
        for ground in ("panel", "paper"):
            both = sorted((bright(words), bright(ground)))
            assert both[1] / both[0] >= 4.5, (words, ground)  # WCAG 2, AA
