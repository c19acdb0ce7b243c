"""Patterns of paths below SOURCE, and whether one would split a bin.

``*`` and ``?`` stand for letters within a name, ``**`` for any number of
folders. A pattern without "/" is one of names, in any folder; one that ends
with "/" is one of folders alone.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..errors import UsageError
from ..ifcb.names import EXTENSIONS

Places = frozenset[int]
"""How far a glob may have come on its way through folders: its next steps."""

_DIGITS: Final = "0123456789"


def _shape(text: str) -> list[str]:
    """The letters that may stand at each place; "0" is any digit.

    "+" allows more of what stands before it.
    """
    return [_DIGITS if letter == "0" else letter for letter in text]


_SHAPES: Final = (
    _shape("D00000000T000000_IFCB0+"),
    _shape("IFCB0+_0000_000_000000"),
)
"""The two styles of a bin's name."""


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern, step by step: a regex for each name, None for ``**``.

    `open_end` says that it ends with ``**``, which is all below.
    """

    text: str
    steps: tuple[re.Pattern[str] | None, ...]
    folders_only: bool
    open_end: bool

    @classmethod
    def parse(cls, text: str) -> "Glob":
        """The glob that `text` is.

        Raises:
            UsageError: when it is none, or would split a bin's members.
        """
        return _parse(text)

    @property
    def anywhere(self) -> bool:
        """Whether it may begin in any folder, not only in SOURCE."""
        return self.steps[0] is None

    @property
    def start(self) -> Places:
        """The places before the first name."""
        return self._with_none(frozenset([0]))

    def step(self, places: Places, name: str) -> Places:
        """The places behind `name`, from those before it."""
        reached = set()
        for place in places - {len(self.steps)}:
            step = self.steps[place]
            if step is None:
                reached.add(place)
            elif step.fullmatch(name):
                reached.add(place + 1)
        return self._with_none(frozenset(reached))

    def covers(self, places: Places) -> bool:
        """Whether all below the folder that led to `places` matches.

        So it does when the folder itself matches, and at the end of a/**.
        """
        return len(self.steps) in places or (
            self.open_end and len(self.steps) - 2 in places
        )

    def last_steps(self, places: Places) -> list[re.Pattern[str]]:
        """What the name of a file may be, for the file to match."""
        last = len(self.steps) - 1
        step = self.steps[last]
        if self.folders_only or step is None or last not in places:
            return []
        return [step]

    def _with_none(self, places: Places) -> Places:
        """`places`, also with each ``**`` standing for no folder at all."""
        more = set(places)
        for place in places:
            while place < len(self.steps) and self.steps[place] is None:
                place += 1  # noqa: PLW2901 - the way on from it
                more.add(place)
        return frozenset(more)


@lru_cache(maxsize=1024)
def _parse(text: str) -> Glob:
    names = _names(text)
    if not text.endswith("/") and names[-1] != "**" and splits(names[-1]):
        raise UsageError(
            f"{text!r} matches some members of a bin and not the others,"
            " and a bin is one thing; match its name without the extension"
            " (D2013*), or choose members with --members"
        )
    open_end = names[-1] == "**"
    if open_end:
        names.append("*")  # a/** is all below a, and not a itself
    if "/" not in text.rstrip("/"):
        names.insert(0, "**")
    steps = [None if name == "**" else regex(name) for name in names]
    return Glob(text, tuple(steps), text.endswith("/"), open_end)


def _names(text: str) -> list[str]:
    """The steps of `text` as they are written."""
    names = text.removesuffix("/").split("/")
    if text.startswith("/"):
        raise UsageError(
            f"{text!r} begins with a slash; a pattern is matched against"
            " paths below SOURCE, such as 2013/D20130526"
        )
    if any(name in {"", ".", ".."} for name in names):
        raise UsageError(
            f"{text!r} has a folder without a name, or a dot for one; write"
            " the path below SOURCE, such as 2013/D20130526"
        )
    for name in names:
        if "**" in name and name != "**":
            raise UsageError(
                f"{text!r} has ** within a name; it stands for folders,"
                " between slashes: a/**/b"
            )
    if set(text) & set("[]{}"):
        raise UsageError(
            f"{text!r} has brackets, which stand for nothing here; write *"
            " or ? instead, or give the option once for each name"
        )
    return names


@lru_cache(maxsize=1024)
def regex(name: str) -> re.Pattern[str]:
    """What the pattern `name` of one name is to be fully matched with.

    Between two stars the first fit is as good as any: atomic, so that no
    pattern takes long over a hostile name.
    """
    parts = [re.escape(part).replace(r"\?", ".") for part in name.split("*")]
    if len(parts) == 1:
        return re.compile(parts[0], re.DOTALL)
    first, *middle, last = parts
    inner = "".join(f"(?>.*?{part})" for part in middle if part)
    return re.compile(f"{first}{inner}.*{last}", re.DOTALL)


def splits(name: str) -> bool:
    """Whether some bin has members that `name` matches, and others.

    The pattern is cut in two wherever its first part can match a bin's
    name; the second must match every extension then, or none. It may say
    yes to a pattern that only bins of one style would be split by.
    """
    matched = {
        extension
        for place in _behind_a_bin(name)
        for extension in EXTENSIONS
        if regex(name[place:]).fullmatch(extension)
    }
    return 0 < len(matched) < len(EXTENSIONS)


def _behind_a_bin(name: str) -> set[int]:
    """The places in the pattern where the name of a bin may be at its end."""
    ends: set[int] = set()
    for shape in _SHAPES:
        places = _through_stars(name, {0})
        before = ""
        for letters in shape:
            if letters == "+":
                more = places
                while not (more := _read(name, more, before)) <= places:
                    places |= more
            else:
                places, before = _read(name, places, letters), letters
        ends |= places
    return ends


def _read(name: str, places: set[int], letters: str) -> set[int]:
    """The places behind one letter, which may be any of `letters`."""
    reached = set()
    for place in places:
        match name[place : place + 1]:
            case "*":
                reached.add(place)
            case "?":
                reached.add(place + 1)
            case letter if letter and letter in letters:
                reached.add(place + 1)
    return _through_stars(name, reached)


def _through_stars(name: str, places: set[int]) -> set[int]:
    """`places`, also with each star standing for no letter at all."""
    more = set(places)
    for place in places:
        while name[place : place + 1] == "*":
            place += 1  # noqa: PLW2901 - the way on from it
            more.add(place)
    return more
