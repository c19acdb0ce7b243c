"""The places that values come from, best first, and how a place is named."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import SourceMissing, SourceUnreadable, UsageError
from ..settings import Line

VARIABLES: Final = (
    "PT5_TO",
    "AWS_UPLOAD_URL",
    "PT5_SOURCE",
    "IFCB_DATA_DIR",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_S3_REGION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_CA_BUNDLE",
    "PT5_STATE",
    "STATE_DIRECTORY",
    "NO_COLOR",
    "CLICOLOR_FORCE",
)
"""What is looked at, in the environment and in .env, besides options."""

SOURCES: Final = ("PT5_SOURCE", "IFCB_DATA_DIR")
"""The variables that name SOURCE, the best first."""

ENV_FILE: Final = "PT5_ENV_FILE"
"""The variable that names the .env file, and so cannot stand in it."""

OWN: Final = "PT5_"
"""So the names of this program's own variables begin."""

_OURS: Final = ("AWS_", "IFCB_", OWN)


class Given(NamedTuple):
    """A value and the place that it came from, for messages."""

    text: str
    origin: str

    def __repr__(self) -> str:
        return f"Given({self.origin!r})"  # the text may be a secret

    def refused(self, why: object) -> UsageError:
        """The error that says what is wrong with this value, and where."""
        return UsageError(f"{self.origin}: {why}")


def text_of(given: Given | None) -> str | None:
    """The value, if there is one."""
    return given.text if given else None


def origin_of(given: Given | None) -> str | None:
    """The place that a value came from, if there is one."""
    return given.origin if given else None


Place = Mapping[str, Given]
"""The variables that one place sets, by name."""

Places = tuple[Place, Place]
"""The environment, then .env."""


def places(
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
    names: Collection[str] = VARIABLES,
) -> Places:
    """What the environment and .env set; set to nothing is not set."""
    return (
        {
            name: Given(environ[name], f"environment variable {name}")
            for name in names
            if environ.get(name)
        },
        {
            name: Given(line.value, f"{name} in {line}")
            for name, line in dotenv.items()
            if name in names and line.value
        },
    )


def first(where: Places, *names: str) -> Given | None:
    """The first of `names` in the first place that has any of them."""
    found = (place[name] for place in where for name in names if name in place)
    return next(found, None)


def unnamed(where: Places, sentence: str) -> UsageError:
    """The error for what nobody names, often because a .env is elsewhere."""
    if where[1]:
        return UsageError(sentence)
    return UsageError(
        f"{sentence} (no .env was found that sets anything; it is looked for"
        " in the current folder, and --env-file names another)"
    )


def named_source(path: str | None, where: "Places") -> tuple[Path, str | None]:
    """SOURCE as `path` names it, else as usual; and the variable, if any."""
    if named := flag(path, "SOURCE"):
        return Path(named.text), None
    return usual_source(where)


def usual_source(where: Places) -> tuple[Path, str]:
    """SOURCE where the command line names none, and who names it.

    Raises:
        UsageError: when nobody does.
    """
    found = first(where, *SOURCES)
    if found is None:
        raise unnamed(
            where,
            "no SOURCE; name the folder with the bins, or set IFCB_DATA_DIR",
        )
    return Path(found.text), found.origin


@contextmanager
def blaming(origin: str | None) -> Iterator[None]:
    """Let a SOURCE that is not there be told with the variable it is from."""
    try:
        yield
    except (SourceMissing, SourceUnreadable) as error:
        named = f"{origin}: {error}" if origin else str(error)
        raise type(error)(named) from error


def flag(value: str | None, option: str) -> Given | None:
    """An option's value with its name.

    Raises:
        UsageError: when it is empty, as from a shell's unset variable.
    """
    if value is None:
        return None
    if not value:
        raise UsageError(f"{option} is given, but empty")
    return Given(value, option)


def strangers(
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
    known: Collection[str],
) -> Iterator[str]:
    """A warning for each name that looks like ours and is not.

    A misspelt name would otherwise be ignored without a word, and so
    would one that AWS's library reads from the environment alone.
    """
    for name, value in environ.items():
        if name.startswith(OWN) and value and name not in (*known, ENV_FILE):
            near = _nearest(name, (*known, ENV_FILE))
            yield (
                f"environment variable {name} is nobody's"
                f"{near or '; every option is one, as PT5_MIN_AGE'}"
            )
    for name, line in dotenv.items():
        if name.startswith(_OURS) and name not in known:
            yield f"{line}: {name} is not read from there" + (
                _nearest(name, known)
                or "; set it in the environment if AWS's library is to see it"
            )


def _nearest(name: str, known: Collection[str]) -> str:
    """The name that was meant, perhaps; "" where none is like it."""
    near = get_close_matches(name, known, n=1, cutoff=0.8)
    return f"; is {near[0]} meant?" if near else ""
