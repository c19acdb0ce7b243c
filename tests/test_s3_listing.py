"""Listings as stores give them: in many pages, in several dresses."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from servers.faults import Answer, Rule
from servers.personality import Etags, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.world import Object
from stores import Place, opened

from pt5_async.errors import StoreBusy
from pt5_async.model import Listed
from pt5_async.s3.listing import IDLE
from pt5_async.store import Store

MD5 = "0cc175b9c0f1b6a831c399e269772661"
KEYS = [f"p/{n:04}.adc" for n in range(2500)]
BELOW = [f"p/z{n:04}/x.adc" for n in range(1500)]
XHTML = b"<html><body>Please log in to the ship's network</body></html>"


def fill(server: ScriptedServer, keys: list[str]) -> None:
    """Objects that are simply there."""
    bucket = next(iter(server.buckets.values()))
    for key in keys:
        made = Object(
            key=key,
            size=1,
            md5=MD5,
            etag=MD5,
            modified=1653219387.75,
            checksum=None,
            headers={},
            version=None,
            body=None,
        )
        bucket.put(made)


@pytest.fixture
async def store(scripted: ScriptedServer) -> AsyncIterator[Store]:
    async with opened(Place(scripted.endpoint)) as store:
        yield store


async def pages(
    store: Store, prefix: str, after: str = "", *, folder: bool = False
) -> list[list[str]]:
    found = store.list(prefix, after, folder=folder)
    return [[one.key for one in page] async for page in found]


async def test_thousands_of_objects_come_page_by_page(
    scripted: ScriptedServer, store: Store
) -> None:
    fill(scripted, KEYS)

    found = await pages(store, "p/")

    assert found == [KEYS[:1000], KEYS[1000:2000], KEYS[2000:]]


async def test_pages_begin_after_a_key_and_go_on(
    scripted: ScriptedServer, store: Store
) -> None:
    fill(scripted, KEYS)

    found = await pages(store, "p/", KEYS[699])

    assert found == [KEYS[700:1700], KEYS[1700:]]


async def test_folders_beside_the_objects_do_not_hide_a_page(
    scripted: ScriptedServer, store: Store
) -> None:
    fill(scripted, [*KEYS[:700], *BELOW, "p/zz.adc"])

    found = await pages(store, "p/", folder=True)

    assert [key for page in found for key in page] == [
        *KEYS[:700],
        "p/zz.adc",
    ]
    assert len(found) == 3


async def test_who_stops_reading_pages_asks_for_no_more(
    scripted: ScriptedServer, store: Store
) -> None:
    fill(scripted, KEYS)

    async for page in store.list("p/"):
        assert page[-1].key == KEYS[999]
        break

    assert [logged.op for logged in scripted.log] == [Op.LIST]


@pytest.mark.parametrize("etags", [Etags.MD5, Etags.BARE])
async def test_an_etag_is_the_same_with_and_without_quotes(
    scripted: ScriptedServer, store: Store, etags: Etags
) -> None:
    fill(scripted, ["p/x.adc"])
    scripted.personality = Personality(etags=etags)

    [page] = [page async for page in store.list("p/")]

    then = datetime(2022, 5, 22, 11, 36, 27, tzinfo=UTC)
    assert page == [Listed("p/x.adc", 1, MD5, then)]


@pytest.mark.parametrize("page", [XHTML, b"<html><br>", b"", b"{}"])
async def test_a_page_of_somebody_else_is_no_empty_listing(
    scripted: ScriptedServer, store: Store, page: bytes
) -> None:
    scripted.script(Rule(Answer(200, body=page), Op.LIST))

    with pytest.raises(StoreBusy, match=r"^list s3://bucket/p/: "):
        await pages(store, "p/")


def page(*keys: str, token: str = "") -> Answer:
    """A page of a listing; with a `token`, others follow."""
    more = f"<NextContinuationToken>{token}</NextContinuationToken>"
    found = "".join(
        f"<Contents><Key>{key}</Key><Size>1</Size>"
        "<LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"
        for key in keys
    )
    body = (
        f"<ListBucketResult><IsTruncated>{'true' if token else 'false'}"
        f"</IsTruncated>{more if token else ''}{found}</ListBucketResult>"
    )
    return Answer(200, body=body.encode())


async def test_a_listing_that_comes_to_the_same_page_again_is_given_up(
    scripted: ScriptedServer, store: Store
) -> None:
    scripted.script(Rule(page("p/a", token="again"), Op.LIST))

    with pytest.raises(StoreBusy, match="a listing that does not end"):
        await pages(store, "p/")

    assert len(scripted.log) == 2


@pytest.mark.parametrize("keys", [(), ("p/b", "p/a")])
async def test_a_listing_that_leads_nowhere_is_given_up(
    scripted: ScriptedServer, store: Store, keys: tuple[str, ...]
) -> None:
    for number in range(IDLE + 10):
        rule = Rule(page(*keys, token=f"t{number}"), Op.LIST, times=1)
        scripted.script(rule)

    with pytest.raises(StoreBusy, match="a listing that does not end"):
        await pages(store, "p/")

    assert len(scripted.log) == IDLE + 1 + bool(keys)


async def test_what_was_not_asked_for_is_not_listed(
    scripted: ScriptedServer, store: Store
) -> None:
    keys = ("../x", "/etc/passwd", "o/x", "p", "p/x", "q/x")
    scripted.script(Rule(page(*keys), Op.LIST))

    assert await pages(store, "p/") == [["p/x"]]
