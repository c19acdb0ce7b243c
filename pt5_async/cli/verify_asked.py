"""What the options of `verify` add up to. Pure, as ``resolve.py``."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Final

from ..errors import UsageError
from ..model import Target
from ..selection import Selection
from ..settings import Credentials, Depth, Line, Settings, default_state
from ..verify.deletable import KEEP_DAYS, KEEP_NEWEST, Deletable
from ..verify.leftovers import LEAST_DAYS, Abort
from .access import endpoint, identity, region
from .beside import decided
from .contradictions import refuse
from .flags import ProofFlags
from .job_flags import LogFlags
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
from .named import state_of
from .object_flags import ObjectFlags, object_options
from .pace_flags import AskingFlags, PaceFlags
from .places import (
    Places,
    flag,
    named_source,
    text_of,
)
from .resolve import UNSAFE, bundle, color_in, members
from .route import target_of
from .selecting import list_warning, read_list, selection
from .shared_options import ColorChoice
from .variables import variables
from .verify_flags import VerifyFlags

_DEFAULT: Final = Settings()
_DAYS: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)d?", re.ASCII)
_MOST_DAYS: Final = 36500


@dataclass(frozen=True, slots=True)
class ToVerify:
    """What is to be done, with nothing left to decide.

    `origin` names the variable that SOURCE came from, if it did;
    `state_named` says that somebody chose the journal's folder; `env_file`
    is where variables were read from, `run` the id.
    """

    source: Path
    origin: str | None
    target: Target
    settings: Settings
    credentials: Credentials | None
    state_named: bool
    depth: Depth
    download: bool
    extra: bool
    deletable: Deletable | None
    fix: bool
    abort: Abort | None
    log_file: Path | None
    receipt: Path | None
    verbose: bool
    quiet: bool
    json: bool
    color: ColorChoice
    known_broken: Path | None
    warnings: tuple[str, ...]
    env_file: Path | None = None
    run: str = field(default_factory=lambda: token_hex(6), compare=False)


def to_verify(
    flags: VerifyFlags,
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
    *,
    state: Callable[[], Path] = default_state,
    read: Callable[[str], str] = read_list,
) -> ToVerify:
    """What `flags`, the environment and a .env file ask for together.

    Raises:
        UsageError: for a value that cannot be used, naming its place.
    """

    def decide(filled: VerifyFlags, where: Places) -> ToVerify:
        _refuse_lone(flags, filled)
        return _asked(filled, where, state, read)

    return decided(flags, environ, dotenv, decide)


def _asked(
    flags: VerifyFlags,
    where: Places,
    state: Callable[[], Path],
    read: Callable[[str], str],
) -> ToVerify:
    _refuse_contradictions(flags)
    who = identity(flags, where)
    source, origin = named_source(flags.path, where)
    target, _ = target_of(flags, where)
    folder = state_of(flags.state, where)
    chosen = selection(flags, read)
    known = flag(flags.known_broken, "--known-broken")
    log = flag(flags.log_file, "--log-file")
    journal = Path(folder.text) if folder else None
    receipt = flag(flags.receipt, "--receipt")
    settings = replace(
        _settings(flags, where, chosen),
        endpoint_url=text_of(endpoint(flags, where)),
        region=text_of(region(flags, where)),
        profile=who.profile,
        state=None if flags.no_journal else journal or state(),
    )
    unsafe = (UNSAFE,) if flags.no_verify_ssl else ()
    return ToVerify(
        source=source,
        origin=origin,
        target=target,
        settings=settings,
        credentials=who.keys,
        state_named=folder is not None,
        depth=flags.level or Depth.CHECKSUM,
        download=flags.download,
        extra=flags.extra,
        deletable=_deletable(flags),
        fix=flags.fix,
        abort=_abort(flags),
        log_file=Path(log.text) if log else None,
        receipt=Path(receipt.text) if receipt else None,
        verbose=flags.verbose,
        quiet=flags.quiet,
        json=flags.json,
        color=color_in(flags.color, where),
        known_broken=Path(known.text) if known else None,
        warnings=(*unsafe, *list_warning(flags, chosen)),
    )


def _refuse_contradictions(flags: VerifyFlags) -> None:
    if flags.level is Depth.LISTING and flags.safe_to_delete is not None:
        raise UsageError(
            "--level listing proves no bytes, and --safe-to-delete needs that"
            " proof; leave one out"
        )
    refuse(
        flags,
        {
            "--level listing and --download contradict each other": (
                flags.download and flags.level is Depth.LISTING
            ),
        },
    )


def _refuse_lone(typed: VerifyFlags, flags: VerifyFlags) -> None:
    """Refuse options about what nobody asks for.

    Variables may well say for good what it should be like.
    """
    told = [name for name, value in _sending(typed).items() if value]
    if told and not flags.fix:
        raise UsageError(
            f"{told[0]} is about what is sent, and without --fix nothing is"
        )
    if typed.everyone and flags.abort_stale is None:
        raise UsageError("--all is about --abort-stale DAYS; give it, too")
    some = (typed.keep_days, typed.keep_newest, typed.lines or None)
    if flags.safe_to_delete is None and any(one is not None for one in some):
        raise UsageError(
            "--keep-days, --keep-newest and --lines are about"
            " --safe-to-delete FILE; give it, too"
        )


def _sending(flags: VerifyFlags) -> dict[str, object]:
    """What only says how to send, by the options' names."""
    own = (ObjectFlags, ProofFlags, LogFlags)
    names = [one.name for kind in own for one in variables(kind)]
    pace = variables(PaceFlags)
    asking = [one.name for one in variables(AskingFlags)]
    names += [one.name for one in pace if one.name not in asking]
    return {
        one.option: getattr(flags, one.field)
        for one in variables(VerifyFlags)
        if one.name in names
    }


