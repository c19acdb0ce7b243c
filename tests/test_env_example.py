""".env.example explains what is read, all of it and nothing else."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from resolving import solved

from pt5_async.cli.flags import Flags
from pt5_async.cli.variables import variables
from pt5_async.settings import (
    read_dotenv,
)

EXAMPLE = Path(__file__).parent.parent / ".env.example"


class Watched(Mapping[str, str]):
    """An environment that notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_the_example_explains_every_variable_that_is_read_and_no_other() -> (
    None
):
    watched = Watched()
    solved(environ=watched)
    text = EXAMPLE.read_text("utf-8")
    explained = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE)

    assert len(explained) == len(set(explained))
    options = {one.name for one in variables()}
    assert set(explained) <= watched.asked
    assert watched.asked - set(explained) <= options
    assert options & set(explained), "examples of the rule"


def test_the_example_is_a_dotenv_file_with_and_without_its_marks(
    tmp_path: Path,
) -> None:
    text = EXAMPLE.read_text("utf-8")
    marked = re.compile(r"^#(?=[A-Z][A-Z0-9_]+=)", re.MULTILINE)

    assert read_dotenv(EXAMPLE) == {}
    (tmp_path / ".env").write_text(marked.sub("", text), "utf-8")
    filled = read_dotenv(tmp_path / ".env")
    assert solved(Flags(), dotenv=filled).target.bucket == "my-bucket"
