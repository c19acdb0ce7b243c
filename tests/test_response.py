"""Answers in whatever pieces they come, and what is none."""

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pt5_async.s3.response import BODY_BYTES, HEAD_BYTES, INTERIM, Reader

HEAD = b"HTTP/1.1 200 OK\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LENGTH = HEAD + b"ETag: x\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    HEAD + b"etag: x\r\nx-empty: \r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2;ext=1\r\nhe\r\n3\r\nllo\r\n0\r\nETag: trailer\r\n\r\n"
)
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\netag: y\r\n\r\n"


def read(*pieces: bytes) -> Reader:
    reader = Reader()
    for piece in pieces:
        if reader.whole or reader.trouble:
            break
        reader.feed(piece)
    return reader


@pytest.mark.parametrize("before", [b"", CONTINUE, HINTS + CONTINUE])
@pytest.mark.parametrize("answer", [LENGTH, CHUNKED], ids=["length", "chunks"])
def test_an_answer_may_be_split_at_every_byte(
    answer: bytes, before: bytes
) -> None:
    data = before + answer
    for at in range(1, len(data)):
        reader = read(data[:at], data[at:])
        assert reader.whole
        assert reader.keeps
        found = reader.answer()
        assert (found.status, found.body) == (200, b"hello")
        assert found.headers["etag"] == "x"
        assert found.headers["x-empty"] == ""
        assert "link" not in found.headers
    bytewise = read(*(bytes([one]) for one in data))
    assert bytewise.answer() == read(data).answer()


def test_only_a_100_gives_leave_to_send_the_body() -> None:
    assert not read(HINTS).leave
    assert read(HINTS, CONTINUE).leave
    assert read(CONTINUE, HINTS).leave


@pytest.mark.parametrize(
    "rest", [b"garbage", LENGTH, b"HTTP/1.1 500 No\r\n\r\n", b"\0", HEAD[:9]]
)
@pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"])
def test_what_comes_behind_an_answer_is_none_of_it(
    rest: bytes, close: bytes
) -> None:
    answer = HEAD + close + b"ETag: x\r\nContent-Length: 2\r\n\r\nok"
    reader = read(answer + rest)

    assert reader.whole
    assert not reader.keeps
    assert not reader.trouble
    found = reader.answer()
    assert (found.status, found.body) == (200, b"ok")
    assert found.headers["etag"] == "x"


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    reader = read(HEAD + b"\r\n", b"some", b"thing")

    assert reader.ends_with_connection
    assert not reader.keeps
    assert reader.answer().body == b"something"
    for cut in (LENGTH[:-1], CHUNKED[:-1], HEAD, b"", b"SSH-2.0-x\r\n"):
        assert not read(cut).ends_with_connection


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body(status: int) -> None:
    assert read(b"HTTP/1.1 %d x\r\n\r\n" % status).whole


def test_a_header_is_bounded_to_the_byte() -> None:
    room = HEAD_BYTES - len("x") - len("content-length") - len("0")
    ends = b"\r\nContent-Length: 0\r\n\r\n"

    assert read(HEAD + b"x: " + b"y" * room + ends).whole
    assert "header" in read(HEAD + b"x: " + b"y" * (room + 1) + ends).trouble
    endless = read(HEAD, *[b"x: y\r\n"] * 20_000)
    assert "header does not end" in endless.trouble


def test_a_body_is_bounded_however_it_comes() -> None:
    length = HEAD + b"Content-Length: %d\r\n\r\n"
    whole = read(length % BODY_BYTES, bytes(BODY_BYTES))

    assert whole.whole
    for pieces in (
        [length % (BODY_BYTES + 1), bytes(BODY_BYTES + 1)],
        [length % 10**12, *[bytes(1000)] * 2000],
        [HEAD + b"\r\n", *[bytes(1000)] * 2000],
        [
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
            *[b"1;" + b"e" * 998 + b"\r\nx\r\n"] * 2000,
        ],
    ):
        assert "body does not end" in read(*pieces).trouble


def test_interim_answers_are_counted() -> None:
    assert read(*[CONTINUE] * INTERIM, LENGTH).whole
    assert "interim" in read(CONTINUE * (INTERIM + 1)).trouble


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 101 Other\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 9" + b"9" * 30 + b"\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nz\r\n",
        HEAD + b"no colon\r\n\r\n",
        HEAD + b" folded: line\r\n\r\n",
    ],
)
def test_garbage_is_no_answer(data: bytes) -> None:
    reader = read(data)

    assert reader.trouble == "" or "no HTTP server" in reader.trouble
    assert reader.trouble
    assert not reader.whole


FRAGMENTS = st.sampled_from(
    [
        *(b"HTTP/1.1 ", b"200 OK\r\n", b"100 C\r\n", b"\r\n", b"\r\n\r\n"),
        *(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"),
        *(b"Connection: close\r\n", b"0\r\n\r\n", b"5\r\nhello\r\n"),
        *(b"Upgrade: h2c\r\n", b"\n", b"\0", b"\xff: \xfe\r\n", b":"),
        *(HEAD, LENGTH, CHUNKED, CONTINUE, HINTS, b"a" * 70_000),
    ]
)
STREAMS = st.lists(FRAGMENTS | st.binary(max_size=30), max_size=12).map(
    b"".join
)


@settings(max_examples=150, deadline=None)
@given(STREAMS, st.lists(st.integers(0, 400), max_size=6))
@example(HEAD + b"\xff\xfe: \xff\r\n\r\n", [])
def test_any_bytes_in_any_pieces_are_an_answer_or_trouble_or_neither(
    data: bytes, cuts: list[int]
) -> None:
    edges = [0, *sorted(cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(edges)]
    reader = read(*pieces)

    if reader.whole and not reader.trouble:
        found = reader.answer()
        assert 200 <= found.status <= 999
        assert len(found.body) <= BODY_BYTES


def test_memory_is_bounded_by_the_limits() -> None:
    tracemalloc.start()
    try:
        read(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
            *[b"1\r\nx\r\n"] * 10**5,
        )
        read(HEAD, *[b"a:b\r\n"] * 10_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * BODY_BYTES
