"""The one decision on what flags, environment and .env add up to.

Pure: it looks at nothing but its arguments. A flag beats the environment,
the environment beats .env, and an empty variable counts as not set.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from ..errors import UsageError
from ..ifcb.names import Kind
from ..model import Target
from ..settings import Credentials, Line, Settings, default_state
from .access import endpoint, identity, region
from .flags import Broken, ColorChoice, Flags, IfRunning
from .limited import count, memory, seconds
from .places import (
    SOURCES,
    VARIABLES,
    Given,
    Places,
    first,
    flag,
    places,
    strangers,
    usual_source,
)
from .variables import filled, variables

_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*", re.ASCII)
_DEFAULT: Final = Settings()

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the command is to do, with nothing left to decide.

    `credentials` None leaves it to AWS's own chain (or to the settings'
    profile). `source` is the current folder where only `validate` is
    asked; `source_origin` names the variable that it came from, if it did.
    `state_named` says that somebody chose the journal's folder.
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
    state_named: bool
    if_running: IfRunning
    broken: Broken
    known_broken: Path | None
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
    names = (*VARIABLES, *(one.name for one in variables()))
    where = places(environ, dotenv, names)
    flags, origins = filled(flags, where)
    warnings = tuple(strangers(dotenv, names))
    try:
        return _resolved(flags, where, state, warnings)
    except UsageError as error:
        raise renamed(origins, error) from error


def renamed(origins: Mapping[str, str], error: UsageError) -> UsageError:
    """`error`, in which options that variables gave are called by these."""
    text = str(error)
    for option, origin in origins.items():
        text = re.sub(rf"{option}(?![\w-])", origin, text, count=1)
    return UsageError(text)


def _resolved(
    flags: Flags,
    where: Places,
    state: Callable[[], Path],
    warnings: tuple[str, ...],
) -> Resolved:
    _refuse_contradictions(flags)
    credentials, profile = identity(flags, where)
    source, origin = _source(flags, where)
    named = _state(flags, where)
    journal = None if flags.no_journal else named or state()
    return Resolved(
        source=source,
        source_origin=origin,
        target=_target(flags, where),
        settings=_settings(flags, where, profile=profile, state=journal),
        credentials=credentials,
        dry_run=flags.dry_run,
        validate=flags.validate,
        verbose=flags.verbose,
        quiet=flags.quiet,
        json=flags.json,
        color=color_in(flags.color, where),
        receipt=_path(flag(flags.receipt, "--receipt")),
        receipt_all=flags.receipt_all,
        state_named=named is not None,
        if_running=_or(flags.if_running, IfRunning.FAIL),
        broken=_or(flags.broken, Broken.FAIL),
        known_broken=_path(flag(flags.known_broken, "--known-broken")),
        warnings=warnings,
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
    if flags.validate and not first(where, *SOURCES):
        return Path(), None
    return usual_source(where)


def _target(flags: Flags, where: Places) -> Target:
    to = flag(flags.to, "--to") or first(where, "PT5_TO", "AWS_UPLOAD_URL")
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
        layout=_or(flags.layout, _DEFAULT.layout),
        relayout=flags.relayout,
        members=members(flags.members),
        all_files=flags.all_files,
        allow_incomplete=flags.allow_incomplete,
        replace_changed=flags.replace_changed,
        grace=seconds(flags.grace, "--grace", "grace"),
        state=state,
    )


def members(given: str | None) -> frozenset[Kind]:
    """The kinds of files that ``--members`` names, or all.

    Raises:
        UsageError: when it names something else.
    """
    if given is None:
        return _DEFAULT.members
    named = [word.strip().lower().lstrip(".") for word in given.split(",")]
    try:
        return frozenset(map(Kind, named))
    except ValueError:
        raise UsageError(
            f"--members: {given!r} are no members of a bin; give some of"
            " roi, hdr and adc, with commas between"
        ) from None


def _or(given: Value | None, default: Value) -> Value:
    return default if given is None else given


def _state(flags: Flags, where: Places) -> Path | None:
    """The journal's folder that somebody named; systemd may name several."""
    given = flag(flags.state, "--state") or first(where, "PT5_STATE")
    if given is None and (named := first(where, "STATE_DIRECTORY")):
        return Path(named.text.split(":")[0])
    return _path(given)


def _path(given: Given | None) -> Path | None:
    return Path(given.text) if given else None


def color_of(
    asked: ColorChoice | None,
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
) -> ColorChoice:
    """Whether words may be coloured, for a command that asks only this."""
    return color_in(asked, places(environ, dotenv))


def color_in(asked: ColorChoice | None, where: Places) -> ColorChoice:
    """Whether words may be coloured, by an option or by `where`."""
    if asked is not None:
        return asked
    if first(where, "NO_COLOR"):
        return ColorChoice.NEVER
    forced = first(where, "CLICOLOR_FORCE")
    if forced and forced.text != "0":
        return ColorChoice.ALWAYS
    return ColorChoice.AUTO
