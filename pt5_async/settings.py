"""Settings as one frozen value, and the reading of environment and .env.

The only module that reads the environment or a .env file; what is made of
what it read is decided in ``cli/resolve.py``, without looking anywhere.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from io import StringIO
from math import inf
from pathlib import Path
from typing import Final, NamedTuple

from .errors import UsageError
from .ifcb.layout import Layout
from .ifcb.names import Kind
from .objects import NO_OPTIONS, ObjectOptions
from .selection import EVERYTHING, Selection

MIB: Final = 1024 * 1024
DAY: Final = 86400.0

OUTAGE_SECONDS: Final = 15 * 60.0
"""So long does a run wait for a store that went away."""


class Addressing(StrEnum):
    """How a bucket's name gets into a request's URL."""

    AUTO = "auto"
    PATH = "path"
    VIRTUAL = "virtual"


class Lane(StrEnum):
    """Which way objects and parts take to the store."""

    AUTO = "auto"
    EXPRESS = "express"
    PLAIN = "plain"


class ChecksumChoice(StrEnum):
    """Which checksum goes with every object; AUTO finds what is kept."""

    AUTO = "auto"
    CRC64NVME = "crc64nvme"
    CRC32C = "crc32c"
    CRC32 = "crc32"
    SHA256 = "sha256"
    MD5 = "md5"
    NONE = "none"


class Existing(StrEnum):
    """What becomes of objects that the journal does not know.

    UPDATE sends what differs, SKIP leaves whatever is there, OVERWRITE
    sends everything.
    """

    UPDATE = "update"
    SKIP = "skip"
    OVERWRITE = "overwrite"


class Compare(StrEnum):
    """By what an object that the journal does not know is told to be right.

    DATE: its size, and that it is not older than the file; SIZE: that
    alone; CHECKSUM: its bytes, by what the store says of them.
    """

    DATE = "date"
    SIZE = "size"
    CHECKSUM = "checksum"


class Depth(StrEnum):
    """What a verification has to see of a file before it counts as proven.

    LISTING: its size; CHECKSUM: that of its bytes, by what the store says
    of them; DOWNLOAD: these bytes, read back.
    """

    LISTING = "listing"
    CHECKSUM = "checksum"
    DOWNLOAD = "download"


class Limits(NamedTuple):
    """The smallest and the largest value that a setting may have."""

    low: float
    high: float

    def __str__(self) -> str:
        if self.high == inf:
            return f"at least {self.low}"
        return f"from {self.low} to {self.high}"


LIMITS: Final[Mapping[str, Limits]] = {
    "concurrency": Limits(1, 1000),
    "connections": Limits(1, 1000),
    "attempts": Limits(1, 20),
    # A bin's three files of up to 16 MiB, in one piece each, must fit.
    "max_memory": Limits(64 * MIB, inf),
    "min_age": Limits(0, 366 * DAY),
    "broken_after": Limits(0, 366 * DAY),
    "grace": Limits(0, DAY),
    # Below 8 kbit/s a hundred connections would hear nothing for minutes.
    "limit_rate": Limits(1000, inf),
    "max_duration": Limits(1, 366 * DAY),
    "max_transfer": Limits(1, inf),
    "max_outage": Limits(0, inf),
}
"""What numbers are taken: counts, bytes and seconds, as in `Settings`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a tree is uploaded; the command line builds the very same value.

    Attributes:
        endpoint_url: the store's address; None for Amazon's own.
        region: the bucket's region; None for what AWS's chain says.
        profile: a profile of AWS's config files; None for the default.
        addressing: how the bucket's name gets into the URL.
        lane: whether objects go through botocore's client, or faster by
            what was learnt from its first request.
        checksum: what proves an object; AUTO settles it per endpoint.
        concurrency: so many bins travel at once; None: as many as help, up
            to `connections`.
        connections: the largest number of connections to the store.
        attempts: how often one request is tried in all.
        max_memory: bytes of file bodies held at once, at most.
        min_age: seconds for which a file must have been left alone.
        broken_after: seconds after which a bin that is not whole is held
            as broken, no longer as being written.
        layout: how folders in the store follow from files.
        relayout: whether a prefix that was filled with another layout is
            filled again with this one.
        recursive: whether folders below SOURCE are entered.
        members: which files of a bin go up; the others may come later.
        all_files: whether files that belong to no bin go up too.
        selection: which files of the tree are asked for.
        allow_incomplete: whether broken bins go up too.
        replace_changed: whether a bin that was sent whole and differs now
            replaces the one in the store.
        existing: what becomes of objects that the journal does not know;
            OVERWRITE implies `replace_changed`.
        compare: by what such an object is told to be right.
        recheck: whether the store is asked about what the journal knows;
            None: if the newest object that it knows is gone.
        known_broken: names of bins that are known to be broken.
        grace: seconds that running files get after a first stop.
        count_ahead: whether a second walk counts files for a total.
        known_in_sum: whether bins that were sent before, and are just as
            they were, are told of together (`SentBefore`), which takes half
            the time; where nobody observes the run, they are in any case.
        state: folder of the journal; None for no journal.
        outputs: files that the caller writes during a run, as a receipt or
            a log; they are never sent, and nor are the journal's.
        objects: what every object gets besides its bytes.
        ca_bundle: file of the certificates that are trusted; None for
            what AWS's chain says.
        verify_ssl: whether certificates are looked at; False lets anybody
            read what is sent, and answer in the store's name.
        limit_rate: bytes per second of bodies at most; None for any.
        max_duration: seconds after which no bin is begun any more.
        max_transfer: bytes of bodies after which no bin is begun any more.
        max_outage: seconds for which a run waits for a store that does not
            answer; `math.inf` for ever. None: `OUTAGE_SECONDS`, but one that
            never answered in this run is waited for no longer than
            `attempts` take.

    Raises:
        UsageError: when a number is outside its `LIMITS`, when no member is
            left to send, or for a `ca_bundle` that is not to be looked at.
    """

    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None
    addressing: Addressing = Addressing.AUTO
    lane: Lane = Lane.AUTO
    checksum: ChecksumChoice = ChecksumChoice.AUTO
    concurrency: int | None = 32
    connections: int = 100
    attempts: int = 3
    max_memory: int = 128 * MIB
    min_age: float = 60.0
    broken_after: float = 3600.0
    layout: Layout = Layout.MIRROR
    relayout: bool = False
    recursive: bool = True
    members: frozenset[Kind] = frozenset(Kind)
    all_files: bool = False
    selection: Selection = EVERYTHING
    allow_incomplete: bool = False
    replace_changed: bool = False
    existing: Existing = Existing.UPDATE
    compare: Compare = Compare.DATE
    recheck: bool | None = None
    known_broken: frozenset[str] = frozenset()
    grace: float = 8.0
    count_ahead: bool = False
    known_in_sum: bool = False
    state: Path | None = None
    outputs: tuple[Path, ...] = ()
    objects: ObjectOptions = NO_OPTIONS
    ca_bundle: Path | None = None
    verify_ssl: bool = True
    limit_rate: float | None = None
    max_duration: float | None = None
    max_transfer: int | None = None
    max_outage: float | None = None

    @property
    def replaces(self) -> bool:
        """Whether a bin that was sent whole may be replaced."""
        return self.replace_changed or self.existing is Existing.OVERWRITE

    def __post_init__(self) -> None:
        if not self.members:
            raise UsageError("Settings.members is empty; name at least one")
        for name, limits in LIMITS.items():
            value: float | None = getattr(self, name)
            if value is None:
                continue
            if not limits.low <= value <= limits.high:
                raise UsageError(
                    f"Settings.{name} is {value}; it must be {limits}"
                )
        if self.ca_bundle is not None and not self.verify_ssl:
            raise UsageError(
                "Settings.ca_bundle and verify_ssl=False contradict each other"
            )


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys that were given outright; their repr shows no secret."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class Line(NamedTuple):
    """A value in a .env file, the number of its line, from 1, and the file."""

    value: str
    number: int
    file: str = ".env"

    def __str__(self) -> str:
        return f"{self.file}, line {self.number}"

    def __repr__(self) -> str:
        return f"Line({str(self)!r})"  # the value may be a secret


def environment() -> dict[str, str]:
    """The environment as it is now."""
    return dict(os.environ)


def default_state() -> Path:
    """The journal's folder where none is named, as this system has it.

    It is not absolute where the user has no home.
    """
    from platformdirs import user_state_path  # noqa: PLC0415 - for --help

    try:
        return user_state_path("pt5-async", appauthor=False)
    except RuntimeError:  # newer platformdirs say so; older ones give ~
        return Path("~/.local/state/pt5-async")


def default_config() -> Path | None:
    """The folder for configuration files; None for a user without a home."""
    from platformdirs import user_config_path  # noqa: PLC0415 - for --help

    try:
        folder = user_config_path("pt5-async", appauthor=False)
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None


def read_dotenv(path: Path) -> dict[str, Line]:
    """The values in a .env file, each with its line.

    A file that is not there has none, and a folder of that name (often a
    virtual environment) is no .env file. Nothing is interpolated: a "$"
    in a secret is a "$".

    Raises:
        UsageError: when the file cannot be read, or for a line that is
            not NAME=VALUE; its text is not shown, it may hold a secret.
    """
    try:
        text = "" if path.is_dir() else path.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8 text; save it as that"
        ) from error
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror}; allow this user to read"
            " it, or name another with --env-file"
        ) from error
    return dict(_bindings(text, path))


def _bindings(text: str, path: Path) -> Iterator[tuple[str, Line]]:
    """Each name in a .env file's text, with its value and line.

    python-dotenv's own reader only logs what it cannot parse and goes on
    without it; its parser says so of each binding.
    """
    from dotenv.parser import parse_stream  # noqa: PLC0415 - for --help

    for binding in parse_stream(StringIO(text)):
        original = binding.original
        # A binding's text begins with the blank lines before it.
        blank = original.string[: -len(original.string.lstrip()) or None]
        number = original.line + blank.count("\n")
        if binding.error or (binding.key and binding.value is None):
            raise UsageError(
                f"{path}, line {number} is not NAME=VALUE"
                " (quotes must be closed, # begins a comment)"
            )
        if binding.key and binding.value is not None:
            yield binding.key, Line(binding.value, number, str(path))
