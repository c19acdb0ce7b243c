"""A verification in words: a line for a finding, and the summary. Pure."""

from collections.abc import Iterator
from typing import Final, TypeGuard

from ..ifcb.names import braced
from ..model import Hold, Skipped
from ..settings import Depth
from ..summary import Count
from ..verify import (
    By,
    Differs,
    Extra,
    Half,
    Missing,
    Requests,
    Same,
    State,
    Unreadable,
    Verification,
    Verified,
    Written,
)
from ..verify.finding import Outcome
from .amounts import files, short_size, size
from .leftover_words import left_open
from .words import Said, Tone, because, listed

HALF: Final = "the store has its .adc and not its .roi: readers stumble"

_TONES: Final = {
    State.SAFE: Tone.DULL,
    State.WAITING: Tone.PLAIN,
    State.BROKEN: Tone.CARE,
    State.CHANGED: Tone.CARE,
    State.UNPROVEN: Tone.CARE,
    State.INCOMPLETE: Tone.BAD,
    State.UNREADABLE: Tone.BAD,
}

_SHOWN: Final = {
    Depth.LISTING: "by size",
    Depth.CHECKSUM: "by checksum",
    Depth.DOWNLOAD: "byte for byte",
}


def requests_line(asked: Requests) -> Said:
    """What the store will be asked for next."""
    number = f"{asked.least}"
    if asked.most is None:
        number = f"at least {asked.least}"
    elif asked.most != asked.least:
        number = f"up to {asked.most}"
    said = f"Requests to come: {number} {asked.operation}"
    if asked.size:
        said += f" (up to {short_size(asked.size)} read back)"
    return Said(said)


def bin_line(found: Verified) -> Said:
    """A bin, or a loose file, and what is to be said of it."""
    names = [one.item.file.relative for one in found.outcomes]
    named = braced(names[0][:-4], names) if found.pid else names[0]
    if found.held is not None:
        why = because(*found.held)
    else:
        why = because(found.state, _details(found))
    if found.half:
        why += f"; {HALF}"
    if found.astray:
        why += f"; the store has it as --layout {found.astray[0]} names it"
    return Said(f"  {named}  {why}", _TONES[found.state])


def _details(found: Verified) -> str:
    """What of its files is not as it should be."""
    missing = [_end(one) for one in found.outcomes if isinstance(one, Missing)]
    said = [f"{', '.join(missing)} missing"] if missing else []
    aged = [_end(one) for one in found.outcomes if _aged(one)]
    if aged:
        said.append(f"{', '.join(aged)} not as sent before, here")
    for one in found.outcomes:
        if isinstance(one, Differs):
            said.append(f"{_end(one)} differs by {one.what}: {one.detail}")
        elif isinstance(one, Unreadable):
            said.append(f"{one.error}")
    if found.state is State.UNPROVEN:
        unproven = [
            _end(one)
            for one in found.outcomes
            if isinstance(one, Same) and one.by is By.SIZE
        ]
        said.append(f"no checksum to compare for {', '.join(unproven)}")
    return "; ".join(dict.fromkeys(said))


def _aged(one: Outcome) -> TypeGuard[Missing | Differs]:
    return isinstance(one, Missing | Differs) and one.aged


def _end(one: Missing | Differs | Same) -> str:
    file = one.item.file
    name = file.relative.rpartition("/")[2]
    return name[-4:] if file.kind else name


def odd_line(odd: Skipped | Unreadable | Extra | Half) -> Said:
    """What belongs to no bin that is here."""
    match odd:
        case Skipped():
            why = because(odd.reason, odd.detail)
            return Said(f"  {odd.item.file.relative}  left: {why}", Tone.DULL)
        case Unreadable():
            name, why = odd.item.file.relative, str(odd.error)
            said = why if name in why else f"{name}: {why}"
            return Said(f"  unreadable: {said}", Tone.BAD)
        case Extra():
            object_ = odd.listed
            return Said(f"  {object_.key}  {short_size(object_.size)}  extra")
        case Half():
            return Said(f"  {odd.stem}.adc  not here, and {HALF}", Tone.CARE)


FIXING: Final = Said("Sending what is missing or differs (--fix)", Tone.STRONG)
"""What comes next, when all was looked at."""


def report(
    seen: Verification, *, midway: bool = False, named: bool = False
) -> Iterator[Said]:
    """The summary, and at its end what it comes to, unless `midway`.

    `named` says that objects without a file were named.
    """
    yield Said("Verification Summary Report:", Tone.STRONG)
    bins = sum(seen.bins.values())
    yield Said(f"Total Bins: {bins}")
    yield Said(f"Duration: {seen.seconds:.2f} seconds")
    for state, number in seen.bins.items():
        yield Said(f"{_heading(state)}: {_bins(number)}", _tone(state))
        if state is State.WAITING:
            yield from _waits(seen)
    if seen.known_broken:
        yield Said(f"  {seen.new_broken} broken that were not known before")
    for state, loose in seen.loose.items():
        said = files(loose, "other")
        yield Said(f"{_heading(state)}: {said}", _tone(state))
    yield from _files(seen)
    yield from _others(seen, named=named)
    asked = listed({f"{name}": n for name, n in seen.requests.items()})
    yield Said(f"Requests: {asked or 'none'}", Tone.DULL)
    if seen.listed is not None:
        yield _list_line(seen.listed)
    if not midway:
        yield _verdict(seen, bins)


