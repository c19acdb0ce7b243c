"""A store in auto mode, what it settles on, and what the server then saw."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from servers.routing import Op
from servers.scripted import ScriptedServer
from stores import Place, opened

from pt5_async.checksum import Algorithm
from pt5_async.store import Store


@dataclass(slots=True)
class Learning:
    """A store, and what was heard of it."""

    store: Store
    settled: list[Algorithm] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)


@asynccontextmanager
async def learning(
    server: ScriptedServer,
    *,
    remembered: Algorithm | None = None,
    secret: str | None = None,
    keeps_new: bool | None = None,
    lane: str = "plain",
) -> AsyncIterator[Learning]:
    settled: list[Algorithm] = []
    kept: list[bool] = []
    async with opened(
        Place(server.endpoint),
        lane=lane,
        remembered=remembered,
        remember=settled.append,
        secret=secret,
        keeps_new=keeps_new,
        remember_new=kept.append,
    ) as store:
        yield Learning(store, settled, kept)


def proofs_sent(
    server: ScriptedServer, key: str = "", *, op: Op = Op.PUT
) -> list[str]:
    """With what each request for keys that begin so came, in order."""
    return [
        _proof_in(logged.headers)
        for logged in sorted(server.log, key=lambda logged: logged.seq)
        if logged.op is op and logged.key.startswith(key)
    ]


def _proof_in(headers: Mapping[str, str]) -> str:
    names = [
        name.removeprefix("x-amz-checksum-").removeprefix("content-")
        for name in headers
        if name.startswith("x-amz-checksum-") or name == "content-md5"
    ]
    return " and ".join(names) or "nothing"
