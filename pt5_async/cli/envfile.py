"""Which .env file is read: one that is named, or the first that is there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import UsageError
from ..settings import Line, default_config, read_dotenv
from .places import Given

VARIABLE: Final = "PT5_ENV_FILE"
NAME: Final = ".env"


class EnvFile(NamedTuple):
    """What a .env file sets, its path, and who chose it; None for none."""

    lines: Mapping[str, Line]
    place: Given | None


def env_file(option: str | None, environ: Mapping[str, str]) -> EnvFile:
    """The .env file that counts.

    One that is named has to be there. Else it is that of the current
    folder, or of the configuration folder: cron starts its jobs in the
    home, where nobody looks for a .env.

    Raises:
        UsageError: when the file cannot be read.
    """
    for origin, named in (
        ("--env-file", option),
        (f"environment variable {VARIABLE}", environ.get(VARIABLE) or None),
    ):
        if named is not None:
            return _named(Path(named), origin)
    folder = default_config()
    for place, origin in (
        (Path(), "the current folder's"),
        (folder, "the configuration folder's"),
    ):
        if place is not None and (found := read_dotenv(place / NAME)):
            path = (place / NAME).absolute()
            return EnvFile(found, Given(str(path), origin))
    return EnvFile({}, None)


def _named(path: Path, origin: str) -> EnvFile:
    if not path.is_file():
        raise UsageError(f"{origin}: {path} is not there, or no file")
    return EnvFile(read_dotenv(path), Given(str(path.absolute()), origin))
