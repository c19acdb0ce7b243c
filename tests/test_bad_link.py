"""A soak: the installed command behind a link as bad as those of buoys.

5 % of all packets lost, 300 ms there and back, 1 Mbit/s, outages, resets: the
whole tree arrives, and `--limit-rate` is kept.
"""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from badlink import (
    BadLink,
    Weather,
    bad_link,
    possible,
    resets_possible,
)
from commands import PROGRAM, TARGET, Done, Pier, bodies, files_below
from runs import write_bin
from servers.faults import Cut, Rule, Stage
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async.ifcb.names import parse_pid
from pt5_async.ifcb.synthetic import make_bin

OUTAGES = 20
RESET_AFTER = 400_000
"""Bytes of a connection; a file has a quarter of that."""

LIMIT = 480_000
"""Bits per second, of the million that the link carries."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(0),
    pytest.mark.skipif(
        not possible(), reason="other system: no network namespaces of ours"
    ),
]


def make_tree(pier: Pier, bins: int) -> int:
    """Bins of some 100 KB each; their bytes in all."""
    for number in range(bins):
        pid = parse_pid("D20220522T000000_IFCB134")
        assert pid
        made = make_bin(pid, seed=number, rois=20, size=(80, 60))
        write_bin(pier.source / f"day{number % 3}", number, made=made)
    return sum(map(len, files_below(pier.source).values()))


@contextmanager
def outages(
    link: BadLink, seconds: tuple[float, float]
) -> Iterator[list[float]]:
    """Cut the link again and again for as long as the block runs."""
    dice, over = random.Random(7), threading.Event()
    had: list[float] = []

    def cut() -> None:
        while len(had) < OUTAGES and not over.wait(dice.uniform(3, 6)):
            had.append(dice.uniform(*seconds))
            link.weather.down = True
            over.wait(had[-1])
            link.weather.down = False

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield had
    finally:
        over.set()
        thread.join()
        link.weather.down = False


@contextmanager
def behind(
    weather: Weather, folder: Path, home: Path
) -> Iterator[tuple[BadLink, ScriptedServer, Pier]]:
    """A link like that, a store on the shore, and who is on the pier."""
    with (
        bad_link(weather) as link,
        ScriptedServer(listener=link.listener()) as server,
    ):
        yield link, server, Pier(folder, home, server)


def upload(pier: Pier, link: BadLink, *more: object) -> tuple[Done, float]:
    begun = time.monotonic()
    words = ("upload", pier.source, "--to", TARGET, *more)
    with pier.running(*words, program=link.on_the_pier(PROGRAM)) as running:
        done = running.end(1800)
    return done, time.monotonic() - begun


def test_a_whole_tree_arrives_through_loss_delay_outages_and_resets(
    tmp_path: Path, clean_environment: Path
) -> None:
    weather = Weather(delay=0.15, loss=0.05, rate=1e6)
    with behind(weather, tmp_path, clean_environment) as (link, server, pier):
        size = make_tree(pier, 90)
        for skip in range(5, 200, 20):
            for at in (Stage.BODY, Stage.ANSWER):
                server.script(Rule(Cut(at), Op.PUT, skip=skip, times=1))
        with outages(link, (1, 25)) as had:
            done, seconds = upload(pier, link, "--limit-rate", "1Mbit/s")
        print(
            f"{size} bytes in {seconds:.0f} s, {len(had)} outages of"
            f" {sum(had):.0f} s, {weather.lost} of"
            f" {weather.lost + weather.passed} packets lost"
        )
        print(done.out[-900:])
        assert done.code == 0, done
        assert bodies(server) == files_below(pier.source)
        assert len(had) == OUTAGES, "it was over too soon"


@pytest.mark.skipif(
    not resets_possible(),
    reason="other system: no nft; apt-get install nftables",
)
@pytest.mark.parametrize("lane", ["express", "plain"])
def test_a_whole_tree_arrives_though_every_connection_is_reset(
    tmp_path: Path, clean_environment: Path, lane: str
) -> None:
    weather = Weather(delay=0.01, loss=0.0, rate=1e8)
    with behind(weather, tmp_path, clean_environment) as (link, server, pier):
        size = make_tree(pier, 90)
        link.reset_after(RESET_AFTER)
        done, seconds = upload(pier, link, "--lane", lane)
        print(f"{size} bytes in {seconds:.0f} s, {link.resets} resets")
        print(done.out[-900:])
        assert link.resets > 5
        assert done.code == 0, done
        assert bodies(server) == files_below(pier.source)


def test_a_limit_is_kept_within_a_tenth_behind_a_long_and_thin_link(
    tmp_path: Path, clean_environment: Path
) -> None:
    weather = Weather(delay=0.15, loss=0.01, rate=1e6)
    with behind(weather, tmp_path, clean_environment) as (link, server, pier):
        size = make_tree(pier, 50)
        done, _ = upload(
            pier, link, "--limit-rate", f"{LIMIT / 1e6}Mbit/s",
            "--concurrency", 8,
        )  # fmt: skip
        assert done.code == 0, done
        assert bodies(server) == files_below(pier.source)
        at = [one.time for one in server.visible]
        late = [one.size for one in server.visible if one.time > at[9]]
        rate = sum(late) * 8 / (at[-1] - at[9])
        print(f"{size} bytes, {rate / 1000:.0f} kbit/s of {LIMIT / 1000:.0f}")
        assert 0.9 * LIMIT < rate < 1.1 * LIMIT