def _waits(seen: Verification) -> Iterator[Said]:
    for hold, number in seen.held.items():
        if hold is not Hold.BROKEN:
            yield Said(f"  {number} {hold}")


def _files(seen: Verification) -> Iterator[Said]:
    same = {by: one for by, one in seen.same.items() if one.files}
    if same:
        all_ = Count(
            sum(one.files for one in same.values()),
            sum(one.size for one in same.values()),
        )
        by = listed({str(by): one.files for by, one in same.items()})
        yield Said(f"Same: {_count(all_)} (by {by})")
    if seen.missing.files:
        yield Said(f"Missing: {_count(seen.missing)}", Tone.BAD)
    for what, one in seen.differs.items():
        if one.files:
            yield Said(f"Different by {what}: {_count(one)}", Tone.BAD)
    if seen.undue.files:
        why = "of bins that are broken or not due yet"
        yield Said(f"Not held against it: {_count(seen.undue)}, {why}")
    if seen.unreadable:
        yield Said(f"Unreadable: {seen.unreadable}", Tone.BAD)


def _extra(seen: Verification, *, named: bool) -> Iterator[Said]:
    if seen.blind:
        yield Said("Extra: not counted, listing is not allowed", Tone.DULL)
    elif seen.extra is None and seen.unknown.files:
        why = "what could not be read here may be in any place there"
        yield Said(f"Extra: not known, {why}", Tone.CARE)
    elif seen.extra is None:
        yield Said("Extra: not counted, a part was asked for", Tone.DULL)
    elif seen.extra.files:
        all_, bytes_ = seen.extra.files, size(seen.extra.size)
        objects = "object" if all_ == 1 else "objects"
        hint = "" if named else " (--extra names them)"
        yield Said(f"Extra: {all_} {objects}, {bytes_}{hint}")
    if seen.unknown.files:
        objects = "object" if seen.unknown.files == 1 else "objects"
        yield Said(
            f"Not known: {seen.unknown.files} {objects},"
            f" {size(seen.unknown.size)}, may have a file where nothing"
            " could be read",
            Tone.CARE,
        )


def _others(seen: Verification, *, named: bool) -> Iterator[Said]:
    if seen.halves:
        number = _bins(seen.halves)
        said = f"{number} in the store with .adc and without .roi"
        yield Said(f"Half: {said}", Tone.CARE)
    if seen.astray:
        number = _bins(seen.astray)
        hint = "give that --layout; upload --relayout sends them again"
        yield Said(
            f"Elsewhere: {number}, as another layout names it ({hint})",
            Tone.CARE,
        )
    yield from _extra(seen, named=named)
    yield from left_open(seen)
    if seen.others:
        yield Said(f"{seen.others} other objects, not looked at", Tone.DULL)
    if seen.left:
        yield Said(
            f"{files(seen.left, 'other')} left (not of any bin)", Tone.DULL
        )
    if seen.unasked:
        yield Said(f"{files(seen.unasked)} not asked for", Tone.DULL)
    counts = {
        "links not followed": seen.links,
        "no regular files": seen.specials,
        "hidden or system entries": seen.hidden,
        "unfinished copies": seen.transient,
    }
    if few := listed(counts):
        yield Said(f"Left alone: {few}", Tone.DULL)


def _list_line(made: Written) -> Said:
    what = f"{files(made.files)} of {_bins(made.bins)}, {size(made.size)}"
    return Said(f"Safe to delete: {what}, listed in {made.file}")


def verdict(seen: Verification) -> Said:
    """What it all comes to, in a sentence."""
    return _verdict(seen, sum(seen.bins.values()))


def _verdict(seen: Verification, bins: int) -> Said:
    if seen.stopped:
        return Said(
            "Stopped early; of what was not reached nothing is known.",
            Tone.CARE,
        )
    if not seen.safe:
        lacking = seen.lacking
        parts = {
            "not shown to be in the store": lacking,
            "broken here": max(seen.new_broken, 0),
            "changed here": seen.number(State.CHANGED),
        }
        return Said(f"Not all is safe: {listed(parts)}.", Tone.BAD)
    if seen.stuck.files or seen.trouble is not None:
        return Said(
            "All that should be in the store is there; not all that was to"
            " be cleared is.",
            Tone.BAD,
        )
    if not bins and not sum(seen.loose.values()):
        return Said("No bins here; is it the right folder?", Tone.CARE)
    shown = _SHOWN[seen.depth]
    if seen.fixed is not None:
        sent = files(seen.fixed.uploaded.files)
        now = f"is there now: {sent} sent, the rest was there, {shown}"
        return Said(f"All that should be in the store {now}.", Tone.GOOD)
    return Said(
        f"All that should be in the store is there, {shown}.", Tone.GOOD
    )


def _heading(state: State) -> str:
    return state[:1].upper() + state[1:]


def _tone(state: State) -> Tone:
    return Tone.PLAIN if state is State.SAFE else _TONES[state]


def _count(count: Count) -> str:
    return f"{files(count.files)}, {size(count.size)}"


def _bins(number: int) -> str:
    return f"{number} bin{'' if number == 1 else 's'}"
