"""The demo's folder: made, marked, and later remade, with nothing lost.

A folder without its mark, and a file among the bins or the objects that no
demo made, end the demo before anything is deleted.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import UsageError
from .demo_tree import NAME, NOTES

MARK: Final = "made-by-pt5-async-demo.txt"

_DROPPINGS: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What desktops leave in folders that people look at."""

_MARKED: Final = (
    "Made by: pt5-async demo\n"
    "All of this is invented. Delete it whenever you like; the next demo\n"
    "in this folder makes it anew.\n"
)


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where in `root` things are."""

    root: Path

    @property
    def tree(self) -> Path:
        """The instrument's bins."""
        return self.root / "instrument"

    @property
    def store(self) -> Path:
        """What the server keeps: a folder for each bucket."""
        return self.root / "store"

    @property
    def state(self) -> Path:
        """The journal of what was sent."""
        return self.root / "state"

    @property
    def server(self) -> Path:
        """What the server says."""
        return self.root / "server"

    @property
    def report(self) -> Path:
        """The page about all of it."""
        return self.root / "report.html"

    @property
    def parts(self) -> tuple[Path, ...]:
        """Everything that a demo makes, and makes anew."""
        return self.tree, self.store, self.state, self.server

    @contextmanager
    def written(self) -> Iterator[None]:
        """Translate what the system refuses in the block.

        Raises:
            UsageError: instead of an OSError.
        """
        try:
            yield
        except OSError as error:
            raise UsageError(
                f"cannot use the demo's folder {self.root}:"
                f" {error.strerror or error}; put it right, or name another:"
                " pt5-async demo FOLDER"
            ) from error


def claim(root: Path) -> DemoFolder:
    """Make `root` and mark it, or find the mark of an earlier demo.

    Raises:
        UsageError: when it is there, is not empty and has no mark, or when
            it cannot be made.
    """
    folder, mark = DemoFolder(root), root / MARK
    with folder.written():
        root.mkdir(parents=True, exist_ok=True)
        if mark.is_file() and mark.read_bytes() == _MARKED.encode():
            return folder
        if any(root.iterdir()):
            raise UsageError(
                f"{root} was not made by the demo, which leaves such folders"
                " alone; name another: pt5-async demo FOLDER"
            )
        mark.write_bytes(_MARKED.encode())
    return folder


def clear(folder: DemoFolder) -> None:
    """Delete what an earlier demo made, and make its empty folders.

    Raises:
        UsageError: when there is anything else in it, which is named, or
            when the system refuses.
    """
    with folder.written():
        for file in _strangers(folder):
            raise UsageError(
                f"{file} was not made by the demo; move it elsewhere,"
                " or name another folder: pt5-async demo FOLDER"
            )
        for part in folder.parts:
            if part.exists():
                shutil.rmtree(part)
            part.mkdir()


def _strangers(folder: DemoFolder) -> Iterator[str]:
    """Files, and links to folders, that no demo made."""
    for part in (folder.tree, folder.store):
        for path, folders, names in os.walk(part):
            for name in names:
                if not _made_here(name):
                    yield os.path.join(path, name)
            for name in folders:
                if os.path.islink(os.path.join(path, name)):
                    yield os.path.join(path, name)


def _made_here(name: str) -> bool:
    """Whether a demo, its server or a desktop makes files of that name."""
    return (
        f"_{NAME}." in name
        or name == NOTES
        or name.startswith((".rclone_", "._"))
        or name in _DROPPINGS
    )
