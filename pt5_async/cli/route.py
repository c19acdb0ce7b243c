"""Where bins come from and where they go."""

import re
from pathlib import Path
from typing import Final

from ..errors import UsageError
from ..ifcb.layout import key_trouble
from ..model import Target
from .flags import Flags
from .places import (
    SOURCES,
    Given,
    Places,
    first,
    flag,
    unnamed,
    usual_source,
)
from .store_flags import TargetFlags

_BUCKET: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}|arn:[A-Za-z0-9:._-]+", re.ASCII
)

_SHORTEST: Final = "IFCB1_2009_216_075913.adc"
"""No bin's file has a shorter name."""


def source_of(flags: Flags, where: Places) -> tuple[Path, str | None]:
    """SOURCE, and the argument, option or variable that names it, if any.

    Raises:
        UsageError: when nobody names one, or two differ.
    """
    argument = flag(flags.path, "SOURCE")
    option = flag(flags.source, "--source")
    if argument and option and Path(argument.text) != Path(option.text):
        raise UsageError(
            f"SOURCE {argument.text!r} and --source {option.text!r} differ;"
            " give one"
        )
    if told := argument or option:
        return Path(told.text), told.origin
    if flags.validate and not first(where, *SOURCES):
        return Path(), None
    return usual_source(where)


def target_of(flags: TargetFlags, where: Places) -> tuple[Target, str]:
    """Bucket and prefix, and the options or the URL that name them.

    Raises:
        UsageError: when there is no bucket, or what is given is none.
    """
    to = flag(flags.to, "--to") or first(where, "PT5_TO", "AWS_UPLOAD_URL")
    bucket = flag(flags.bucket, "--bucket")
    halves = Target("") if to is None or _both(flags) else _parsed(to)
    if bucket is not None:
        halves = Target(_bucket(bucket), halves.prefix)
    if flags.prefix is not None:
        halves = Target(halves.bucket, flags.prefix.strip("/"))
    if not halves.bucket:
        raise unnamed(
            where,
            "no target; give --to s3://BUCKET/PREFIX, or set AWS_UPLOAD_URL",
        )
    _refuse_prefix(halves.prefix)
    halved = _named(flags)
    told = halved if to is None or _both(flags) else [to.origin, *halved]
    return halves, ", ".join(told)


def _refuse_prefix(prefix: str) -> None:
    """Refuse what no key can begin with: every single file would fail."""
    if not prefix.isprintable() or prefix != prefix.strip():
        raise UsageError(
            f"the prefix {prefix!r} has characters that cannot be seen;"
            " give another"
        )
    if prefix and (trouble := key_trouble(f"{prefix}/{_SHORTEST}")):
        why = trouble.removeprefix("its key ")
        raise UsageError(
            f"under the prefix {prefix[:80]!r} nothing can be sent: a key"
            f" {why}; give another"
        )


def _named(flags: TargetFlags) -> list[str]:
    """The options that name a half of the target."""
    halves = {"--bucket": flags.bucket, "--prefix": flags.prefix}
    return [option for option, given in halves.items() if given is not None]


def _both(flags: TargetFlags) -> bool:
    return flags.bucket is not None and flags.prefix is not None


def _parsed(url: Given) -> Target:
    try:
        target = Target.parse(url.text)
    except UsageError as error:
        raise url.refused(error) from error
    _bucket(Given(target.bucket, url.origin))
    return target


def _bucket(given: Given) -> str:
    if not _BUCKET.fullmatch(given.text):
        raise given.refused(
            f"{given.text!r} is no bucket's name"
            " (--to takes a whole s3://BUCKET/PREFIX, --endpoint-url a"
            " server's address)"
        )
    return given.text
