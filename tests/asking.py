"""What a store is asked, and the error that it ends in."""

import re
from collections.abc import Awaitable, Callable

import pytest
from servers.endpoint import Endpoint
from servers.routing import Op
from stores import Place, meta, opened, put, put_in_parts

from pt5_async.errors import StoreError
from pt5_async.store import Store

KEY = "buoy/D20220522T000000_IFCB134.adc"
XHTML = b"<html><body>Please log in to the ship's network</body></html>"
HTML = b"<html><br><p>502 Bad Gateway</html>"

Ask = Callable[[Store], Awaitable[object]]


async def ask_put(store: Store) -> object:
    return await put(store, KEY)


async def ask_parts(store: Store) -> object:
    return await put_in_parts(store, KEY, [b"all of it"])


async def ask_list(store: Store) -> object:
    return [page async for page in store.list("buoy/")]


async def ask_abort(store: Store) -> object:
    upload = await store.begin(meta(KEY))
    await store.abort(KEY, upload.upload_id)
    return upload


ASKED: dict[Op, Ask] = {
    Op.PUT: ask_put,
    Op.CREATE: ask_parts,
    Op.PART: ask_parts,
    Op.COMPLETE: ask_parts,
    Op.LIST: ask_list,
    Op.ABORT: ask_abort,
}
"""What is asked of a store that leads to each of its operations."""


async def error_of(store: Store, ask: Ask = ask_put) -> StoreError:
    """The error that a request ends in; its sentence is fit to be read."""
    with pytest.raises(StoreError) as caught:
        await ask(store)
    said = str(caught.value)
    assert re.match(f"{re.escape(KEY)}(, part 1)?: |list s3://", said), said
    for secret in ("scripted/secret", "its token", "Signature="):
        assert secret not in said
    return caught.value


async def error_at(place: Place, secret: str | None = None) -> StoreError:
    """The error in which a first PUT to a place ends."""
    async with opened(place, secret=secret) as store:
        return await error_of(store)


def at(url: str) -> Place:
    """A place of which only the address matters."""
    endpoint = Endpoint("", url, "AKIA", "secret", "us-east-1", print)
    return Place(endpoint)
