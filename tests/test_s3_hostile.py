"""A store that wants to do harm: it costs bounded memory and time."""

import asyncio
import re
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from asking import at
from servers.bytewise import Bytewise
from servers.hostile import ENDLESS, GOOD, INTERIM, Hostile
from stores import LANES, opened, put

from pt5_async.errors import StoreError
from pt5_async.s3 import straight
from pt5_async.settings import ChecksumChoice
from pt5_async.store import Store

MIB = 1024 * 1024


@asynccontextmanager
async def facing(hostile: Hostile, lane: str) -> AsyncIterator[Store]:
    """A store of `lane` that was served well once."""
    async with Bytewise(hostile) as server:
        place = at(f"http://127.0.0.1:{server.port}")
        none = ChecksumChoice.NONE
        async with opened(place, lane=lane, checksum=none) as store:
            await put(store, "warm")
            yield store


async def ask_list(store: Store) -> object:
    return [page async for page in store.list("p/")]


async def ask_put(store: Store) -> object:
    return await put(store, "p/key")


Ask = Callable[[Store], Awaitable[object]]
ASKED: dict[str, tuple[str, Ask]] = {
    "plain put": ("plain", ask_put),
    "plain list": ("plain", ask_list),
    "express put": ("express", ask_put),
}
assert set(LANES) == {lane for lane, _ in ASKED.values()}


WORDS = re.compile(
    r"^(p/key|list s3://bucket/p/): no answer from http://127.0.0.1:\d+"
    r" \((an answer whose (header|body) does not end, not S3's"
    r"|no HTTP as S3 speaks it: (Got more than 8190 bytes when reading"
    r"|Too many headers received)"
    r"|.*BadHttpMessage: 400, message='Too many headers received'>)\)"
)
"""Ours, and aiohttp's own."""


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a hostile store longer than for half a second."""
    for name in ("READ_SECONDS", "ASKED_SECONDS"):
        monkeypatch.setattr(straight, name, 0.5)


async def refused(hostile: Hostile, asked: str) -> str:
    """What is said of a request that comes to nothing, at a small cost."""
    lane, ask = ASKED[asked]
    async with facing(hostile, lane) as store, asyncio.timeout(10):
        tracemalloc.start()
        try:
            with pytest.raises(StoreError) as caught:
                await ask(store)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 64 * MIB
    assert (caught.value.transient, caught.value.fatal) == (True, False)
    assert len(str(caught.value)) < 500
    return str(caught.value)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("what", ENDLESS)
async def test_what_has_no_end_is_given_up(
    what: str, asked: str, hasty: None
) -> None:
    said = await refused(Hostile(*ENDLESS[what]), asked)

    assert WORDS.search(said), said


@pytest.mark.parametrize("asked", ["plain list", "express put"])
async def test_interim_answers_without_end_are_given_up(
    asked: str, hasty: None
) -> None:
    said = await refused(Hostile(*INTERIM), asked)

    assert "nothing but interim answers" in said or "took too long" in said


@pytest.mark.parametrize("beginning", [GOOD + b"X: ", GOOD + b"\r\n"])
async def test_an_answer_that_trickles_is_given_up(
    beginning: bytes, hasty: None
) -> None:
    said = await refused(Hostile(beginning, b"x", pause=0.05), "plain list")

    assert "does not end" in said or "took too long" in said


def page(inside: bytes, head: bytes = b"") -> bytes:
    body = head + b"<ListBucketResult>" + inside + b"</ListBucketResult>"
    return GOOD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def error_page(inside: bytes, head: bytes = b"") -> bytes:
    body = head + b"<Error><Code>SlowDown</Code>" + inside + b"</Error>"
    first = b"HTTP/1.1 503 Slow Down\r\nContent-Length: %d\r\n\r\n"
    return first % len(body) + body


LAUGHS = b"<!DOCTYPE l [<!ENTITY a '" + b"ha" * 500 + b"'>"
for n in range(ord("b"), ord("j")):
    LAUGHS += b"<!ENTITY %c '" % n + b"&%c;" % (n - 1) * 10 + b"'>"
LAUGHS += b"]>"
PASSWD = b"<!DOCTYPE x [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"

BOMBS: dict[str, tuple[bytes, bytes]] = {
    "a billion laughs": (b"<Message>&i;</Message>", LAUGHS),
    "a file of ours": (b"<Message>&x;</Message>", PASSWD),
    "deep nesting": (b"<a>" * 150_000, b""),
    "nesting": (b"<a>" * 70_000 + b"</a>" * 70_000, b""),
    "deep objects": (b"<Contents>" * 40_000 + b"</Contents>" * 40_000, b""),
    "elements": (b"<a/>" * 200_000, b""),
    "a word": (b"<Message>" + b"x" * 900_000 + b"</Message>", b""),
}


@pytest.mark.parametrize("asked", ASKED)
async def test_what_is_hidden_in_another_encoding_is_found(asked: str) -> None:
    message = b"<Message>&i;</Message>"
    for code in ("utf-16-le", "utf-16-be"):
        text = f"\ufeff{LAUGHS.decode()}<Error>{message.decode()}</Error>"
        body = text.encode(code)
        first = b"HTTP/1.1 503 Slow\r\nContent-Length: %d\r\n\r\n"
        if asked == "plain list":
            first = first.replace(b"503 Slow", b"200 OK")
        said = await refused(Hostile(first % len(body) + body), asked)
        assert "haha" not in said


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("what", BOMBS)
async def test_xml_that_explodes_does_not(what: str, asked: str) -> None:
    made = error_page if "put" in asked else page

    said = await refused(Hostile(made(*BOMBS[what])), asked)

    assert "root:" not in said
    assert "haha" not in said


ITEM = b"<IsTruncated>false</IsTruncated><Contents>%s</Contents>"
WHOLE = {
    "Key": b"<Key>p/a</Key>",
    "Size": b"<Size>1</Size>",
    "LastModified": b"<LastModified>2026-01-01T00:00:00Z</LastModified>",
}
WRONG = {
    "no size": b"<Size/>",
    "a size in words": b"<Size>much</Size>",
    "a size without end": b"<Size>" + b"9" * 9999 + b"</Size>",
    "no time": b"<LastModified/>",
    "another time": b"<LastModified>x</LastModified>",
    "a far year": b"<LastModified>99999-01-01T00:00:00Z</LastModified>",
    "a large number": b"<LastModified>1e300</LastModified>",
    "two keys": b"<Key>p/a</Key><Key>p/b</Key>",
    "two sizes": b"<Size>1</Size><Size>2</Size>",
}


@pytest.mark.parametrize("what", WRONG)
async def test_an_object_without_its_facts_is_none(what: str) -> None:
    wrong = WRONG[what]
    facts = [
        wrong if wrong.startswith(b"<" + name.encode()) else fact
        for name, fact in WHOLE.items()
    ]

    said = await refused(Hostile(page(ITEM % b"".join(facts))), "plain list")

    assert said == "list s3://bucket/p/: an answer that is not S3's"
