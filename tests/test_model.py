from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import relative_paths

from pt5_async import model
from pt5_async.checksum import Algorithm
from pt5_async.errors import UsageError
from pt5_async.events import Event
from pt5_async.model import Outcome, Proof, Target
from pt5_async.store import (
    LARGEST_PART,
    LARGEST_SINGLE,
    MIB,
    MOST_PARTS,
    SMALLEST_PART,
    part_size,
)


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [
        ("s3://b", "b", ""),
        ("s3://b/", "b", ""),
        ("s3://b/p", "b", "p"),
        ("s3://b/p/", "b", "p"),
        ("s3://b//p//", "b", "p"),
        ("s3://b/p/q r/s", "b", "p/q r/s"),
    ],
)
def test_a_target_is_a_bucket_and_a_prefix_without_its_slashes(
    url: str, bucket: str, prefix: str
) -> None:
    assert Target.parse(url) == Target(bucket, prefix)


@pytest.mark.parametrize(
    "url",
    ["", "b/p", "s3:b", "s3:/b/p", "s3://", "s3:///p", "http://b/p", "S3://b"],
)
def test_what_is_no_target_is_refused_with_the_form_to_write(
    url: str,
) -> None:
    with pytest.raises(UsageError, match=r"write s3://BUCKET/PREFIX"):
        Target.parse(url)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(prefix=relative_paths())
def test_a_target_reads_back_what_it_writes(prefix: str) -> None:
    target = Target("bucket", prefix)
    assert Target.parse(str(target)) == target


def is_named(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, tuple)


VALUES = [
    *(v for v in vars(model).values() if is_dataclass(v) or is_named(v)),
    *get_args(Event),
    *get_args(Outcome),
]


@pytest.mark.parametrize("value", VALUES)
def test_every_noun_and_event_is_frozen_and_has_slots(value: type) -> None:
    if is_named(value):
        return  # a tuple is
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(value)
    assert fields(value)


def test_a_frozen_value_really_is() -> None:
    with pytest.raises(FrozenInstanceError):
        Target("a").bucket = "b"  # type: ignore[misc]


def test_every_checksum_that_can_be_sent_can_be_named_as_proof() -> None:
    assert {Proof(algorithm.value) for algorithm in Algorithm} == (
        set(Proof) - {Proof.SIZE_DATE, Proof.NONE}
    )


# ---- parts

LARGEST = MOST_PARTS * LARGEST_PART
"""48.8 TiB: what 10 000 parts can hold."""


@settings(deadline=None)
@given(size=st.integers(LARGEST_SINGLE + 1, LARGEST))
def test_parts_are_whole_mib_as_s3_wants_them_and_never_too_many(
    size: int,
) -> None:
    part = part_size(size)
    assert part % MIB == 0
    assert 5 * MIB <= SMALLEST_PART <= part <= LARGEST_PART
    assert 2 <= -(-size // part) <= MOST_PARTS


@settings(deadline=None)
@given(
    size=st.integers(LARGEST_SINGLE + 1, LARGEST),
    more=st.integers(0, LARGEST),
)
def test_a_larger_file_never_has_smaller_parts(size: int, more: int) -> None:
    assert part_size(size) <= part_size(min(size + more, LARGEST))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (17 * MIB, 8 * MIB),
        (MOST_PARTS * 8 * MIB, 8 * MIB),
        (MOST_PARTS * 8 * MIB + 1, 9 * MIB),
        (LARGEST, LARGEST_PART),
    ],
)
def test_parts_stay_at_8_mib_until_10_000_of_them_do_not_do(
    size: int, expected: int
) -> None:
    assert part_size(size) == expected
