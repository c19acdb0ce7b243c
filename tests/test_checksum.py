import base64
import hashlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pt5_async.checksum import (
    Algorithm,
    combine,
    composite,
    digest,
    digests,
    multipart_etag,
    text,
)

CHECK = b"123456789"
"""The message of which catalogues of CRCs give the value ("check")."""

COMBINING = (Algorithm.CRC64NVME, Algorithm.CRC32C, Algorithm.CRC32)


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        (Algorithm.CRC64NVME, "ae8b14860a799888"),
        (Algorithm.CRC32C, "e3069283"),
        (Algorithm.CRC32, "cbf43926"),
        (Algorithm.MD5, "25f9e794323b453885f5181f1b624d0b"),
        (
            Algorithm.SHA256,
            "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
        ),
    ],
)
def test_a_digest_is_the_value_that_the_catalogues_give(
    algorithm: Algorithm, expected: str
) -> None:
    assert digest(algorithm, CHECK).hex() == expected


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_digest_of_nothing_has_its_full_width(algorithm: Algorithm) -> None:
    assert len(digest(algorithm, b"")) == len(digest(algorithm, CHECK))


def test_several_digests_are_of_the_same_bytes() -> None:
    found = digests(Algorithm, CHECK)
    assert found == {one: digest(one, CHECK) for one in Algorithm}


def test_a_digest_travels_as_base64() -> None:
    assert text(digest(Algorithm.CRC64NVME, CHECK)) == "rosUhgp5mIg="


@settings(deadline=None)
@given(body=st.binary(max_size=500), data=st.data())
@pytest.mark.parametrize("algorithm", COMBINING)
def test_checksums_of_any_parts_combine_into_that_of_the_whole(
    algorithm: Algorithm, body: bytes, data: st.DataObject
) -> None:
    cuts = st.lists(st.integers(0, len(body)), max_size=6)
    ends = [0, *sorted(data.draw(cuts)), len(body)]
    pieces = [body[a:b] for a, b in itertools.pairwise(ends)]
    parts = [(digest(algorithm, piece), len(piece)) for piece in pieces]
    assert combine(algorithm, parts) == digest(algorithm, body)


def test_parts_in_another_order_are_another_whole() -> None:
    parts = [(digest(Algorithm.CRC64NVME, part), 3) for part in (b"abc", b"x")]
    forwards = combine(Algorithm.CRC64NVME, parts)
    assert forwards != combine(Algorithm.CRC64NVME, parts[::-1])


def test_parts_of_4_gib_and_more_combine() -> None:
    # The same zeros in two ways: doubled, and one after the other.
    mib = 1 << 20
    zeros = digest(Algorithm.CRC64NVME, bytes(mib))
    doubled, size = zeros, mib
    while size < 8192 * mib:
        pair = [(doubled, size), (doubled, size)]
        doubled, size = combine(Algorithm.CRC64NVME, pair), 2 * size
    assert doubled == combine(Algorithm.CRC64NVME, [(zeros, mib)] * 8192)


@pytest.mark.parametrize("algorithm", [Algorithm.SHA256, Algorithm.MD5])
def test_hashes_refuse_to_be_combined(algorithm: Algorithm) -> None:
    assert not algorithm.combines
    with pytest.raises(ValueError, match="do not combine"):
        combine(algorithm, [(digest(algorithm, b"a"), 1)])


@pytest.mark.parametrize("algorithm", COMBINING)
def test_crcs_say_that_they_combine(algorithm: Algorithm) -> None:
    assert algorithm.combines


def test_a_composite_checksum_is_the_hash_of_the_parts_hashes() -> None:
    parts = [hashlib.sha256(part).digest() for part in (b"a" * 9, b"b")]
    whole = hashlib.sha256(b"".join(parts)).digest()
    expected = base64.b64encode(whole).decode() + "-2"
    assert composite(Algorithm.SHA256, iter(parts)) == expected


def test_the_etag_of_parts_is_the_one_that_s3_is_known_to_give() -> None:
    # Amazon's answer to two parts, 5 MiB of zeros each (an example of
    # aws-sdk-go, and what MinIO's and Zenko's tests expect of S3).
    part = digest(Algorithm.MD5, bytes(5 * 1024 * 1024))
    assert multipart_etag([part, part]) == (
        "a7d414b9133d6483d9a1c4e04e856e3b-2"
    )
