"""Whatever fails and whenever it stops: the sums and the promises hold."""

import asyncio
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import Op
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runs import Shore, bin_bytes, names, run, write, write_bin

from pt5_async.errors import (
    AccessDenied,
    BodyRefused,
    ConnectionLost,
    CredentialsRefused,
    ObjectRefused,
    Pt5Error,
    StoreBusy,
    StoreError,
    StoreUnreachable,
)
from pt5_async.fold import SummaryFold
from pt5_async.ifcb.names import Kind
from pt5_async.model import Held, Outcome, Skipped, Target, Uploaded
from pt5_async.summary import Summary

BINS, LOOSE = 4, 3
FAULTS = (
    StoreBusy,
    ConnectionLost,
    StoreUnreachable,
    BodyRefused,
    ObjectRefused,
    AccessDenied,
    CredentialsRefused,
)


@dataclass(frozen=True)
class Weather:
    """What happens to a run: faults, and a stop after so many requests."""

    faults: dict[tuple[Op, str, bool], list[type[StoreError] | None]]
    finish: int | None
    at_once: int | None
    concurrency: int


def files() -> list[str]:
    return [
        *(name for number in range(BINS) for name in names(number)),
        *(f"loose-{number}" for number in range(LOOSE)),
    ]


WEATHERS = st.builds(
    Weather,
    faults=st.dictionaries(
        st.tuples(
            st.sampled_from((Op.PUT, Op.PUT, Op.LIST)),
            st.sampled_from(["", *files()]),
            st.booleans(),
        ),
        st.lists(st.one_of(st.none(), st.sampled_from(FAULTS)), max_size=4),
        max_size=6,
    ),
    finish=st.one_of(st.none(), st.integers(0, 16)),
    at_once=st.one_of(st.none(), st.integers(0, 16)),
    concurrency=st.integers(1, 5),
)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(weathers=st.lists(WEATHERS, min_size=1, max_size=3))
def test_every_file_has_one_end_and_no_bin_is_seen_in_half(
    weathers: list[Weather],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_through(weathers, Shore(Path(folder))))


async def _through(weathers: list[Weather], shore: Shore) -> None:
    for number in range(BINS):
        write_bin(shore.source / "d", number)
    for number in range(LOOSE):
        write(shore.source / "e" / f"loose-{number}")
    sent: set[str] = set()
    for weather in weathers:
        summary = await _one_run(weather, shore)
        found = shore.tell.outcomes()
        _adds_up(summary, found)
        said = {o.item.key for o in found.values() if type(o) is Uploaded}
        assert said <= set(shore.store.objects)
        assert not said & sent, "sent, known, and sent again"
        sent |= said
        _no_bin_in_half(shore)
    shore.store.forgive()
    last = await shore.run()
    assert {type(o) for o in last.values()} <= {Uploaded, Skipped}
    assert len(last) == len(shore.store.objects) == 3 * BINS + LOOSE
    _no_bin_in_half(shore)


async def _one_run(weather: Weather, shore: Shore) -> Summary:
    shore.store.forgive()
    for (op, end, late), then in weather.faults.items():
        shore.store.script(op, end, *then, late=late)
    fold = SummaryFold("run", "source", Target("b"), dry_run=False)
    with (
        shore.journal() as memory,
        shore.kit(
            memory, concurrency=weather.concurrency, grace=3600.0
        ) as kit,
        suppress(Pt5Error),
    ):
        shore.tell.also = fold
        shore.store.on_request = lambda: _stop(weather, shore)
        async with asyncio.timeout(10):
            await run(shore.source, kit)
    return fold.summary()


def _stop(weather: Weather, shore: Shore) -> None:
    asked = len(shore.store.requests)
    if asked == weather.finish:
        shore.stop.finish()
    if asked == weather.at_once:
        shore.stop.at_once()


def _adds_up(summary: Summary, found: dict[str, Outcome]) -> None:
    kinds = Counter(type(outcome) for outcome in found.values())
    assert summary.uploaded.files == kinds[Uploaded]
    assert summary.skipped.files == kinds[Skipped]
    assert summary.held.files == kinds[Held]
    assert summary.found.files == len(found) <= 3 * BINS + LOOSE


def _no_bin_in_half(shore: Shore) -> None:
    for number in range(BINS):
        keys = [f"p/d/{name}" for name in names(number)]
        there = [key in shore.store.objects for key in keys]
        assert not there[2] or all(there), "an .adc without its bin"
        for key, kind in zip(keys, Kind, strict=True):
            if key in shore.store.objects:
                body = shore.store.objects[key].body
                assert body == bin_bytes().by_kind()[kind]


@pytest.mark.parametrize("kind", Kind)
async def test_the_property_sees_a_bin_in_half(
    tmp_path: Path, kind: Kind
) -> None:
    shore = Shore(tmp_path)
    write_bin(shore.source / "d")
    await shore.run()
    del shore.store.objects[f"p/d/{names()[list(Kind).index(kind)]}"]
    if kind is Kind.ADC:
        _no_bin_in_half(shore)
    else:
        with pytest.raises(AssertionError, match="without its bin"):
            _no_bin_in_half(shore)
