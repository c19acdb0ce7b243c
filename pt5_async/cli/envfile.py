"""Which .env file is read: one that is named, or the first that is there."""

import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from ..settings import Line, default_config, read_dotenv
from .places import ENV_FILE, Given, flag

NAME: Final = ".env"


_SECRET: Final = frozenset({"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})


class EnvFile(NamedTuple):
    """What a .env file sets, its path, and who chose it; None for none.

    `warnings` are sentences for the user.
    """

    lines: Mapping[str, Line]
    place: Given | None
    warnings: tuple[str, ...] = ()


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
            return _found(found, Given(str(place / NAME), origin))
    return EnvFile({}, None)


def _named(given: Given) -> EnvFile:
    path = Path(given.text)
    if not path.is_file():
        raise given.refused(f"{path} is not there, or no file")
    return _found(read_dotenv(path), given)


def _found(lines: Mapping[str, Line], given: Given) -> EnvFile:
    path = Path(given.text).absolute()
    place = given._replace(text=str(path))
    if open_to_all(path, stat.S_IWOTH):
        what = "change"
    elif _SECRET & set(lines) and open_to_all(path, stat.S_IROTH):
        what = "read"
    else:
        return EnvFile(lines, place)
    warning = (
        f"every user of this machine can {what} {path}; say"
        f" chmod 600 {shlex.quote(str(path))}"
    )
    return EnvFile(lines, place, (warning,))


def open_to_all(path: Path, right: int) -> bool:
    """Whether any user has this right to a file, and the way to it."""
    if os.name == "nt":  # its modes say nothing of other users
        return False
    real = Path(os.path.realpath(path))
    try:
        return bool(
            real.stat().st_mode & right
            and all(one.stat().st_mode & stat.S_IXOTH for one in real.parents)
        )
    except OSError:
        return False
