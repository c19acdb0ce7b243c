"""The scripted S3 server: strict as Amazon's, faulty on demand, loopback only.

It runs on an event loop of its own in a thread of its own, so that tests'
loops and subprocesses can use it alike::

    with ScriptedServer() as server:
        server.script(Rule(Answer(503, "SlowDown"), Op.PUT, times=2))
        ...  # talk to server.url
        assert [v.key for v in server.visible] == ["a.roi", "a.adc"]

`exchange` is what happens to one request; `s3` has the rules, `faults` what
can go wrong, `personality` the ways in which stores differ.
"""

import asyncio
import contextlib
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Final, Self
from weakref import WeakSet

from .endpoint import Endpoint
from .exchange import Exchanges
from .faults import Hang, Rule, Stage
from .link import Link
from .personality import Personality
from .routing import Op
from .script import Gate, Script, Scripted
from .sigv4 import Identity
from .world import Bucket, Logged, Object, Upload, Visible, World

BUCKET: Final = "bucket"
REGION: Final = "us-east-1"
IDENTITY: Final = Identity("AKIASCRIPTED", "scripted/secret+key")

_LIMIT: Final = 1024 * 1024
"""Bytes that a connection reads ahead."""


_HANDSHAKE: Final = 0.2
"""Seconds for which the end of handshakes is waited for."""


class ServerBroken(Exception):
    """The scripted server itself has a bug."""


def _accepts(task: asyncio.Task[object]) -> bool:
    """Whether a connection is just being accepted in `task`."""
    return "accept_connection" in getattr(task.get_coro(), "__qualname__", "")


