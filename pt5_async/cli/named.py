"""Where, as whom and what to send, as options, variables and .env name it."""

from pathlib import Path
from typing import NamedTuple

from ..model import Target
from .access import Identity, endpoint, identity, region
from .flags import Flags
from .origins import Origins
from .places import Given, Places, first, flag, origin_of
from .route import source_of, target_of


class Named(NamedTuple):
    """What options and places name, each from where it is named best."""

    who: Identity
    source: Path
    target: Target
    endpoint: Given | None
    region: Given | None
    state: Given | None


def named(flags: Flags, where: Places) -> tuple[Named, Origins]:
    """What is named, and by what; of the .env file it knows nothing.

    Raises:
        UsageError: for a value that cannot be used, naming its place.
    """
    who = identity(flags, where)
    source, given = source_of(flags, where)
    target, aimed = target_of(flags, where)
    at, there = endpoint(flags, where), region(flags, where)
    state = state_of(flags.state, where)
    origins = Origins(
        env_file=None,
        source=given,
        target=aimed,
        endpoint=origin_of(at),
        region=origin_of(there),
        credentials=who.origin,
        state="--no-journal" if flags.no_journal else origin_of(state),
    )
    return Named(who, source, target, at, there, state), origins


def state_of(state: str | None, where: Places) -> Given | None:
    """The journal's folder that somebody named; systemd may name several.

    `state` is what --state gave.
    """
    given = flag(state, "--state") or first(where, "PT5_STATE")
    if given is None and (several := first(where, "STATE_DIRECTORY")):
        return several._replace(text=several.text.split(":")[0])
    return given
