"""The one decision on what flags, environment and .env add up to.

Pure: it looks at nothing but its arguments. A flag beats the environment,
the environment beats .env, and an empty variable counts as not set.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from ..errors import UsageError
from ..model import Target
from ..settings import Credentials, Line, Settings, default_state
from .access import endpoint, identity, region
from .flags import ColorChoice, Flags
from .limited import count, lasting, memory, rate, seconds, transfer
from .object_flags import object_options
from .places import Given, Places, first, flag, places, strangers

_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*", re.ASCII)
_DEFAULT: Final = Settings()
_UNSAFE: Final = (
    "--no-verify-ssl: no certificate is checked, so that anybody on the way"
    " can read what is sent, and answer in the store's name"
)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the command is to do, with nothing left to decide.

    `credentials` None leaves it to AWS's own chain (or to the settings'
    profile). `source` is the current folder where only `validate` is
    asked; `source_origin` names the variable that it came from, if it did.
    `warnings` are sentences for the user.
    """

    source: Path
    source_origin: str | None
    target: Target
    settings: Settings
    credentials: Credentials | None
    dry_run: bool
    validate: bool
    verbose: bool
    quiet: bool
    json: bool
    color: ColorChoice
    receipt: Path | None
    receipt_all: bool
    warnings: tuple[str, ...]


def resolve(
    flags: Flags,
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
    *,
    state: Callable[[], Path] = default_state,
) -> Resolved:
    """What `flags`, the environment and a .env file ask for together.

    `state` tells the journal's folder where none of them names it.

    Raises:
        UsageError: for a value that cannot be used, naming its place.
    """
    _refuse_contradictions(flags)
    where = places(environ, dotenv)
    credentials, profile = identity(flags, where)
    source, origin = _source(flags, where)
    return Resolved(
        source=source,
        source_origin=origin,
        target=_target(flags, where),
        settings=_settings(
            flags, where, profile=profile, state=_state(flags, where, state)
        ),
        credentials=credentials,
        dry_run=flags.dry_run,
        validate=flags.validate,
        verbose=flags.verbose,
        quiet=flags.quiet,
        json=flags.json,
        color=color_of(flags.color, environ, dotenv),
        receipt=_path(flag(flags.receipt, "--receipt")),
        receipt_all=flags.receipt_all,
        warnings=tuple(_warnings(flags, dotenv)),
    )


def _refuse_contradictions(flags: Flags) -> None:
    contradictions = {
        "--to names bucket and prefix; give it, or --bucket and --prefix": (
            flags.to is not None
            and (flags.bucket is not None or flags.prefix is not None)
        ),
        "--state and --no-journal contradict each other": (
            flags.no_journal and flags.state is not None
        ),
        "--ca-bundle and --no-verify-ssl contradict each other": (
            flags.no_verify_ssl and flags.ca_bundle is not None
        ),
        "--quiet and --verbose contradict each other": (
            flags.quiet and flags.verbose
        ),
        "--dry-run and --validate are two things; give one": (
            flags.dry_run and flags.validate
        ),
        "--receipt tells what was sent, and --dry-run sends nothing": (
            flags.dry_run and flags.receipt is not None
        ),
        "--receipt-all needs --receipt FILE": (
            flags.receipt_all and flags.receipt is None
        ),
    }
    for sentence, given in contradictions.items():
        if given:
            raise UsageError(sentence)


def _source(flags: Flags, where: Places) -> tuple[Path, str | None]:
    argument = flag(flags.path, "SOURCE")
    option = flag(flags.source, "--source")
    if argument and option and Path(argument.text) != Path(option.text):
        raise UsageError(
            f"SOURCE {argument.text!r} and --source {option.text!r} differ;"
            " give one"
        )
    if told := argument or option:
        return Path(told.text), None
    if found := first(where, "IFCB_DATA_DIR"):
        return Path(found.text), found.origin
    if flags.validate:
        return Path(), None
    raise UsageError(
        "no SOURCE; name the folder with the bins, or set IFCB_DATA_DIR"
    )


