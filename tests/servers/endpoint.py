"""What a test needs to know of an S3 server, whoever wrote it."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An S3 server that listens on loopback.

    `make_bucket` makes an empty bucket of that name.
    """

    name: str
    url: str
    access_key: str
    secret_key: str
    region: str
    make_bucket: Callable[[str], None] = field(compare=False, repr=False)
