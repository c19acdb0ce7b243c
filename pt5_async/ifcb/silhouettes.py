"""Pictures of plankton that never lived, for synthetic bins.

Something dark with a darker rim on a grey ground, all with some grain, as
raw rows of 8-bit grey. Drawing takes Python a microsecond or two per row of
pixels, so small pictures are drawn once, and `grained` makes those of one
bin differ from those of the next.
"""

import math
import random
from functools import lru_cache
from typing import Final

VARIANTS: Final = 3
"""How many pictures there are of one size."""

_GROUND, _RIM, _BODY, _SPOT = 0xC0, 0x40, 0x80, 0x50
_LEVELS: Final = 16
"""Grey values, and how many steps of grain come on top of each."""

_TEXTURE: Final = 4099
_SMALL: Final = 65_536
_KEPT: Final = 128
"""Bytes of grain before it repeats, pixels up to which a picture is kept,
and how many are: 8 MiB at the most."""

_SPOT_SPAN: Final = 0.15


def picture(width: int, height: int, variant: int) -> bytes:
    """`width` * `height` pixels; the same for the same arguments."""
    draw = _keep if width * height <= _SMALL else _draw
    return draw(width, height, variant)


def grained(pixels: bytes, rng: random.Random) -> bytes:
    """`pixels` with the steps of their grain shuffled; 1 ms per MB."""
    steps = rng.sample(range(_LEVELS), _LEVELS)
    table = bytes(
        grey - grey % _LEVELS + steps[grey % _LEVELS] for grey in range(256)
    )
    return pixels.translate(table)


def _draw(width: int, height: int, variant: int) -> bytes:
    """An ellipse with a wavy outline, a rim and a spot in the middle."""
    canvas = bytearray(_grain(_GROUND, variant, width * height))
    rim = max(1, width // 24)
    for y in range(height):
        off = 2.2 * (y + 0.5) / height - 1.1
        wave = 1 + 0.12 * math.sin(4 * off + 2 * variant)
        half = 0.4 * width * wave * math.sqrt(max(0.0, 1 - off * off))
        left, right = int(width / 2 - half), int(width / 2 + half)
        across = right - left
        at = y * width + left
        canvas[at : at + across] = _grain(_RIM, y, across)
        inner = across - 2 * rim
        if inner > 0:
            level = _SPOT if abs(off) < _SPOT_SPAN else _BODY
            at += rim
            canvas[at : at + inner] = _grain(level, y, inner)
    return bytes(canvas)


_keep = lru_cache(maxsize=_KEPT)(_draw)


def _grain(level: int, shift: int, length: int) -> bytes:
    """`length` pixels of about `level`, from another place per `shift`."""
    texture = _texture(level)
    begin = shift * 257 % _TEXTURE
    times = (begin + length) // _TEXTURE + 1
    return (texture * times)[begin : begin + length]


@lru_cache(maxsize=8)
def _texture(level: int) -> bytes:
    """Random grain on top of `level`; the same in every run."""
    rng = random.Random(level)
    return bytes(level + rng.randrange(_LEVELS) for _ in range(_TEXTURE))