def _target(flags: Flags, where: Places) -> Target:
    to = flag(flags.to, "--to") or first(where, "AWS_UPLOAD_URL")
    bucket = flag(flags.bucket, "--bucket")
    halves = Target("") if to is None or _both(flags) else _parsed(to)
    if bucket is not None:
        halves = Target(_bucket(bucket), halves.prefix)
    if flags.prefix is not None:
        halves = Target(halves.bucket, flags.prefix.strip("/"))
    if not halves.bucket:
        raise UsageError(
            "no target; give --to s3://BUCKET/PREFIX, or set AWS_UPLOAD_URL"
        )
    if not halves.prefix.isprintable():
        raise UsageError(
            f"the prefix {halves.prefix!r} has characters that"
            " cannot be seen; give another"
        )
    return halves


def _both(flags: Flags) -> bool:
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
            " (--to takes a whole s3://BUCKET/PREFIX)"
        )
    return given.text


def _settings(
    flags: Flags, where: Places, *, profile: str | None, state: Path | None
) -> Settings:
    return Settings(
        endpoint_url=endpoint(flags, where),
        region=region(flags, where),
        profile=profile,
        addressing=_or(flags.addressing, _DEFAULT.addressing),
        checksum=_or(flags.checksum, _DEFAULT.checksum),
        concurrency=count(flags.concurrency, "--concurrency", "concurrency"),
        connections=count(flags.connections, "--connections", "connections"),
        attempts=count(flags.attempts, "--attempts", "attempts"),
        max_memory=memory(flags.max_memory, "--max-memory", "max_memory"),
        min_age=seconds(flags.min_age, "--min-age", "min_age"),
        broken_after=seconds(
            flags.broken_after, "--broken-after", "broken_after"
        ),
        recursive=_or(flags.recursive, _DEFAULT.recursive),
        all_files=flags.all_files,
        allow_incomplete=flags.allow_incomplete,
        replace_changed=flags.replace_changed,
        grace=seconds(flags.grace, "--grace", "grace"),
        state=state,
        objects=object_options(flags),
        ca_bundle=_bundle(flags, where),
        verify_ssl=not flags.no_verify_ssl,
        limit_rate=rate(flags.limit_rate, "--limit-rate", "limit_rate"),
        max_duration=lasting(
            flags.max_duration, "--max-duration", "max_duration"
        ),
        max_transfer=transfer(
            flags.max_transfer, "--max-transfer", "max_transfer"
        ),
    )


def _bundle(flags: Flags, where: Places) -> Path | None:
    """The certificates to trust; an option beats what a variable says."""
    if flags.no_verify_ssl:
        return None
    given = flag(flags.ca_bundle, "--ca-bundle")
    return _path(given or first(where, "AWS_CA_BUNDLE"))


def _warnings(flags: Flags, dotenv: Mapping[str, Line]) -> Iterator[str]:
    if flags.no_verify_ssl:
        yield _UNSAFE
    yield from strangers(dotenv)


def _or(given: Value | None, default: Value) -> Value:
    return default if given is None else given


def _state(
    flags: Flags, where: Places, default: Callable[[], Path]
) -> Path | None:
    if flags.no_journal:
        return None
    given = flag(flags.state, "--state") or first(where, "PT5_STATE")
    return _path(given) or default()


def _path(given: Given | None) -> Path | None:
    return Path(given.text) if given else None


def color_of(
    asked: ColorChoice | None,
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
) -> ColorChoice:
    """Whether words may be coloured, for a command that asks only this."""
    if asked is not None:
        return asked
    where = places(environ, dotenv)
    if first(where, "NO_COLOR"):
        return ColorChoice.NEVER
    forced = first(where, "CLICOLOR_FORCE")
    if forced and forced.text != "0":
        return ColorChoice.ALWAYS
    return ColorChoice.AUTO
