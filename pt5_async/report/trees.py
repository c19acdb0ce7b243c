"""Which trees a report is about, and where the bins of each went. Pure.

The journal has each run with its SOURCE, so that an operator need not say
again what was said at the upload.
"""

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ..ifcb.layout import Layout
from ..journal.past import PastRun, Place
from ..model import Target


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree: its absolute path, and where the journal has it.

    `place` is None where no journal knows it.
    """

    path: str
    place: Place | None = None
    layout: Layout = Layout.MIRROR
    remark: str = ""


def trees(
    sources: Collection[str | os.PathLike[str]],
    runs: Sequence[PastRun],
    target: Target | None,
    *,
    is_file: Callable[[str], bool] = os.path.isfile,
) -> list[Tree]:
    """The trees at `sources`, or without any those of the `runs`.

    `runs` come newest first; where there is a `target`, only those to it
    count.
    """
    fitting = [run for run in runs if target is None or _fits(run, target)]
    if sources:
        return [_named(os.path.abspath(one), fitting) for one in sources]
    newest: dict[str, PastRun] = {}
    for run in fitting:
        newest.setdefault(run.source, run)
    return [
        _of(run)
        for source, run in sorted(newest.items())
        if not _inside(source, newest) and not is_file(source)
    ]


def strangers(runs: Iterable[PastRun], target: Target) -> list[str]:
    """The targets of `runs`, newest first, if `target` is none of them."""
    runs = list(runs)
    if any(_fits(run, target) for run in runs):
        return []
    return list(dict.fromkeys(run.target for run in runs))


def _fits(run: PastRun, target: Target) -> bool:
    return (run.place.bucket, run.place.prefix) == (
        target.bucket,
        target.prefix,
    )


def _named(path: str, runs: Iterable[PastRun]) -> Tree:
    """A tree that was named; it may have been moved since it was sent."""
    places: dict[Place, PastRun] = {}
    for run in runs:
        if run.source == path:
            return _of(run)
        places.setdefault(run.place, run)
    if len(places) != 1:
        remark = "the journal knows no run from here" if places else ""
        return Tree(path, remark=remark)
    [(place, run)] = places.items()
    remark = f"the journal has it as {run.source}"
    return Tree(path, place, _layout(run), remark)


def _of(run: PastRun) -> Tree:
    return Tree(run.source, run.place, _layout(run))


def _layout(run: PastRun) -> Layout:
    """Its layout; of a newer version's, that of most."""
    known = {one.value for one in Layout}
    return Layout(run.layout) if run.layout in known else Layout.MIRROR


def _inside(path: str, others: Iterable[str]) -> bool:
    """Whether another tree has all of it."""
    return any(
        path != other and path.startswith(other.rstrip(os.sep) + os.sep)
        for other in others
    )
