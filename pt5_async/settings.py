"""Settings as one frozen value, and how flags, environment and .env make it.

The only module that reads the environment or a .env file.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

MIB = 1024 * 1024


class Addressing(StrEnum):
    """How a bucket's name gets into a request's URL."""

    AUTO = "auto"
    PATH = "path"
    VIRTUAL = "virtual"


class ChecksumChoice(StrEnum):
    """Which checksum goes with every object; AUTO finds what is kept."""

    AUTO = "auto"
    CRC64NVME = "crc64nvme"
    CRC32C = "crc32c"
    CRC32 = "crc32"
    SHA256 = "sha256"
    MD5 = "md5"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a tree is uploaded; the command line builds the very same value.

    Attributes:
        endpoint_url: the store's address; None for Amazon's own.
        region: the bucket's region; None for what AWS's chain says.
        profile: a profile of AWS's config files; None for the default.
        addressing: how the bucket's name gets into the URL.
        checksum: what proves an object; AUTO settles it per endpoint.
        concurrency: consumers, so many bins travel at once.
        connections: the largest number of connections to the store.
        attempts: how often one request is tried in all.
        max_memory: bytes of file bodies held at once, at most.
        min_age: seconds for which a file must have been left alone.
        broken_after: seconds after which a bin that is not whole is held
            as broken, no longer as being written.
        recursive: whether folders below SOURCE are entered.
        all_files: whether files that belong to no bin go up too.
        allow_incomplete: whether broken bins go up too.
        replace_changed: whether a bin that was sent whole and differs now
            replaces the one in the store.
        grace: seconds that running files get after a first stop.
        count_ahead: whether a second walk counts files for a total.
        state: folder of the journal; None for no journal.
    """

    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None
    addressing: Addressing = Addressing.AUTO
    checksum: ChecksumChoice = ChecksumChoice.AUTO
    concurrency: int = 32
    connections: int = 100
    attempts: int = 3
    max_memory: int = 128 * MIB
    min_age: float = 60.0
    broken_after: float = 3600.0
    recursive: bool = True
    all_files: bool = False
    allow_incomplete: bool = False
    replace_changed: bool = False
    grace: float = 8.0
    count_ahead: bool = False
    state: Path | None = None
