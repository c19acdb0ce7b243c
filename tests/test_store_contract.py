"""What every store does with whole objects and listings, fake or real."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from stores import MTIME, meta, put
from subjects import SUBJECTS, Subject, subject_of

from pt5_async.checksum import digests
from pt5_async.errors import ObjectExists
from pt5_async.model import Listed
from pt5_async.store import ObjectMeta, Store

BODIES = (
    b"",
    b"\0",
    b"\r\n",
    bytes(range(256)) * 300,
    b"\xff" * (1024 * 1024 + 1),
)

ODD = [
    "a space.adc",
    " around ",
    "1+1=2.roi",
    "100%.hdr",
    "%41%2F%00",
    "a&b=c;d,e",
    "what?x=1#part",
    'it\'s "quoted" `thrice`',
    "<angle>[square]{curly}",
    "back\\slash|pipe^caret",
    "at@$semi:colon*star!",
    "~tilde-dash_under.dot",
    ".hidden",
    "...",
    "..a..b..",
    "(round)/deep/deeper.adc",
    "caf\u00e9.adc",
    "cafe\u0301.adc",
    "\u0437\u043e\u043e\u043f\u043b\u0430\u043d\u043a\u0442\u043e\u043d",
    "\u6d6e\u6e38\u751f\u7269.roi",
    "\U0001f9a0/\U0001f6a2.roi",
    "x" * 200,
]
"""Names that URLs, XML, shells or file systems have their own ideas of."""


@pytest.fixture(params=SUBJECTS)
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with subject_of(request.param, request) as opened:
        yield opened


async def test_what_must_replace_nothing_does_not_where_that_is_kept_to(
    subject: Subject,
) -> None:
    store, key = subject.store, f"{subject.prefix}new"
    for body in (b"first", b"second"):
        only = meta(key)._replace(only_new=True)
        with suppress(ObjectExists):
            await store.put(only, body, digests(store.wanted, body))
    kept = subject.server != "rclone"
    assert store.keeps_new is kept
    seen = await subject.eyes.read(key)
    assert seen.body == (b"first" if kept else b"second")


async def listed(
    store: Store, prefix: str, after: str = "", *, folder: bool = False
) -> list[Listed]:
    """All pages of a listing, as one."""
    pages = store.list(prefix, after, folder=folder)
    return [found async for page in pages for found in page]


async def names(
    subject: Subject, below: str = "", after: str = "", *, folder: bool = False
) -> list[str]:
    """The listed keys, without the subject's prefix."""
    prefix = subject.prefix
    after = after and prefix + after
    found = await listed(subject.store, prefix + below, after, folder=folder)
    return [one.key.removeprefix(prefix) for one in found]


async def test_an_object_comes_back_bit_for_bit(subject: Subject) -> None:
    bodies = {
        f"{subject.prefix}{n}.roi": body for n, body in enumerate(BODIES)
    }

    stored = [await put(subject.store, k, body) for k, body in bodies.items()]

    for key, body in bodies.items():
        assert (await subject.eyes.read(key)).body == body
    assert all(one.etag and '"' not in one.etag for one in stored)


async def test_what_is_read_back_is_what_was_stored(subject: Subject) -> None:
    store, key = subject.store, f"{subject.prefix}back"
    for body in BODIES:
        await put(store, key, body)
        assert await store.get(key) == body
        if len(body) > 300:
            assert await store.get(key, (100, 200)) == body[100:300]
    assert await store.get(f"{key}-not") is None


async def test_an_object_says_of_itself_what_it_was_told(
    subject: Subject,
) -> None:
    key = f"{subject.prefix}x.csv"
    body = b"1,2,3\n"

    told = ObjectMeta(key, "text/csv", MTIME)
    await subject.store.put(told, body, digests(subject.store.wanted, body))

    seen = await subject.eyes.read(key)
    assert seen.content_type == "text/csv"
    assert seen.metadata["mtime"] == MTIME["mtime"]


async def test_any_name_of_a_file_is_a_key(subject: Subject) -> None:
    expected = {subject.prefix + name: name.encode() for name in ODD}

    await asyncio.gather(
        *(put(subject.store, key, body) for key, body in expected.items())
    )

    read = {key: await subject.eyes.read(key) for key in expected}
    assert {key: seen.body for key, seen in read.items()} == expected
    assert await names(subject) == sorted(ODD)


async def test_a_second_object_replaces_the_first(subject: Subject) -> None:
    key = f"{subject.prefix}x.adc"
    await put(subject.store, key, b"first and longer")

    await put(subject.again, key, b"second")

    assert (await subject.eyes.read(key)).body == b"second"
    assert [one.size for one in await listed(subject.store, key)] == [6]


async def test_a_listing_tells_size_etag_and_time(subject: Subject) -> None:
    key = f"{subject.prefix}x.adc"
    await put(subject.store, key, b"12345")

    [found] = await listed(subject.store, subject.prefix)

    assert (found.key, found.size) == (key, 5)
    assert found.etag
    assert '"' not in found.etag
    assert found.modified.utcoffset() == timedelta(0)
    if subject.server == "rclone":  # it tells a file's time, as it was given
        assert found.modified.timestamp() == float(MTIME["mtime"])
    else:
        assert abs(datetime.now(UTC) - found.modified) < timedelta(minutes=1)


async def test_a_listing_begins_after_a_key(subject: Subject) -> None:
    for name in ("a", "b/1", "b/2", "c"):
        await put(subject.store, subject.prefix + name)

    assert await names(subject) == ["a", "b/1", "b/2", "c"]
    assert await names(subject, after="b/1") == ["b/2", "c"]
    assert await names(subject, after="b/11") == ["b/2", "c"]
    assert await names(subject, "b/", after="b/1") == ["b/2"]
    assert await names(subject, after="c") == []


async def test_a_listing_of_a_folder_leaves_out_what_is_below(
    subject: Subject,
) -> None:
    for name in ("a", "b/1", "b/2", "b/deep/3", "c"):
        await put(subject.store, subject.prefix + name)

    assert await names(subject, folder=True) == ["a", "c"]
    assert await names(subject, "b/", folder=True) == ["b/1", "b/2"]
    assert await names(subject, "b/", "b/1", folder=True) == ["b/2"]


async def test_nothing_is_listed_where_nothing_is(subject: Subject) -> None:
    assert await names(subject) == []
    assert await names(subject, "deep/er/", folder=True) == []


async def test_many_objects_at_once_are_all_stored(subject: Subject) -> None:
    bodies = {f"{subject.prefix}{n:03}": b"%d" % n for n in range(40)}

    await asyncio.gather(
        *(put(subject.store, key, body) for key, body in bodies.items())
    )

    found = await listed(subject.store, subject.prefix)
    assert [one.key for one in found] == list(bodies)
    assert [one.size for one in found] == [len(b) for b in bodies.values()]
