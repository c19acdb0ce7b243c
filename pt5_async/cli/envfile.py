"""Which .env file is read: one that is named, or the first that is there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ..errors import UsageError
from ..settings import Line, default_config, read_dotenv

VARIABLE: Final = "PT5_ENV_FILE"
NAME: Final = ".env"


def env_file(
    option: str | None, environ: Mapping[str, str]
) -> Mapping[str, Line]:
    """What the .env file sets.

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
    for path in (Path(NAME), default_config() / NAME):
        if found := read_dotenv(path):
            return found
    return {}


def _named(path: Path, origin: str) -> Mapping[str, Line]:
    if not path.is_file():
        raise UsageError(f"{origin}: {path} is not there, or no file")
    return read_dotenv(path)
