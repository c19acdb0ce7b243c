"""What the options of `report` add up to. Pure, as ``resolve.py``."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import UsageError
from ..model import Target
from ..settings import Line, Settings, default_state
from .beside import decided, judging
from .named import state_of
from .places import (
    SOURCES,
    Places,
    first,
    flag,
)
from .report_flags import ReportFlags
from .resolve import color_in
from .selecting import list_warning, read_list, selection
from .shared_options import ColorChoice


@dataclass(frozen=True, slots=True)
class ToReport:
    """What is to be done, with nothing left to decide.

    `source` is None where the journal is to name it; `origin` names the
    variable that it came from, if it did; `state_named` says that somebody
    chose the journal's folder.
    """

    source: Path | None
    origin: str | None
    target: Target | None
    settings: Settings
    state_named: bool
    html: Path | None
    png: Path | None
    quiet: bool
    json: bool
    color: ColorChoice
    known_broken: Path | None
    warnings: tuple[str, ...]


def to_report(
    flags: ReportFlags,
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
    *,
    state: Callable[[], Path] = default_state,
    read: Callable[[str], str] = read_list,
) -> ToReport:
    """What `flags`, the environment and a .env file ask for together.

    Raises:
        UsageError: for a value that cannot be used, naming its place.
    """
    return decided(
        flags,
        environ,
        dotenv,
        lambda filled, where: _asked(filled, where, state, read),
    )


def _asked(
    flags: ReportFlags,
    where: Places,
    state: Callable[[], Path],
    read: Callable[[str], str],
) -> ToReport:
    html, png = _file(flags.html, "--html"), _file(flags.png, "--png")
    _refuse_neither(html, png)
    source, origin = _source(flags, where)
    chosen = selection(flags, read)
    known = flag(flags.known_broken, "--known-broken")
    folder = state_of(flags.state, where)
    journal = Path(folder.text) if folder else state()
    return ToReport(
        source=source,
        origin=origin,
        target=_target(flags),
        settings=replace(judging(flags, chosen), state=journal),
        state_named=folder is not None,
        html=html,
        png=png,
        quiet=flags.quiet,
        json=flags.json,
        color=color_in(flags.color, where),
        known_broken=Path(known.text) if known else None,
        warnings=tuple(list_warning(flags, chosen)),
    )


def _file(value: str | None, option: str) -> Path | None:
    given = flag(value, option)
    if given is None:
        return None
    if given.text == "-":
        raise given.refused(
            "a report goes into a file, not to standard output; name one"
        )
    if not Path(given.text).name or given.text.endswith(os.sep):
        raise given.refused(f"{given.text} is no file's name")
    return Path(given.text)


def _refuse_neither(html: Path | None, png: Path | None) -> None:
    if html is None and png is None:
        raise UsageError(
            "a report goes into a file; give --html FILE for a page, --png"
            " FILE for a picture, or both"
        )
    if html and png and os.path.realpath(html) == os.path.realpath(png):
        raise UsageError(
            f"--html and --png name one file, {html}; they need two"
        )


def _source(
    flags: ReportFlags, where: Places
) -> tuple[Path | None, str | None]:
    if named := flag(flags.path, "SOURCE"):
        return Path(named.text), None
    if found := first(where, *SOURCES):
        return Path(found.text), found.origin
    return None, None


def _target(flags: ReportFlags) -> Target | None:
    """What was asked for; a variable that says where to is no choice."""
    named = flag(flags.to, "--to")
    if named is None:
        return None
    try:
        return Target.parse(named.text)
    except UsageError as error:
        raise named.refused(error) from error
