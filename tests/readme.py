"""README.md, and what tests look for in it."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
README: Final = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of README.md in one language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL
    )


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its own head."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    return [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in table[2:]
    ]


def named(cell: str) -> list[str]:
    """The words in `backquotes` of a cell."""
    return re.findall(r"`([^`]+)`", cell)
