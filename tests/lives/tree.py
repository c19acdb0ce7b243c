"""A source that the test knows by heart: every byte, every time.

Bins come and go as an instrument, a copy, a repair or an operator would
have it. `states` of a bin are all that it ever was when it was whole.
"""

import os
import time
from collections.abc import Iterator
from functools import lru_cache
from hashlib import md5
from pathlib import Path
from typing import Final, NamedTuple

from runs import big_bin, pid_text

from pt5_async.ifcb.names import Kind, parse_pid
from pt5_async.ifcb.synthetic import make_bin

MIN_AGE: Final = 0.5
"""Seconds for which the runs let a file settle; changing a bin is quicker."""

LARGE: Final = 9
"""The .roi of bins whose number ends in this goes up in parts."""

KEPT: Final = 8
"""So many bins are on the disk; older ones are cleared away."""

_COPIED: Final = 10.0
"""Seconds of age that a file has which was copied with its time."""

State = dict[Kind, bytes]


class Triple(NamedTuple):
    """The MD5s of one state of a bin."""

    roi: str
    hdr: str
    adc: str


@lru_cache(maxsize=32)
def state(number: int, variant: int) -> State:
    """One of a bin's possible states; 0 and 1 have the same sizes."""
    if number % 10 == LARGE:
        made = big_bin(17 + variant // 2).by_kind()
    else:
        pid = parse_pid(pid_text(number))
        assert pid is not None
        rois = 3 + variant // 2
        made = make_bin(pid, seed=number, rois=rois, size=(8, 6)).by_kind()
    return made if variant % 2 == 0 else _other(made)


def _other(made: State) -> State:
    """As many bytes, and others: images and time alone differ."""
    roi, adc = bytearray(made[Kind.ROI]), bytearray(made[Kind.ADC])
    roi[0] ^= 0xFF
    at = adc.index(b",", adc.index(b",") + 1) - 1  # in the time of a row
    adc[at] = ord("1") if adc[at] != ord("1") else ord("2")
    return {**made, Kind.ROI: bytes(roi), Kind.ADC: bytes(adc)}


def triple(made: State) -> Triple:
    return Triple(*(_md5(made[kind]) for kind in Kind))


@lru_cache(maxsize=256)
def _md5(body: bytes) -> str:
    return md5(body).hexdigest()


class Tree:
    """The source, and what was ever in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        self.files: dict[str, tuple[bytes, int]] = {}
        self.states: dict[int, set[Triple]] = {}
        self.bodies: dict[str, set[str]] = {}
        self.numbers: dict[str, int] = {}
        self.born: dict[str, int] = {}
        self.newest = -1

    # ---- what happens to bins

    def arrive(self, bins: int) -> None:
        """So many new bins; those that were there for long are cleared."""
        for _ in range(bins):
            self.newest += 1
            self.copy(self.newest, 0)
            self.remove(self.newest - KEPT)

    def copy(self, number: int, variant: int) -> None:
        """A whole bin is there at once, with its old times.

        Where there was one, with new ones: a listing shows size and date
        alone, and who puts an older file of the same size in a newer one's
        place cannot be told from who did not.
        """
        self._known(number, variant)
        age = 0.0 if self.born.keys() & set(self.names(number)) else _COPIED
        for kind, body in state(number, variant).items():
            self._write(number, kind, body, age=age)

    def grow(self, number: int, variant: int, share: float) -> None:
        """An instrument is at it: images and rows so far, no header yet."""
        made = state(number, variant)
        self._drop(number, Kind.HDR)
        for kind in (Kind.ROI, Kind.ADC):
            body = made[kind]
            self._write(number, kind, body[: int(len(body) * share)])

    def replace(self, number: int, variant: int) -> None:
        """It is whole, now; or another that is whole takes its place."""
        self._known(number, variant)
        for kind, body in state(number, variant).items():
            self._write(number, kind, body)

    def touch(self, number: int, age: float) -> None:
        """Other times, the same bytes, as after a restore."""
        for kind in Kind:
            if seen := self.files.get(_name(number, kind)):
                self._write(number, kind, seen[0], age=age)

    def remove(self, number: int, *kinds: Kind) -> None:
        for kind in kinds or tuple(Kind):
            self._drop(number, kind)

    def _known(self, number: int, variant: int) -> None:
        made = state(number, variant)
        self.states.setdefault(number, set()).add(triple(made))

    def _write(
        self, number: int, kind: Kind, body: bytes, *, age: float = 0.0
    ) -> None:
        name = _name(number, kind)
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        self.numbers[name] = number
        self.bodies.setdefault(name, set()).add(_md5(body))
        if name not in self.files or self.files[name][0] != body or not age:
            path.write_bytes(body)
            self.born[name] = time.time_ns()
        if age:
            then = time.time_ns() - int(age * 1e9)
            if name in self.files:  # not older than its bytes
                then = max(then, self.born[name])
            os.utime(path, ns=(then, then))
            self.born[name] = min(then, self.born[name])
        self.files[name] = body, path.stat().st_mtime_ns

    def _drop(self, number: int, kind: Kind) -> None:
        name = _name(number, kind)
        (self.root / name).unlink(missing_ok=True)
        self.files.pop(name, None)

    # ---- what is there

    def whole(self, number: int) -> bool:
        """Whether a bin is in one of its whole states."""
        found = [self.files.get(_name(number, kind)) for kind in Kind]
        bodies = [one[0] for one in found if one is not None]
        return len(bodies) == len(Kind) and (
            Triple(*map(_md5, bodies)) in self.states.get(number, ())
        )

    def wholes(self) -> Iterator[int]:
        """The bins that are whole."""
        return (number for number in self.states if self.whole(number))

    def unsettled(self) -> float:
        """Seconds until nothing is too young to be sent."""
        youngest = max((at for _, at in self.files.values()), default=0)
        return max(0.0, MIN_AGE + 0.02 - (time.time() - youngest / 1e9))

    def names(self, number: int) -> list[str]:
        return [_name(number, kind) for kind in Kind]

    def on_disk(self) -> dict[str, tuple[bytes, int]]:
        """What the disk says."""
        return {
            path.relative_to(self.root).as_posix(): (
                path.read_bytes(),
                path.stat().st_mtime_ns,
            )
            for path in self.root.rglob("*")
            if path.is_file()
        }


def _name(number: int, kind: Kind) -> str:
    return f"day{number % 2}/{pid_text(number)}.{kind}"