class ScriptedServer:
    """A server with one bucket, or those named, and one identity.

    Args:
        personality: the store's habits; may be replaced at any time by
            assigning to the attribute of this name.
        buckets: the names of its buckets; the first is the one that
            `objects` and `history` speak of.
        identities: who may sign.
        region: what signatures must name.
        domain: hosts below it name the bucket (``bucket.localhost``).
        keep: bodies larger than this, in bytes, are digested and let go.
        record: whether `log` and `visible` are kept.
        tls: for an https server.
        port: 0 takes a free one.
        listener: a socket that listens already, in whatever network.
    """

    def __init__(
        self,
        *,
        personality: Personality | None = None,
        buckets: tuple[str, ...] = (BUCKET,),
        identities: tuple[Identity, ...] = (IDENTITY,),
        region: str = REGION,
        domain: str = "localhost",
        keep: int = sys.maxsize,
        record: bool = True,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
        listener: socket.socket | None = None,
    ) -> None:
        self.url = ""
        self._serving: set[asyncio.Future[None]] = set()
        self._writers = WeakSet[asyncio.StreamWriter]()
        self._world = World(region, personality or Personality(), keep, record)
        self._first = buckets[0]
        self._script = Script()
        self._identities = identities
        self._exchanges = Exchanges(
            self._world,
            self._script,
            {one.access_key: one for one in identities},
            domain,
        )
        self._tls, self._port, self._listener = tls, port, listener
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run,
            name="scripted-s3",
            daemon=True,
        )
        for name in buckets:
            self.make_bucket(name)

    def __enter__(self) -> Self:
        if self._listener is None:
            self._listener = socket.create_server(
                ("127.0.0.1", self._port), backlog=1024
            )
        host, port = self._listener.getsockname()[:2]
        self.url = f"http{'s' if self._tls else ''}://{host}:{port}"
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)
        if self._thread.is_alive():
            raise ServerBroken("the server's thread does not end")
        if self._exchanges.bugs and kind is None:
            raise ServerBroken(*self._exchanges.bugs)

    @property
    def personality(self) -> Personality:
        """The store's habits."""
        return self._world.personality

    @personality.setter
    def personality(self, personality: Personality) -> None:
        self._world.personality = personality

    @property
    def endpoint(self) -> Endpoint:
        """What a client needs; with the first identity."""
        who = self._identities[0]
        return Endpoint(
            "scripted",
            self.url,
            who.access_key,
            who.secret_key,
            self._world.region,
            self.make_bucket,
        )

    @property
    def log(self) -> list[Logged]:
        """The requests that are over, in the order in which they ended."""
        return self._world.log

    @property
    def visible(self) -> list[Visible]:
        """The objects that became visible, in that order."""
        return self._world.visible

    @property
    def buckets(self) -> Mapping[str, Bucket]:
        """All buckets."""
        return self._world.buckets

    @property
    def objects(self) -> Mapping[str, Object]:
        """The objects of the first bucket, by key."""
        return self._world.buckets[self._first].objects

    @property
    def uploads(self) -> Mapping[str, Upload]:
        """The multipart uploads under way in the first bucket, by id."""
        return self._world.buckets[self._first].uploads

    def history(self, key: str) -> list[str]:
        """The MD5s of all bodies under which a key became visible."""
        return [
            seen.md5
            for seen in self.visible
            if seen.key == key and seen.bucket == self._first
        ]

    @property
    def peak_requests(self) -> int:
        """How many requests were under way at once, at most."""
        return self._exchanges.requests.peak

    @property
    def peak_connections(self) -> int:
        """How many connections were open at once, at most."""
        return self._exchanges.connections.peak

    @property
    def connections(self) -> int:
        """How many connections were made in all."""
        return self._exchanges.connections.total

    def forget(self) -> None:
        """Have seen and kept nothing up to now."""
        forgetting = asyncio.run_coroutine_threadsafe(
            self._forget(), self._loop
        )
        forgetting.result(10)

    async def _forget(self) -> None:
        # Who has an answer does not know that its request is over here.
        while self._exchanges.requests.now:
            await asyncio.sleep(0)
        self.log.clear()
        self.visible.clear()
        for bucket in self._world.buckets.values():
            for key in tuple(bucket.objects):
                bucket.drop(key)

    def make_bucket(self, name: str, region: str | None = None) -> None:
        """Make a bucket, in another region if one is given."""
        bucket = Bucket(name, region or self._world.region)
        self._world.buckets[name] = bucket

    def script(self, rule: Rule) -> Scripted:
        """Put a rule in force; the answer counts what it strikes."""
        scripted = Scripted(rule)
        self._script.rules.append(scripted)
        return scripted

    def clear(self) -> None:
        """Forget all rules and open all gates."""
        self._script.clear()

    def gate(
        self,
        op: Op | None = None,
        key: str | Callable[[str], bool] = "*",
        *,
        at: Stage = Stage.RECEIVED,
        part: int | None = None,
        skip: int = 0,
        times: int | None = None,
    ) -> Gate:
        """Hold requests at a moment; the arguments are those of `Rule`."""
        rule = Rule(Hang(at), op, key=key, part=part, skip=skip, times=times)
        gate = Gate(rule, at, self._loop)
        self._script.gates.append(gate)
        return gate

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Have nobody listen for the time of the block.

        What was under way is reset; the port stays taken, and refuses.
        """
        self._soon(self._leave())
        yield
        self._soon(self._listen())

    def _soon(self, doing: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(doing, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._came,
            sock=self._listener,
            limit=_LIMIT,
            ssl=self._tls,
        )

    async def _leave(self) -> None:
        address = self._listener.getsockname()
        await self._listen_no_more()
        await asyncio.sleep(0.02)
        while any(map(_accepts, asyncio.all_tasks())):
            # Cut off in the middle, it would leave its socket behind.
            await asyncio.sleep(0.01)
        await self._end_all()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(address)

    async def _listen_no_more(self) -> None:
        """Close the server, at a moment when it accepts nobody.

        asyncio's refuses whom it had accepted before it was closed, and
        leaves the socket behind. A handshake may never end, though.
        """
        late = self._loop.time() + _HANDSHAKE
        while any(map(_accepts, asyncio.all_tasks())):
            if self._loop.time() > late:
                break
            await asyncio.sleep(0)
        self._server.close()

    def _run(self) -> None:
        # The plain loop, whatever policy a test has set.
        plain = asyncio.SelectorEventLoop
        with asyncio.Runner(loop_factory=plain) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._main_task = asyncio.current_task()
        await self._listen()
        self._ready.set()
        await self._stopped.wait()
        await self._listen_no_more()
        self._listener.close()
        await self._end_all()

    async def _end_all(self) -> None:
        """End all connections."""
        spared = {asyncio.current_task(), self._main_task}
        # A connection may still come in, and an end may begin another task.
        while tasks := asyncio.all_tasks() - spared:
            for task in tasks:
                # Cut off in the middle, it would leave its socket behind;
                # without a handshake it is through at once.
                if self._tls is not None or not _accepts(task):
                    task.cancel()
            await asyncio.wait(tasks)
            # Transports tell their end one turn of the loop later.
            await asyncio.sleep(0)
        for writer in tuple(self._writers):
            # One that is closing waits for who reads no more.
            writer.transport.abort()
        await asyncio.sleep(0)

    def _came(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve a connection, and close it even if that never began."""
        self._writers.add(writer)
        serving = asyncio.ensure_future(self._connected(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        serving.add_done_callback(lambda _: writer.close())

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        link = Link(reader, writer)
        # Cancelled when the server stops: nothing is wrong then.
        with contextlib.suppress(asyncio.CancelledError):
            await self._exchanges.serve(link)
