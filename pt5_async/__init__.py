"""pt5_async: every bin of an Imaging FlowCytobot, whole, in S3.

    from pt5_async import upload_tree

    summary = await upload_tree("/data/ifcb", "s3://bucket/prefix")
    summary.raise_for_failures()

The rooms of the house, from the ground up; each imports only from below
(import-linter holds that in CI):

    errors  checksum  ifcb/     what can go wrong; bytes; the instrument
    hidden  printable           text without secrets; text safe to show
    model  selection/           the nouns; which files are asked for
    objects                     what every object gets besides its bytes
    events  settings            what can be told, how to run
    plan  retry  budget         pure decisions; attempts; memory for bodies
    rate  quota                 bytes per second; how long, and how much
    summary  lock               counts; one run at a time
    allowance                   how many files may be open
    flight  width               what may be on its way; how many bins at once
    outage  patience            the store is away; what an attempt is worth
    fold  fates  receipt/       events into those counts; what became of
                                one job's files; a row per object
    hops  slow  tasks           calls into threads, several at once; reads
                                that do not come back; tasks to their end
    store  waiting              the protocol of an object store; why a bin
                                stays here for now
    guard                       what of a bin readers may be using now
    disk/  s3/  journal/        the source, the store, what was sent
    landmark                    is the journal still true of the store?
    kit  batch  meta            what a run shares; the walk, keyed; what an
                                object says of itself
    abandon  opening            an upload in parts given up; store and
                                journal of a run
    logbook                     what the journal says of a run as a whole
    lost  turn                  is what is in the way our own; runs one
                                after the other
    adopt                       what the store's listings say
    examine  ledger             a bin read and judged; what a job leaves in
                                the journal
    stream  sweep               one large file; uploads left behind
    compare  contest  sending   objects that others made; two files for one
                                key; one file sent
    shipment                    a job's files in the order of sending
    transfer                    one job
    pipeline                    producer, queue, consumers, stop
    run                         one run, its store and journal open
    upload  validate            the library door
    verify/  inspect/           the same tree held against the store; judged
                                without one
    report/                     pictures of an archive, from both
    cli/                        the terminal door

Names are loaded when they are first asked for, so that importing the
package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import errors as errors
    from . import events as events
    from .events import Observer as Observer
    from .inspect import inspect_tree as inspect_tree
    from .kit import Stop as Stop
    from .model import Target as Target
    from .objects import ObjectOptions as ObjectOptions
    from .selection import Order as Order
    from .selection import Selection as Selection
    from .settings import Depth as Depth
    from .settings import Settings as Settings
    from .summary import Summary as Summary
    from .upload import upload_tree as upload_tree
    from .validate import Check as Check
    from .validate import validate_target as validate_target
    from .verify import verify_tree as verify_tree

_HOMES = {
    "Check": "validate",
    "Depth": "settings",
    "ObjectOptions": "objects",
    "Observer": "events",
    "Order": "selection",
    "Selection": "selection",
    "Settings": "settings",
    "Stop": "kit",
    "Summary": "summary",
    "Target": "model",
    "errors": None,
    "events": None,
    "inspect_tree": "inspect",
    "upload_tree": "upload",
    "validate_target": "validate",
    "verify_tree": "verify",
}

__all__ = [  # noqa: PLE0604 - every name is one of the table's
    *_HOMES
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES[name]
    if home is None:
        return import_module(f".{name}", __name__)
    return getattr(import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
