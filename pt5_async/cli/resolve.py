"""The one decision on what flags, environment and .env add up to.

Pure: it looks at nothing but its arguments. A flag beats the environment,
the environment beats .env, and an empty variable counts as not set.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from ..errors import UsageError
from ..ifcb.names import Kind
from ..model import Target
from ..selection import Selection
from ..settings import Credentials, Line, Settings, default_state
from .contradictions import refuse
from .flags import Flags
from .job_flags import Broken, IfRunning
from .limited import (
    concurrency,
    count,
    lasting,
    memory,
    outage,
    rate,
    seconds,
    transfer,
)
from .named import named
from .object_flags import object_options
from .origins import Origins, respelled
from .places import (
    VARIABLES,
    Given,
    Places,
    first,
    flag,
    places,
    strangers,
    text_of,
)
from .selecting import list_warning, read_list, selection
from .shared_options import ColorChoice
from .store_flags import StoreFlags
from .variables import filled, variables

_DEFAULT: Final = Settings()
UNSAFE: Final = (
    "--no-verify-ssl: no certificate is checked, so that anybody on the way"
    " can read what is sent, and answer in the store's name"
)
"""A warning that is said in every run, however quiet."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the command is to do, with nothing left to decide.

    `credentials` None leaves it to AWS's own chain (or to the settings'
    profile). `source` is the current folder where only `validate` is
    asked; `source_origin` names the variable that it came from, if it did.
    `state_named` says that somebody chose the journal's folder.
    `origins` tells who named what. `warnings` are sentences for the user.
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
    origins: Origins
    log_file: Path | None
    warnings: tuple[str, ...]


def resolve(
    flags: Flags,
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
    *,
    state: Callable[[], Path] = default_state,
    read: Callable[[str], str] = read_list,
    env_file: Given | None = None,
) -> Resolved:
    """What `flags`, the environment and a .env file ask for together.

    `state` tells the journal's folder where none of them names it, `read`
    the text of the list that --files-from names; `env_file` is the path
    that `dotenv` was read from, and who chose it.

    Raises:
        UsageError: for a value that cannot be used, naming its place.
    """
    names = (*VARIABLES, *(one.name for one in variables()))
    where = places(environ, dotenv, names)
    flags, origins = filled(flags, where)
    try:
        found = _resolved(flags, where, state, read)
    except UsageError as error:
        raise renamed(origins, error) from error
    odd = strangers(environ, dotenv, names)
    told = replace(found.origins.respelled(origins), env_file=env_file)
    return replace(found, origins=told, warnings=(*odd, *found.warnings))


def renamed(origins: Mapping[str, str], error: UsageError) -> UsageError:
    """`error`, in which options that variables gave are called by these."""
    return UsageError(respelled(origins, str(error)))


def _resolved(
    flags: Flags,
    where: Places,
    state: Callable[[], Path],
    read: Callable[[str], str],
) -> Resolved:
    _refuse_contradictions(flags)
    told, origins = named(flags, where)
    folder = _path(told.state)
    journal = None if flags.no_journal else folder or state()
    chosen = selection(flags, None if flags.validate else read)
    return Resolved(
        source=told.source,
        source_origin=None if flags.path or flags.source else origins.source,
        target=told.target,
        settings=replace(
            _settings(flags, where),
            endpoint_url=text_of(told.endpoint),
            region=text_of(told.region),
            profile=told.who.profile,
            state=journal,
            selection=chosen,
        ),
        credentials=told.who.keys,
        dry_run=flags.dry_run,
        validate=flags.validate,
        verbose=flags.verbose,
        quiet=flags.quiet,
        json=flags.json,
        color=color_in(flags.color, where),
        receipt=_path(flag(flags.receipt, "--receipt")),
        receipt_all=flags.receipt_all,
        log_file=_path(flag(flags.log_file, "--log-file")),
        state_named=folder is not None,
        if_running=_or(flags.if_running, IfRunning.FAIL),
        broken=_or(flags.broken, Broken.FAIL),
        known_broken=_path(flag(flags.known_broken, "--known-broken")),
        origins=origins,
        warnings=tuple(_warnings(flags, chosen)),
    )


def _refuse_contradictions(flags: Flags) -> None:
    own = {
        "--dry-run and --validate are two things; give one": (
            flags.dry_run and flags.validate
        ),
        "--receipt tells what was sent, and --dry-run sends nothing": (
            flags.dry_run and flags.receipt is not None
        ),
        "--receipt and --log-file name one file; they need two": (
            flags.receipt is not None and flags.receipt == flags.log_file
        ),
        "--receipt-all needs --receipt FILE": (
            flags.receipt_all and flags.receipt is None
        ),
    }
    refuse(flags, own)


def _settings(flags: Flags, where: Places) -> Settings:
    """What options decide one by one."""
    limit = rate(flags.limit_rate, "--limit-rate", "limit_rate")
    return Settings(
        addressing=_or(flags.addressing, _DEFAULT.addressing),
        lane=_or(flags.lane, _DEFAULT.lane),
        checksum=_or(flags.checksum, _DEFAULT.checksum),
        concurrency=concurrency(flags.concurrency, limit),
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
        existing=_or(flags.existing, _DEFAULT.existing),
        compare=_or(flags.compare, _DEFAULT.compare),
        recheck=flags.recheck,
        members=members(flags.members),
        all_files=flags.all_files,
        allow_incomplete=flags.allow_incomplete,
        replace_changed=flags.replace_changed,
        grace=seconds(flags.grace, "--grace", "grace"),
        objects=object_options(flags),
        ca_bundle=bundle(flags, where),
        verify_ssl=not flags.no_verify_ssl,
        limit_rate=limit,
        max_duration=lasting(
            flags.max_duration, "--max-duration", "max_duration"
        ),
        max_transfer=transfer(
            flags.max_transfer, "--max-transfer", "max_transfer"
        ),
        max_outage=outage(flags.max_outage),
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


def bundle(flags: StoreFlags, where: Places) -> Path | None:
    """The certificates to trust; an option beats what a variable says."""
    if flags.no_verify_ssl:
        return None
    given = flag(flags.ca_bundle, "--ca-bundle")
    return _path(given or first(where, "AWS_CA_BUNDLE"))


def _warnings(flags: Flags, chosen: Selection) -> Iterator[str]:
    if flags.no_verify_ssl:
        yield UNSAFE
    yield from list_warning(flags, chosen)


def _or(given: Value | None, default: Value) -> Value:
    return default if given is None else given


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
