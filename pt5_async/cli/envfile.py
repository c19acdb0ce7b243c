"""Which .env file is read: one that is named, or the first that is there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from ..settings import Line, default_config, read_dotenv
from .places import ENV_FILE, Given, flag

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
    named = flag(option, "--env-file")
    if named is None and (path := environ.get(ENV_FILE)):
        named = Given(path, f"environment variable {ENV_FILE}")
    if named is not None:
        return _named(named)
    for place, origin in (
        (Path(), "the current folder's"),
        (default_config(), "the configuration folder's"),
    ):
        if place is not None and (found := read_dotenv(place / NAME)):
            file = str((place / NAME).absolute())
            return EnvFile(found, Given(file, origin))
    return EnvFile({}, None)


def _named(given: Given) -> EnvFile:
    path = Path(given.text)
    if not path.is_file():
        raise given.refused(f"{path} is not there, or no file")
    return EnvFile(
        read_dotenv(path), given._replace(text=str(path.absolute()))
    )
