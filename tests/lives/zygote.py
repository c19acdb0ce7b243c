"""The program that forks a child for each run; see `nursery`.

It has one thread, so that a fork is safe. For each order on its standard
input it says the child's pid, and when that has ended, how.
"""

import asyncio
import gc
import os
import pickle
import random
import signal
import sys
import traceback
from contextlib import suppress
from typing import Final

import uvloop
from aiohttp import ClientTimeout
from stores import session_of
from uploads import a_credential

from pt5_async import Stop, patience, upload, upload_tree
from pt5_async.disk import early, walk
from pt5_async.errors import Pt5Error
from pt5_async.journal import Journal
from pt5_async.s3 import bucket, manners, pool, straight
from pt5_async.s3.client import AioSession
from pt5_async.settings import Settings
from pt5_async.summary import Summary

from .telling import Order, Teller

SILENCE: Final = 2.5
"""Seconds after which a request that stands still is given up."""

_OURS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


async def _run(order: Order, session: AioSession) -> None:
    loop, stop = asyncio.get_running_loop(), Stop()
    loop.add_signal_handler(signal.SIGTERM, stop.finish)
    loop.add_signal_handler(signal.SIGINT, stop.at_once)
    task = asyncio.current_task()
    assert task
    loop.add_signal_handler(signal.SIGUSR1, task.cancel)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)
    teller = Teller(order.out)
    _tell_what_is_known(teller)
    try:
        summary = await upload_tree(
            order.source,
            order.target,
            settings=order.settings,
            session=session,
            observer=teller,
            stop=stop,
        )
        teller.ended(summary)
    except Pt5Error as error:
        seen = error.summary
        teller.ended(seen if isinstance(seen, Summary) else None, error)
    except asyncio.CancelledError as error:
        teller.ended(None, error)


def _tell_what_is_known(teller: Teller) -> None:
    """Let the teller hear which files the journal says that it knows.

    They are asked for from the first on, or as ever, and few at a time.
    """
    upload.AHEAD = random.choice((0, early.AHEAD))  # type: ignore[misc]
    walk.BINS = 2  # type: ignore[misc]
    ask = Journal.knows_all

    def knows_all(self: Journal, files: list[tuple[str, int, int]]) -> bool:
        known = ask(self, files)
        if known:
            teller.knew([key for key, *_ in files])
        return known

    Journal.knows_all = knows_all  # type: ignore[method-assign]


def _child(order: Order, session: AioSession) -> None:
    code = 1
    random.seed()  # or all would be as lucky as the first
    try:
        uvloop.run(_run(order, session))
        code = 0
    except BaseException:  # noqa: BLE001 - a bug, and the test has to see it
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _wait_for_little() -> None:
    """Give up in seconds what stands still.

    How long that takes is nobody's setting, and half a minute is long here.
    """
    limits = ClientTimeout(sock_connect=4, sock_read=SILENCE)
    straight.FIRST = straight.LATER = manners.LATER = limits  # type: ignore[misc]
    pool.ANSWER_SECONDS = SILENCE  # type: ignore[misc]
    patience.SILENCES = 2  # type: ignore[misc]
    for begin in (pool.Pool.__init__, bucket.Bucket.__init__):
        assert "stall" in begin.__kwdefaults__
        begin.__kwdefaults__["stall"] = SILENCE


def _warm() -> AioSession:
    """Load everything that a run needs, and botocore's data."""
    session = session_of(a_credential())
    settings = Settings(endpoint_url="http://127.0.0.1:9", attempts=1)

    async def none() -> None:
        with suppress(Pt5Error):
            await upload_tree(
                os.devnull, "s3://b", settings=settings, session=session
            )
        async with session.create_client(
            "s3", endpoint_url="http://127.0.0.1:9", region_name="us-east-1"
        ):
            pass

    uvloop.run(none())
    return session


def main() -> None:
    """Serve until standard input ends."""
    _wait_for_little()
    session = _warm()
    gc.freeze()
    print("ready", flush=True)
    while True:
        try:
            order = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        # Who is stopped before it can hear it is stopped a little later.
        signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)
        pid = os.fork()
        if not pid:
            _child(order, session)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