def _abort(flags: VerifyFlags) -> Abort | None:
    if flags.abort_stale is None:
        return None
    days = _days(flags.abort_stale, "--abort-stale")
    if days < LEAST_DAYS:
        raise UsageError(
            f"--abort-stale: {flags.abort_stale!r} is less than a day, and"
            " what is so young may be on its way; give 1 at least"
        )
    return Abort(days, flags.everyone)


def _deletable(flags: VerifyFlags) -> Deletable | None:
    file = flag(flags.safe_to_delete, "--safe-to-delete")
    days, newest = flags.keep_days, flags.keep_newest
    if file is None:
        return None
    if not Path(file.text).name:
        raise file.refused(f"{file.text} is no file's name")
    if newest is not None and newest < 0:
        raise UsageError(f"--keep-newest: {newest} is less than 0")
    return Deletable(
        Path(file.text),
        KEEP_DAYS if days is None else _days(days, "--keep-days"),
        KEEP_NEWEST if newest is None else newest,
        flags.lines,
    )


def _days(text: str, option: str) -> float:
    match = _DAYS.fullmatch(text)
    if match is None or float(match[1]) > _MOST_DAYS:
        raise UsageError(
            f"{option}: {text!r} is no number of days; write it like 30"
        )
    return float(match[1])


def _settings(
    flags: VerifyFlags, where: Places, chosen: Selection
) -> Settings:
    """What options decide one by one."""
    limit = None
    if flags.fix:
        limit = rate(flags.limit_rate, "--limit-rate", "limit_rate")
    settings = Settings(
        addressing=flags.addressing or _DEFAULT.addressing,
        concurrency=concurrency(flags.concurrency, limit),
        connections=count(flags.connections, "--connections", "connections"),
        attempts=count(flags.attempts, "--attempts", "attempts"),
        max_memory=memory(flags.max_memory, "--max-memory", "max_memory"),
        max_outage=outage(flags.max_outage),
        min_age=seconds(flags.min_age, "--min-age", "min_age"),
        broken_after=seconds(
            flags.broken_after, "--broken-after", "broken_after"
        ),
        recursive=flags.recursive is not False,
        layout=flags.layout or _DEFAULT.layout,
        members=members(flags.members),
        all_files=flags.all_files,
        selection=chosen,
        ca_bundle=bundle(flags, where),
        verify_ssl=not flags.no_verify_ssl,
    )
    return _to_send(settings, flags, limit) if flags.fix else settings


def _to_send(
    settings: Settings, flags: VerifyFlags, limit: float | None
) -> Settings:
    """`settings`, with what says how to send."""
    return replace(
        settings,
        lane=flags.lane or _DEFAULT.lane,
        checksum=flags.checksum or _DEFAULT.checksum,
        grace=seconds(flags.grace, "--grace", "grace"),
        objects=object_options(flags),
        limit_rate=limit,
        max_duration=lasting(
            flags.max_duration, "--max-duration", "max_duration"
        ),
        max_transfer=transfer(
            flags.max_transfer, "--max-transfer", "max_transfer"
        ),
    )
