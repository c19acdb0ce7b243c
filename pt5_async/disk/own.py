"""The files that a run itself writes, so that it never sends them.

None lies below SOURCE, but a link may lead to them, and so may a SOURCE
that is one file.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Own:
    """Such files: each by its real folder and a pattern of its name."""

    files: tuple[tuple[str, re.Pattern[str]], ...] = ()

    @classmethod
    def of(
        cls,
        outputs: Iterable[str | os.PathLike[str]],
        folder: str | os.PathLike[str] | None = None,
        names: str = "",
    ) -> "Own":
        """`outputs`, and what in `folder` is called as the pattern `names`.

        An output may be a link; older ones have a number behind their name.
        """
        files = []
        for given in outputs:
            path = os.path.abspath(given)
            for each in dict.fromkeys((path, os.path.realpath(path))):
                place, name = os.path.split(each)
                pattern = re.compile(re.escape(name) + r"(\.[0-9]+)?")
                files.append((os.path.realpath(place), pattern))
        if folder is not None:
            files.append((os.path.realpath(folder), re.compile(names)))
        return cls(tuple(files))

    def has(self, path: str) -> bool:
        """Whether the file at `path`, itself no link, is one of them."""
        place, name = os.path.split(path)
        folders = [folder for folder, p in self.files if p.fullmatch(name)]
        return bool(folders) and os.path.realpath(place) in folders


NOTHING = Own()
"""A run that writes nothing."""
