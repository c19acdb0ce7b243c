"""What the journal says of a run as a whole: begun, ended, how, with what."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .errors import Pt5Error
from .journal import Run, Unsent
from .kit import Kit
from .model import Failed, Held
from .summary import Summary


@contextmanager
def on_record(
    run: Run, summary: Callable[[], Summary], kit: Kit
) -> Iterator[None]:
    """Note that `run` begins, and how it ends, in the journal."""
    kit.memory.begin_run(run)
    error: str | None = None
    try:
        yield
    except BaseException as raised:
        error = _told(raised)
        raise
    finally:
        so_far = summary()
        kit.memory.end_run(
            run.id,
            ended_ns=kit.now_ns(),
            counts=counts(so_far),
            error=error,
            unsent=_unsent(so_far),
        )


def counts(summary: Summary) -> dict[str, int]:
    """A run's numbers by name: of files, bins, bytes and attempts."""
    bins = summary.bins
    return {
        "uploaded": summary.uploaded.files,
        "skipped": summary.skipped.files,
        "held": summary.held.files,
        "failed": summary.failed.files,
        "bins": bins.uploaded,
        "bytes": summary.uploaded.size,
        "bins_skipped": bins.skipped,
        "bins_held": bins.held,
        "bins_failed": bins.failed,
        "bytes_held": summary.held.size,
        "bytes_failed": summary.failed.size,
        "broken_or_changed": summary.broken_or_changed,
        "overdue": summary.overdue.files,
        "retries": summary.retries,
        "stopped": int(summary.stopped),
        "milliseconds": round(summary.seconds * 1000),
    }


def _told(raised: BaseException) -> str:
    """An error's class, and the sentence of one that was meant to be told."""
    name = type(raised).__name__
    return f"{name}: {raised}" if isinstance(raised, Pt5Error) else name


def _unsent(summary: Summary) -> list[Unsent]:
    """The files that are named at the end of a run."""
    failed = [_left(one) for one in summary.failures]
    holds = (*summary.overdue_holds, *summary.holds)
    return [*failed, *map(_left, holds)]


def _left(one: Failed | Held) -> Unsent:
    file = one.item.file
    if isinstance(one, Failed):
        return Unsent(file.relative, file.size, "failed", str(one.error))
    why = f"{one.reason}: {one.detail}" if one.detail else one.reason.value
    return Unsent(file.relative, file.size, "held", why)
